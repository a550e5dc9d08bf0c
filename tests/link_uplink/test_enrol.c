/* SPDX-License-Identifier: GPL-3.0-or-later
 * Enrolment: an answer is taken only when it is for this appliance, whole, and its six words fit its keys. */
#include "base/base64.h"
#include "base/json.h"
#include "base/succession.h"
#include "firmware/link/link.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/gh-enrol-test-XXXXXX";
static struct conf conf;
static struct seal_public own;

static const char *in_dir(const char *name)
{
    static char path[4][160];
    static unsigned turn;
    char *p = path[turn++ % 4];

    snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
    return p;
}

static int run(int (*fn)(const struct conf *, int, char **), const char *a, const char *b, const char *c)
{
    char *argv[] = {(char *)a, (char *)b, (char *)c, NULL};

    return fn(&conf, c ? 3 : b ? 2 : 1, argv);
}

struct answer {
    const char *name, *kind, *appliance, *box, *phrase, *url;
    int want;
};

static void write_answer(const struct answer *a, const struct seal_keys *console)
{
    char sign[64], box[64], hex[2 * SEAL_ID + 1] = "", phrase[256];
    uint8_t id[SEAL_ID];
    struct writer w, h;
    struct jw j;

    seal_id(&own, id);
    writer_fixed(&h, hex, sizeof(hex));
    writer_hex(&h, id, sizeof(id));
    hex[2 * SEAL_ID] = 0;
    seal_phrase(&own, seal_keys_public(console), phrase, sizeof(phrase));
    base64_encode(seal_keys_public(console)->sign, SEAL_PUBLIC, sign, sizeof(sign));
    base64_encode(seal_keys_public(console)->box, SEAL_PUBLIC, box, sizeof(box));
    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", a->kind ? a->kind : "enrol-answer-v1");
    jw_kcstr(&j, "console_url", a->url ? a->url : "https://console.example:8443");
    jw_kcstr(&j, "tls_pin_sha256", "sha256//AAAA");
    jw_kcstr(&j, "console_sign", sign);
    jw_kcstr(&j, "console_box", a->box ? a->box : box);
    jw_kcstr(&j, "committee_sign", sign);
    jw_kcstr(&j, "committee_box", box);
    jw_kcstr(&j, "appliance", a->appliance ? a->appliance : hex);
    jw_kcstr(&j, "phrase", a->phrase ? a->phrase : phrase);
    jw_end_obj(&j);
    CHECK(link_write_file(in_dir("answer"), writer_span(&w), 0600, true) == 0);
    writer_done(&w);
}

int main(void)
{
    static const struct answer rows[] = {
        {"other kind", "enrol-request-v1", NULL, NULL, NULL, NULL, 2},
        {"other appliance", NULL, "00112233445566778899aabbccddeeff", NULL, NULL, NULL, 2},
        {"damaged key", NULL, NULL, "AAAA", NULL, NULL, 2},
        {"other phrase", NULL, NULL, NULL, "one-two-three-four-five-six", NULL, 2},
        {"no https", NULL, NULL, NULL, NULL, "http://console.example", 2},
        {"good", NULL, NULL, NULL, NULL, NULL, 0},
        {"twice", NULL, NULL, NULL, NULL, NULL, 2},
    };
    struct seal_keys *console;
    struct link_console known;
    struct stat st;
    struct writer w;

    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    conf_defaults(&conf);
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s/state", dir);
    check_row("before the keys");
    CHECK(run(keys_command, "show", NULL, NULL) == 2);
    CHECK(run(enrol_command, "request", "-o", in_dir("request")) == 2);
    check_row("keys");
    CHECK(run(keys_command, "generate", NULL, NULL) == 0);
    CHECK(run(keys_command, "generate", NULL, NULL) == 2); /* never overwritten */
    CHECK(run(keys_command, "show", NULL, NULL) == 0);
    CHECK(run(keys_command, "rotate", NULL, NULL) == 2);
    CHECK(stat(in_dir("state/appliance.key"), &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(keyfile_load_public(in_dir("state/appliance.pub"), &own, NULL, 0) == 0);
    check_row("request");
    CHECK(run(enrol_command, "request", "-o", in_dir("request")) == 0);
    writer_init(&w, 65536);
    CHECK(link_read_file(in_dir("request"), &w) == 0);
    CHECK(strstr(writer_cstr(&w), "{\"gatehouse\":\"enrol-request-v1\",\"name\":\"gatehouse\",\"sign\":\"") !=
          NULL);
    writer_done(&w);
    console = seal_keys_generate();
    gh_check(console);
    CHECK(link_console_load(conf.node_state_dir, &known) == ST_NOT_FOUND);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        write_answer(&rows[i], console);
        CHECK(run(enrol_command, "accept", in_dir("answer"), NULL) == rows[i].want);
        CHECK((access(in_dir("state/console.json"), F_OK) == 0) == (i >= 5));
    }
    check_row("what was learned");
    CHECK(link_console_load(conf.node_state_dir, &known) == 0);
    CHECK_STR(known.url, "https://console.example:8443");
    CHECK_STR(known.pin, "AAAA");
    CHECK(!memcmp(&known.key, seal_keys_public(console), sizeof(known.key)));
    check_row("the console's keys change");
    {
        struct seal_keys *next = seal_keys_generate(), *stranger = seal_keys_generate();
        struct succession word = {.made_us = 1, .until_us = 2};
        uint8_t bytes[SUCCESSION_SIZE];

        gh_check(next && stranger);
        word.next = *seal_keys_public(next);
        memset(word.pin, 5, sizeof(word.pin));
        succession_write(&word, stranger, bytes);
        CHECK(link_succeed(conf.node_state_dir, span_of(bytes, sizeof(bytes))) == ST_BAD_SIGNATURE);
        succession_write(&word, console, bytes);
        bytes[30] ^= 1;
        CHECK(link_succeed(conf.node_state_dir, span_of(bytes, sizeof(bytes))) == ST_BAD_SIGNATURE);
        bytes[30] ^= 1;
        CHECK(link_succeed(conf.node_state_dir, span_of(bytes, sizeof(bytes) - 1)) == ST_MALFORMED);
        CHECK(link_succeed(conf.node_state_dir, span_of(bytes, sizeof(bytes))) == 0);
        CHECK(link_succeed(conf.node_state_dir, span_of(bytes, sizeof(bytes))) == ST_BAD_SIGNATURE); /* once */
        CHECK(link_console_load(conf.node_state_dir, &known) == 0 && !memcmp(&known.key, seal_keys_public(next), sizeof(known.key)));
        CHECK_STR(known.pin, "AAAA");
        CHECK(strlen(known.pin_next) == 44);
        check_row("and its certificate");
        CHECK(link_new_certificate(conf.node_state_dir) == 0 && link_console_load(conf.node_state_dir, &known) == 0);
        CHECK(strlen(known.pin) == 44 && !*known.pin_next);
        CHECK(link_new_certificate(conf.node_state_dir) == 0); /* nothing to do */
        seal_keys_free(next);
        seal_keys_free(stranger);
    }
    check_row("no answer");
    CHECK(run(enrol_command, "accept", in_dir("nothing"), NULL) == 2);
    CHECK(run(enrol_command, "accept", NULL, NULL) == 2);
    for (const char *const *name =
             (const char *const[]){"state/appliance.key", "state/appliance.pub", "state/console.json",
                                   "request", "answer", "state", "", NULL};
         *name; name++)
        CHECK(remove(in_dir(*name)) == 0);
    seal_keys_free(console);
    return check_end();
}

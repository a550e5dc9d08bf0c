/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse journal and gatehouse evidence, as an officer calls them. */
#include "base/base64.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/receipt.h"
#include "policy/core/commands.h"
#include "policy/core/evidence.h"
#include "base/journal.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/gh-command-test-XXXXXX";
static struct seal_keys *appliance, *console, *committee;
static char state_option[128];

static const char *in_dir(const char *name)
{
    static char path[8][200];
    static unsigned turn;
    char *p = path[turn++ % 8];

    snprintf(p, sizeof(path[0]), "%s/%.160s", dir, name);
    return p;
}

static void put(const char *name, const char *text)
{
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* The console's word that it has everything up to that batch, signed by signer. */
static void put_receipt(const char *name, uint64_t number, const struct seal_keys *signer)
{
    struct receipt r = {.number = number}; /* no hash: what the console accepted without having it */
    struct writer w;

    seal_id(seal_keys_public(appliance), r.appliance);
    writer_init(&w, RECEIPT_MAX);
    CHECK(receipt_write(&r, signer, &w) == 0);
    put(name, writer_cstr(&w));
    writer_done(&w);
}

/* Words up to NULL; "@x" stands for x in the directory, "STATE" for --set node.state_dir=… */
static int run(int (*fn)(int, char **), const char *const *words)
{
    char *argv[24] = {(char *)"command"};
    int n = 1;

    for (; *words; words++) {
        if (!strcmp(*words, "STATE")) {
            argv[n++] = (char *)"--set";
            argv[n++] = state_option;
        } else {
            argv[n++] = (char *)(**words == '@' ? in_dir(*words + 1) : *words);
        }
    }
    return fn(n, argv);
}

static void make_state(void)
{
    char sign[64], box[64], csign[64], cbox[64], text[1024], err[256], reason[128];
    struct journal *j = NULL;
    struct evidence *e;
    struct conf conf;
    struct doc *d = calloc(1, sizeof(*d) + 8);

    conf_defaults(&conf);
    conf.journal_reserve = 0;
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    CHECK(keyfile_save(in_dir("appliance.key"), appliance) == 0);
    CHECK(keyfile_save_public(in_dir("appliance.pub"), seal_keys_public(appliance), "a") == 0);
    CHECK(keyfile_save(in_dir("committee.key"), committee) == 0);
    CHECK(keyfile_save_public(in_dir("other.pub"), seal_keys_public(console), "o") == 0);
    snprintf(
        text, sizeof(text),
        "{\"console_sign\":\"%s\",\"console_box\":\"%s\",\"committee_sign\":\"%s\",\"committee_box\":\"%s\"}",
        base64_encode(seal_keys_public(console)->sign, SEAL_PUBLIC, sign, sizeof(sign)),
        base64_encode(seal_keys_public(console)->box, SEAL_PUBLIC, box, sizeof(box)),
        base64_encode(seal_keys_public(committee)->sign, SEAL_PUBLIC, csign, sizeof(csign)),
        base64_encode(seal_keys_public(committee)->box, SEAL_PUBLIC, cbox, sizeof(cbox)));
    put("console.json", text);
    CHECK(journal_open(&conf, appliance, &j, err, sizeof(err)) == 0);
    gh_check(j && d);
    for (uint64_t n = 1; n <= 3; n++) {
        struct record r = {
            .run = 1, .n = n, .json = span_str("{\"timestamp\":\"t\",\"event_type\":\"http\"}")};
        CHECK(journal_add(j, &r, 1) == 0 && journal_flush(j) == 0);
    }
    journal_close(j);
    /* one sealed document */
    d->fd = msg_memfd("d", span_str("a secret"));
    d->size = 8;
    digest_sha256("a secret", 8, d->sha256);
    e = evidence_open(&conf);
    CHECK(evidence_seal(e, d, reason, sizeof(reason)) == 0);
    CHECK(evidence_seal(e, d, reason, sizeof(reason)) == 0); /* it is there already */
    evidence_close(e);
    conf.evidence_max = 100;
    e = evidence_open(&conf);
    d->sha256[0] ^= 1;
    CHECK(evidence_seal(e, d, reason, sizeof(reason)) == ST_FULL && strstr(reason, "evidence.max"));
    evidence_close(e);
    doc_free(d);
}

/* The exported batches are what the console opens and believes. */
static void check_exported(void)
{
    for (uint64_t n = 2; n <= 3; n++) {
        char name[64], bytes[65536];
        struct arena *a = arena_new(16 << 20);
        struct batch_header h = {0};
        struct record *r;
        struct writer w;
        uint8_t sig[SEAL_SIGNATURE];
        size_t count = 0;
        ssize_t size;
        int fd;
        snprintf(name, sizeof(name), "stick/batch-%012d.ghb", (int)n);
        fd = open(in_dir(name), O_RDONLY | O_CLOEXEC);
        size = read(fd, bytes, sizeof(bytes));
        close(fd);
        writer_init(&w, ENVELOPE_MAX);
        CHECK(size > 0 && envelope_open(span_of(bytes, (size_t)size), console, &w) == 0);
        CHECK(batch_read(writer_span(&w), a, &h, &r, &count, sig) == 0);
        CHECK(batch_verify(&h, sig, seal_keys_public(appliance)) == 0);
        CHECK_U64(h.number, n);
        CHECK_U64(count, 1);
        writer_done(&w);
        arena_free(a);
        CHECK(unlink(in_dir(name)) == 0);
    }
    CHECK(rmdir(in_dir("stick")) == 0); /* batch 1 had a receipt */
}

int main(void)
{
    static const struct {
        const char *words[8];
        int want;
    } journal[] = {
        {{NULL}, 2},
        {{"dance", NULL}, 2},
        {{"verify", "STATE", NULL}, 0},
        {{"verify", "@", NULL}, 0},
        {{"verify", "@journal.db", NULL}, 0},
        {{"verify", "@", "-k", "@other.pub", NULL}, 2},
        {{"verify", "@", "-k", "@nothing", NULL}, 2},
        {{"verify", "/nonexistent", NULL}, 2},
        {{"verify", "-k", NULL}, 2},
        {{"verify", "@", "@", NULL}, 2},
        {{"verify", "--fast", NULL}, 2},
        {{"verify", "--set", "no.such=1", NULL}, 2},
        {{"cat", "STATE", NULL}, 0},
        {{"cat", "@", "--json", "--since", "2026-01-01T00:00:00Z", NULL}, 0},
        {{"cat", "@", "--since", "yesterday", NULL}, 2},
        {{"cat", "/nonexistent", NULL}, 2},
        {{"import", "STATE", "@nothing", NULL}, 2},
        {{"import", "STATE", "@zero", NULL}, 2},
        {{"import", "STATE", "@many", NULL}, 2},
        {{"import", "STATE", "@forged", NULL}, 2},
        {{"import", "STATE", "@one", NULL}, 0},
        {{"import", "STATE", NULL}, 2},
        {{"export", "STATE", NULL}, 2},
        {{"export", "STATE", "--since", "x", "@stick", NULL}, 2},
        {{"export", "--set", "node.state_dir=/nonexistent", "@stick", NULL}, 2},
        {{"export", "STATE", "@stick", NULL}, 0},
        {{"verify", "@", NULL}, 0},
    };
    static const struct {
        const char *words[8];
        int want;
    } evidence[] = {
        {{NULL}, 2},
        {{"burn", NULL}, 2},
        {{"list", "STATE", NULL}, 0},
        {{"list", "@evidence", NULL}, 0},
        {{"list", "@nothing", NULL}, 2},
        {{"open", "@sealed", NULL}, 2},
        {{"open", "@sealed", "-k", "@committee.key", "-o", "@plain", NULL}, 0},
        {{"open", "@sealed", "-k", "@committee.key", "-o", "@plain", NULL}, 2}, /* not overwritten */
        {{"open", "@sealed", "-k", "@appliance.key", "-o", "@plain2", NULL}, 2},
        {{"open", "@cut", "-k", "@committee.key", "-o", "@plain2", NULL}, 2},
        {{"open", "@nothing", "-k", "@committee.key", "-o", "@plain2", NULL}, 2},
        {{"open", "@sealed", "-k", "@nothing", "-o", "@plain2", NULL}, 2},
    };
    char command[400], plain[16] = "", hex[65];
    uint8_t hash[32];
    int fd;

    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    snprintf(state_option, sizeof(state_option), "node.state_dir=%s", dir);
    appliance = seal_keys_generate();
    console = seal_keys_generate();
    committee = seal_keys_generate();
    gh_check(appliance && console && committee);
    make_state();
    put("zero", "{\"receipt\":1}"); /* nobody signed it */
    put_receipt("one", 1, console);
    put_receipt("many", 400, console);
    put_receipt("forged", 1, committee);
    for (size_t i = 0; i < GH_COUNT(journal); i++) {
        snprintf(command, sizeof(command), "journal row %d: %s", (int)i,
                 journal[i].words[0] ? journal[i].words[0] : "");
        check_row(command);
        CHECK(run(journal_command, journal[i].words) == journal[i].want);
    }
    check_exported();
    digest_sha256("a secret", 8, hash);
    digest_hex(hash, sizeof(hash), hex);
    snprintf(command, sizeof(command), "evidence/%s.ghe", hex);
    CHECK(link(in_dir(command), in_dir("sealed")) == 0);
    {
        char bytes[4096];
        ssize_t n;
        fd = open(in_dir("sealed"), O_RDONLY | O_CLOEXEC);
        n = read(fd, bytes, sizeof(bytes));
        close(fd);
        fd = open(in_dir("cut"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK(n > 10 && write(fd, bytes, (size_t)n - 1) == n - 1);
        close(fd);
        CHECK(memmem(bytes, (size_t)n, "secret", 6) == NULL);
    }
    for (size_t i = 0; i < GH_COUNT(evidence); i++) {
        snprintf(command, sizeof(command), "evidence row %d: %s", (int)i,
                 evidence[i].words[0] ? evidence[i].words[0] : "");
        check_row(command);
        CHECK(run(evidence_command, evidence[i].words) == evidence[i].want);
    }
    fd = open(in_dir("plain"), O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, plain, sizeof(plain)) == 8 && !memcmp(plain, "a secret", 8));
    close(fd);
    CHECK(access(in_dir("plain2"), F_OK) != 0 && access(in_dir("plain2.new"), F_OK) != 0);
    snprintf(command, sizeof(command), "evidence/%s.ghe", hex);
    (void)unlink(in_dir("journal.db-wal")); /* a reader may leave them */
    (void)unlink(in_dir("journal.db-shm"));
    for (const char *const *name =
             (const char *const[]){command, "evidence", "sealed", "cut", "plain", "zero", "one", "many",
                                   "forged", "journal.db", "journal.head", "appliance.key", "appliance.pub",
                                   "committee.key", "other.pub", "console.json", "", NULL};
         *name; name++)
        CHECK(remove(in_dir(*name)) == 0);
    seal_keys_free(appliance);
    seal_keys_free(console);
    seal_keys_free(committee);
    return check_end();
}

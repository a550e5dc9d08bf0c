/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse enrol: an appliance and a console get to know each other. The request carries public keys to the
 * console, the answer brings the console's and the committee's back; two people compare six words. */
#include "base/base64.h"
#include "base/json.h"
#include "firmware/link/link.h"

#include <stdio.h>
#include <unistd.h>

#define ANSWER_DEPTH 8

static int usage(void)
{
    fprintf(
        stderr,
        "usage: gatehouse enrol request -o FILE [-c FILE]\n"
        "       gatehouse enrol accept FILE [-c FILE]\n"
        "  request   write this appliance's public keys, to be approved by 'gatehouse console "
        "enrol-approve'\n"
        "  accept    take the console's answer; compare the six words it prints with those of the console\n");
    return 2;
}

static int load_own(const struct conf *c, struct seal_public *ret)
{
    char path[CONF_TEXT + 32];
    int rc;

    snprintf(path, sizeof(path), "%s/appliance.pub", c->node_state_dir);
    rc = keyfile_load_public(path, ret, NULL, 0);
    if (rc)
        fprintf(stderr, "gatehouse enrol: %s: %s. 'gatehouse keys generate' makes it\n", path,
                status_text(rc));
    return rc;
}

static int request(const struct conf *c, const char *out)
{
    char sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)];
    struct seal_public own;
    struct writer w;
    struct jw j;
    int rc;

    if (load_own(c, &own) != 0)
        return 2;
    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", c->node_name);
    jw_kcstr(&j, "sign", base64_encode(own.sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(&j, "box", base64_encode(own.box, SEAL_PUBLIC, box, sizeof(box)));
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    rc = link_write_file(out, writer_span(&w), 0644, true);
    writer_done(&w);
    if (rc) {
        fprintf(stderr, "gatehouse enrol: %s: %s\n", out, status_text(rc));
        return 2;
    }
    printf(
        "%s written. Take it to the console and run there:\n  gatehouse console enrol-approve %s -o ANSWER\n",
        out, out);
    return 0;
}

/* The answer's keys and text; NULL sentence when all is there. */
static const char *check_answer(const struct json *j, const struct seal_public *own,
                                struct seal_public *console)
{
    struct seal_public committee;
    uint8_t id[SEAL_ID];
    struct writer hex;
    char text[2 * SEAL_ID + 1];

    if (strcmp(json_cstr(json_get(j, "gatehouse"), ""), "enrol-answer-v1") != 0)
        return "it is no answer to an enrolment";
    seal_id(own, id);
    writer_fixed(&hex, text, sizeof(text));
    writer_hex(&hex, id, sizeof(id));
    if (strcmp(json_cstr(json_get(j, "appliance"), ""), writer_cstr(&hex)) != 0)
        return "it is for another appliance";
    if (!base64_decode(span_str(json_cstr(json_get(j, "console_sign"), "")), console->sign, SEAL_PUBLIC) ||
        !base64_decode(span_str(json_cstr(json_get(j, "console_box"), "")), console->box, SEAL_PUBLIC) ||
        !base64_decode(span_str(json_cstr(json_get(j, "committee_sign"), "")), committee.sign, SEAL_PUBLIC) ||
        !base64_decode(span_str(json_cstr(json_get(j, "committee_box"), "")), committee.box, SEAL_PUBLIC))
        return "a key in it is damaged";
    if (strncmp(json_cstr(json_get(j, "console_url"), ""), "https://", 8) != 0 ||
        !json_get(j, "tls_pin_sha256"))
        return "it lacks the console's address or the key of its certificate";
    return NULL;
}

static int refuse(const char *file, const char *why)
{
    fprintf(stderr, "gatehouse enrol: %s: %s\n", file, why);
    return 2;
}

static int take_answer(const struct conf *c, const char *file, struct span bytes, const struct json *j)
{
    char path[CONF_TEXT + 32], phrase[256];
    struct seal_public own, console;
    const char *why, *url = json_cstr(json_get(j, "console_url"), "");
    int rc;

    if (load_own(c, &own) != 0)
        return 2;
    why = check_answer(j, &own, &console);
    if (why)
        return refuse(file, why);
    seal_phrase(&own, &console, phrase, sizeof(phrase));
    if (strcmp(json_cstr(json_get(j, "phrase"), phrase), phrase) != 0)
        return refuse(file, "its phrase does not belong to these keys: somebody changed it on the way");
    snprintf(path, sizeof(path), "%s/console.json", c->node_state_dir);
    rc = link_write_file(path, bytes, 0640, false); /* nothing secret: gh-core and gh-uplink read it */
    if (rc == ST_EXISTS)
        return refuse(path, "this appliance has a console already. To change it, move that file away first");
    if (rc)
        return refuse(path, status_text(rc));
    printf("Enrolled with the console at %s.\n\n    %s\n\nThe console shows the same six words, or this is "
           "not your console: "
           "compare them by telephone.\nSet in the configuration:\n  [uplink]\n  console = %s\n",
           url, phrase, url);
    return 0;
}

static int accept_answer(const struct conf *c, const char *file)
{
    struct arena *a = arena_new(1 << 20);
    struct writer w;
    struct json *j = NULL;
    int rc;

    gh_check(a);
    writer_init(&w, 131072);
    rc = link_read_file(file, &w);
    if (!rc)
        rc = json_parse(a, writer_span(&w), ANSWER_DEPTH, &j, NULL);
    rc = rc ? refuse(file, status_text(rc)) : take_answer(c, file, writer_span(&w), j);
    writer_done(&w);
    arena_free(a);
    return rc;
}

int enrol_command(const struct conf *c, int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[0], "request") && !strcmp(argv[1], "-o"))
        return request(c, argv[2]);
    if (argc == 2 && !strcmp(argv[0], "accept"))
        return accept_answer(c, argv[1]);
    return usage();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse enrol: an appliance and a console get to know each other. The request carries public keys to the
 * console, the answer brings the console's and the committee's back; two people compare six words. */
#include "base/base64.h"
#include "base/invitation.h"
#include "base/json.h"
#include "base/succession.h"
#include "firmware/link/link.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define ANSWER_DEPTH 8

static int usage(void)
{
    fprintf(
        stderr,
        "usage: gatehouse enrol --invitation CODE|FILE|- [--console URL] [--again] [--no-wait] [-c FILE]\n"
        "       gatehouse enrol request -o FILE [--invitation FILE] [-c FILE]\n"
        "       gatehouse enrol accept FILE [--invitation CODE|FILE|-] [--again] [-c FILE]\n"
        "  --invitation   ask the console that gave it ('-': read it from standard input), and wait for its officer;\n"
        "                 with --no-wait end with 4 while it has not said yes\n"
        "  request   write this appliance's public keys, to be approved by 'gatehouse console "
        "enrol-approve'\n"
        "  accept    take the console's answer; compare the six words it prints with those of the console\n"
        "  --again   there is a console already: put it aside\n");
    return 2;
}

static int refuse(const char *file, const char *why)
{
    fprintf(stderr, "gatehouse enrol: %s: %s\n", file, why);
    return 2;
}

int enrol_own(const struct conf *c, struct seal_public *ret)
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

int enrol_text(const struct conf *c, const struct seal_public *own, const char *invitation, bool region, struct writer *out)
{
    char sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)];
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", c->node_name);
    if (region)
        jw_kcstr(&j, "kind", "region");
    jw_kcstr(&j, "sign", base64_encode(own->sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(&j, "box", base64_encode(own->box, SEAL_PUBLIC, box, sizeof(box)));
    if (invitation)
        jw_kcstr(&j, "invitation", invitation);
    jw_end_obj(&j);
    writer_u8(out, '\n');
    return writer_ok(out) ? 0 : 3;
}

/* The request once more, sealed with the invitation's secret, as text. */
static int seal_invited(const struct conf *c, const struct seal_public *own, const char *file, char *text, size_t cap)
{
    struct invitation_host host;
    struct writer plain, sealed;
    struct invitation i;
    char url[LINK_URL];
    bool known;
    int rc = invited_read(file, &i, &host, &known, url);

    if (rc)
        return rc;
    if (!known)
        return refuse(file, "a code alone does not do for a request on a stick: it needs the file that 'gatehouse console invite -o FILE' wrote");
    writer_init(&plain, INVITATION_JOIN_MAX);
    writer_init(&sealed, INVITATION_JOIN_MAX);
    rc = enrol_text(c, own, NULL, false, &plain);
    if (!rc && (invitation_seal(&i, writer_span(&plain), &host.console, &sealed) != 0 || BASE64_SIZE(sealed.n) > cap))
        rc = refuse(file, "this appliance's name is too long");
    if (!rc)
        base64_encode(sealed.p, sealed.n, text, cap);
    writer_done(&plain);
    writer_done(&sealed);
    seal_wipe(&i, sizeof(i));
    return rc;
}

static int request(const struct conf *c, const char *out, const char *invitation, bool region)
{
    char text[BASE64_SIZE(1024)];
    struct seal_public own;
    struct writer w;
    int rc;

    if (enrol_own(c, &own) != 0)
        return 2;
    rc = invitation ? seal_invited(c, &own, invitation, text, sizeof(text)) : 0;
    if (rc)
        return rc;
    writer_init(&w, 65536);
    rc = enrol_text(c, &own, invitation ? text : NULL, region, &w);
    if (!rc)
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


/* A console that was known before stays beside, for who wants to go back. */
static int put_aside(const char *path)
{
    char before[CONF_TEXT + 64];

    snprintf(before, sizeof(before), "%s.before", path);
    return rename(path, before) == 0 || errno == ENOENT ? 0 : status_from_errno(errno);
}

static bool is_from(const struct json *j, const struct seal_public *console, const struct invitation_host *host)
{
    struct invitation_host h = {.console = *console};
    const char *pin = json_cstr(json_get(j, "tls_pin_sha256"), "");

    if (!host)
        return true;
    snprintf(h.pin, sizeof(h.pin), "%.*s", (int)sizeof(h.pin) - 1, pin);
    return base64_decode(span_str(json_cstr(json_get(j, "committee_sign"), "")), h.committee.sign, SEAL_PUBLIC) &&
           base64_decode(span_str(json_cstr(json_get(j, "committee_box"), "")), h.committee.box, SEAL_PUBLIC) &&
           !memcmp(&h.console, &host->console, sizeof(h.console)) && !memcmp(&h.committee, &host->committee, sizeof(h.committee)) &&
           !strcmp(h.pin, host->pin);
}

static int take_answer(const struct conf *c, const char *file, struct span bytes, const struct json *j, const struct invitation_host *host,
                       bool again)
{
    char path[CONF_TEXT + 32], phrase[256];
    struct seal_public own, console;
    const char *why, *url = json_cstr(json_get(j, "console_url"), "");
    int rc;

    if (enrol_own(c, &own) != 0)
        return 2;
    why = check_answer(j, &own, &console);
    if (!why && !is_from(j, &console, host))
        why = "it is not from the console that gave the invitation";
    if (why)
        return refuse(file, why);
    seal_phrase(&own, &console, phrase, sizeof(phrase));
    if (strcmp(json_cstr(json_get(j, "phrase"), phrase), phrase) != 0)
        return refuse(file, "its phrase does not belong to these keys: somebody changed it on the way");
    snprintf(path, sizeof(path), "%s/console.json", c->node_state_dir);
    rc = again ? put_aside(path) : 0;
    if (!rc)
        rc = link_write_file(path, bytes, 0640, false); /* nothing secret: gh-core and gh-uplink read it */
    if (rc == ST_EXISTS)
        return refuse(path, "this appliance has a console already. To change it, add --again");
    if (rc)
        return refuse(path, status_text(rc));
    printf("Enrolled with the console at %s.\n\n    %s\n\nThe console shows the same six words, or this is "
           "not your console: "
           "compare them by telephone.\nSet in the configuration:\n  [uplink]\n  console = %s\n",
           url, phrase, url);
    return 0;
}

int enrol_take_answer(const struct conf *c, const char *from, struct span bytes, const struct invitation_host *host, bool again)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    int rc;

    gh_check(a);
    rc = json_parse(a, bytes, ANSWER_DEPTH, &j, NULL);
    rc = rc ? refuse(from, status_text(rc)) : take_answer(c, from, bytes, j, host, again);
    arena_free(a);
    return rc;
}

/* What 'console import' lays beside a receipt when the console's keys changed. */
static int accept_keys(const struct conf *c, const char *file, struct span word)
{
    int rc = link_succeed(c->node_state_dir, word);

    if (rc)
        return refuse(file, rc == ST_BAD_SIGNATURE ? "this appliance's console did not sign it, or its new keys were taken already" : status_text(rc));
    printf("The console has new keys; the old ones vouch for them. A running appliance takes them at its next start.\n");
    return 0;
}

static int accept_answer(const struct conf *c, const char *file, const struct invited *o)
{
    struct invitation_host host;
    struct invitation i;
    char url[LINK_URL];
    bool known = false;
    struct writer w;
    int rc;

    rc = o->invitation ? invited_read(o->invitation, &i, &host, &known, url) : 0;
    if (rc)
        return rc;
    if (o->invitation && !known)
        return refuse(o->invitation, "a code alone does not say whom the answer must be from: give the invitation's file");
    writer_init(&w, 131072);
    rc = link_read_file(file, &w);
    if (!rc && w.n == SUCCESSION_SIZE && span_starts(writer_span(&w), "GHKEYS01")) {
        rc = accept_keys(c, file, writer_span(&w));
        writer_done(&w);
        return rc;
    }
    rc = rc ? refuse(file, status_text(rc)) : enrol_take_answer(c, file, writer_span(&w), known ? &host : NULL, o->again);
    writer_done(&w);
    return rc;
}

int enrol_command(const struct conf *c, int argc, char **argv)
{
    struct invited o = {.invitation = NULL};
    const char *file = NULL, *words[2] = {NULL, NULL};
    bool region = false;
    int n = 0;

    for (int i = 0; i < argc; i++) {
        const char **slot = !strcmp(argv[i], "--invitation") ? &o.invitation
                            : !strcmp(argv[i], "--console")  ? &o.console
                            : !strcmp(argv[i], "-o")         ? &file
                                                             : NULL;
        if (slot && i + 1 < argc)
            *slot = argv[++i];
        else if (!strcmp(argv[i], "--region"))
            region = true; /* by 'gatehouse console parent enrol' */
        else if (!strcmp(argv[i], "--again"))
            o.again = true;
        else if (!strcmp(argv[i], "--no-wait"))
            o.no_wait = true;
        else if (slot || argv[i][0] == '-' || n == 2)
            return usage();
        else
            words[n++] = argv[i];
    }
    if (n == 1 && !strcmp(words[0], "request") && file && !o.console && !o.again && !o.no_wait)
        return request(c, file, o.invitation, region);
    if (n == 2 && !strcmp(words[0], "accept") && !file && !o.console && !o.no_wait)
        return accept_answer(c, words[1], &o);
    if (!n && o.invitation && !file)
        return enrol_invited(c, &o);
    return usage();
}

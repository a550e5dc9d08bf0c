/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse enrol --invitation: keys are made here, the console is known by the invitation before anything is sent to it, and what is
 * sent only the console can open. Two people compare six words; then the console says yes, and is asked for that again and again. */
#include "base/invitation.h"
#include "base/json.h"
#include "firmware/link/carrier.h"

#include <stdio.h>
#include <unistd.h>

#define CONSOLE_PATH "/api/v1/enrolments/console"
#define JOIN_PATH "/api/v1/enrolments/join"
#define JOIN_TYPE "application/vnd.gatehouse.join"
#define DEPTH 8
#define ANSWER_MAX 65536
#define ASK_S 3
#define AGAIN_S 15 /* when the console cannot be reached, or asks for patience */

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "gatehouse enrol: %s: %s\n", what, why);
    return 2;
}

/* The file that 'console invite -o' wrote. */
static int read_json(const struct json *j, struct span *ret_code, struct invitation_host *host, char *url)
{
    const char *code = json_cstr(json_get(j, "code"), ""), *u = json_cstr(json_get(j, "console_url"), "");
    const struct json *h = json_get(j, "console");

    if (strcmp(json_cstr(json_get(j, "gatehouse"), ""), "invitation-v1") != 0 || strlen(u) >= LINK_URL || !h ||
        invitation_host_read(h->raw, host) != 0)
        return ST_MALFORMED;
    snprintf(url, LINK_URL, "%s", u);
    *ret_code = span_str(code);
    return 0;
}

static int read_code(struct span text, struct invitation *ret)
{
    char why[160];
    unsigned group;

    if (invitation_read(text, ret, &group) == 0)
        return 0;
    if (group)
        snprintf(why, sizeof(why), "group %u of the invitation is not what the console gave: hear it once more", group);
    else
        snprintf(why, sizeof(why), "an invitation has %d groups of five letters and digits", INVITATION_GROUPS);
    return refuse("--invitation", why);
}

static int read_text(const char *what, struct writer *w)
{
    char line[256];
    int rc = 0;

    if (!strcmp(what, "-")) {
        if (!fgets(line, sizeof(line), stdin))
            return ST_TRUNCATED;
        writer_str(w, line);
        seal_wipe(line, sizeof(line));
    } else if (access(what, F_OK) == 0) {
        rc = link_read_file(what, w);
    } else {
        writer_str(w, what);
    }
    return rc;
}

int invited_read(const char *what, struct invitation *ret, struct invitation_host *host, bool *ret_host_known, char *url)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct writer w;
    struct span code;
    int rc;

    gh_check(a);
    *url = 0;
    writer_init(&w, ANSWER_MAX + 4096);
    rc = read_text(what, &w);
    code = writer_span(&w);
    if (rc) {
        rc = refuse(what, status_text(rc));
    } else if (json_parse(a, code, DEPTH, &j, NULL) == 0 && j->type == JSON_OBJECT) {
        *ret_host_known = read_json(j, &code, host, url) == 0;
        rc = *ret_host_known ? read_code(code, ret) : refuse(what, "it is no invitation ('gatehouse console invite -o FILE' writes one)");
        if (!rc && !invitation_fits(ret, host))
            rc = refuse(what, "its code and its console do not belong together: somebody changed it on the way");
    } else {
        rc = read_code(code, ret);
        *ret_host_known = false;
    }
    if (w.n)
        seal_wipe(w.p, w.n);
    writer_done(&w);
    arena_free(a);
    return rc;
}

/* Whoever answers there says who he is; the invitation says whether that is true. */
static int learn(const struct conf *c, const char *base, const struct invitation *i, struct invitation_host *host)
{
    char url[LINK_URL + 64];
    struct writer w;
    int rc;

    snprintf(url, sizeof(url), "%s" CONSOLE_PATH, base);
    writer_init(&w, ANSWER_MAX);
    rc = carrier_get(url, c->uplink_proxy, c->uplink_timeout, &w);
    if (rc == ST_NOT_FOUND)
        rc = refuse(base, "this console knows no invitations (an earlier version?): 'gatehouse enrol request -o FILE'");
    else if (rc) {
        refuse(base, "nothing answers there: is the address right, and the network? With a proxy in between set uplink.proxy");
        rc = 3;
    } else if (invitation_host_read(writer_span(&w), host) != 0)
        rc = refuse(base, "what answers there is no console");
    else if (!invitation_fits(i, host))
        rc = refuse(base, "this is NOT the console that gave the invitation (or its keys changed since). Nothing was sent to it. Compare "
                          "the address and the code with the officer");
    writer_done(&w);
    return rc;
}

struct asking {
    struct carrier *carrier;
    struct writer sealed, answer, text;
    bool told; /* the words are on the screen */
};

static void tell(struct asking *a, const struct seal_public *own, const struct invitation_host *host)
{
    char phrase[256];

    if (a->told)
        return;
    a->told = true;
    seal_phrase(own, &host->console, phrase, sizeof(phrase));
    printf("The console heard us and waits for its officer.\n\n    %s\n\nThe officer's screen shows the same six words, or another one "
           "is asking in our place: compare them by telephone.\n",
           phrase);
    fflush(stdout);
}

/* Once. 0: the answer is there; ENROL_WAITS; otherwise the exit code, said. */
static int ask(struct asking *a, const struct invitation *i, const struct seal_public *own, const struct invitation_host *host, unsigned *ret_s)
{
    struct letter letter = {.path = JOIN_PATH, .type = JOIN_TYPE};
    long status = 0;
    int rc;

    writer_clear(&a->sealed);
    gh_check(invitation_seal(i, writer_span(&a->text), &host->console, &a->sealed) == 0);
    letter.body = writer_span(&a->sealed);
    rc = carrier_post(a->carrier, &letter, &status, &a->answer);
    *ret_s = rc || status == 429 || status >= 500 ? AGAIN_S : ASK_S;
    if (rc == ST_BAD_SIGNATURE)
        return refuse("the console", "something in between opens the connection and shows another certificate. Nothing was sent");
    if (!rc && status == 200)
        return 0;
    if (!rc && status == 202)
        tell(a, own, host);
    else if (!rc && status == 403)
        return refuse("the console", "it gave no such invitation: hear the code once more");
    else if (!rc && status == 410)
        return refuse("the console", "the invitation was withdrawn, is over, or another appliance used it. If nobody else had it, tell the officer");
    else if (!rc && status < 500 && status != 429)
        return refuse("the console", "it does not understand the request");
    else if (!a->told) {
        fprintf(stderr, "gatehouse enrol: the console: %s\n", rc ? carrier_message(a->carrier) : "it is busy; try again in a minute");
        return 3;
    }
    return ENROL_WAITS;
}

static int ask_until_heard(const struct conf *c, const struct invited *o, const char *url, const struct invitation *i, const struct invitation_host *host)
{
    struct link_console lc = {.key = host->console};
    struct asking a = {.told = false};
    struct seal_public own;
    unsigned wait_s = ASK_S;
    int rc = enrol_own(c, &own);

    if (rc)
        return 2;
    snprintf(lc.url, sizeof(lc.url), "%s", url);
    snprintf(lc.pin, sizeof(lc.pin), "%.*s", (int)sizeof(lc.pin) - 1, host->pin);
    a.carrier = carrier_new(&lc, c->uplink_timeout);
    gh_check(a.carrier);
    carrier_proxy(a.carrier, c->uplink_proxy);
    writer_init(&a.sealed, INVITATION_JOIN_MAX);
    writer_init(&a.answer, ANSWER_MAX);
    writer_init(&a.text, INVITATION_JOIN_MAX);
    rc = enrol_text(c, &own, NULL, false, &a.text);
    while (!rc && (rc = ask(&a, i, &own, host, &wait_s)) == ENROL_WAITS && !o->no_wait) {
        sleep(wait_s);
        rc = 0;
    }
    if (!rc)
        rc = enrol_take_answer(c, url, writer_span(&a.answer), host, o->again);
    writer_done(&a.sealed);
    writer_done(&a.answer);
    writer_done(&a.text);
    carrier_free(a.carrier);
    return rc;
}

int enrol_invited(const struct conf *c, const struct invited *o)
{
    char path[CONF_TEXT + 32], url[LINK_URL] = "";
    struct invitation_host host;
    struct invitation i;
    bool known = false;
    int rc;

    snprintf(path, sizeof(path), "%s/console.json", c->node_state_dir);
    if (!o->again && access(path, F_OK) == 0)
        return refuse(path, "this appliance has a console already. With --again it goes to the one that invites it now");
    rc = invited_read(o->invitation, &i, &host, &known, url);
    if (rc)
        return rc;
    if (o->console || !*url)
        snprintf(url, sizeof(url), "%s", o->console ? o->console : c->uplink_console);
    if (*url && url[strlen(url) - 1] == '/')
        url[strlen(url) - 1] = 0;
    if (strncmp(url, "https://", 8) != 0)
        rc = refuse("--console", "say where the console is: https://NAME:PORT");
    snprintf(path, sizeof(path), "%s/appliance.key", c->node_state_dir);
    if (!rc && access(path, F_OK) != 0)
        rc = keys_make(c);
    if (!rc && !known)
        rc = learn(c, url, &i, &host);
    if (!rc)
        rc = ask_until_heard(c, o, url, &i, &host);
    seal_wipe(&i, sizeof(i));
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/command.h"
#include "base/clock.h"
#include "base/text.h"
#include "console/approve_command.h"
#include "console/carry.h"
#include "console/goods_command.h"
#include "console/invite_command.h"
#include "console/move_command.h"
#include "console/report_command.h"
#include "console/rotation.h"
#include "console/serve.h"
#include "console/state.h"
#include "console/store/appliances.h"
#include "console/store/audit_head.h"
#include "console/store/chain.h"
#include "console/store/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    struct conf conf;
    const char *output, *url, *role, *user, *reason, *name, *version, *note, *appliance, *ring, *month, *week, *lang, *hours, *unit, *days;
    const char **words; /* arguments without a dash; the command's number of them at least */
    size_t n_words;
    bool json, tls, now;
};
struct command {
    const char *name, *usage;
    int (*run)(struct options *o, struct state *s);
    bool makes;         /* may make the state directory */
    size_t least, most; /* arguments it takes */
};

static int database_failed(int rc)
{
    fprintf(stderr, "gatehouse console: the database: %s\n", status_text(rc));
    return rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2;
}

/* Ends a command's transaction; an earlier failure undoes it. */
static int finish(struct state *s, int rc)
{
    rc = store_end(s->store, rc);
    return rc ? database_failed(rc) : 0;
}

/* Where the console last listened, or what the configuration says. */
static void current_url(const struct state *s, char url[static STATE_URL])
{
    char path[STATE_PATH];
    struct writer w;

    memset(url, 0, STATE_URL);
    writer_init(&w, 8192);
    if (state_read(state_path(s->conf, "url", path), &w) == 0 && w.n > 8 && w.n < STATE_URL)
        memcpy(url, w.p, w.n);
    else
        state_url(s->conf, 0, url);
    writer_done(&w);
}

static int print_link(struct state *s, unsigned roles, int64_t user, const char *whom)
{
    char token[TOKEN_TEXT], url[STATE_URL];
    int rc;
    struct db *d = store_begin(s->store, &rc);

    if (!d)
        return database_failed(rc);
    rc = invite_add(d, roles, user, INVITE_LIFE_US, token);
    if (!rc)
        rc = audit_append(d, "console", NULL, "link_made", whom, "gatehouse console link");
    rc = finish(s, rc);
    if (rc)
        return rc;
    current_url(s, url);
    printf("%s#invite=%s\n", url, token);
    fprintf(stderr, "One use, within 24 hours; for: %s\n", whom);
    return 0;
}

static int run_init(struct options *o, struct state *s)
{
    char path[STATE_PATH];
    (void)o;

    printf("state:          %s%s\n", s->conf->console_state_dir, s->made ? " (made)" : "");
    printf("TLS key (pin):  sha256//%s\n", s->pin);
    if (access(state_path(s->conf, "committee.key", path), F_OK) == 0)
        printf("committee key:  %s\n                With it sealed evidence is opened. Divide it among members: "
               "'gatehouse console committee divide',\n                or move it to a stick that the committee keeps.\n",
               path);
    printf("next:           'gatehouse console' serves it, and prints the first sign-in link\n");
    return 0;
}

/* "analyst,approver" */
static bool roles_read(const char *text, unsigned *ret)
{
    struct span rest = span_str(text);

    while (rest.n) {
        ptrdiff_t comma = span_find_byte(rest, ',', 0);
        struct span one = span_part(rest, 0, comma < 0 ? rest.n : (size_t)comma);
        int n = user_role_number(one);
        if (n < 0)
            return false;
        *ret |= 1u << n;
        rest = span_part(rest, one.n + 1, rest.n);
    }
    return *ret != 0;
}

static int run_link(struct options *o, struct state *s)
{
    struct user u;
    struct db *d;
    unsigned roles = 0;
    int rc;

    if (o->user) {
        rc = store_reader(s->store, &d);
        if (rc)
            return database_failed(rc);
        rc = user_find(d, span_str(o->user), &u);
        db_close(d);
        if (rc == ST_NOT_FOUND)
            fprintf(stderr, "gatehouse console link: there is no user '%s'\n", o->user);
        if (rc)
            return 2;
        return print_link(s, u.roles, u.id, u.name);
    }
    if (roles_read(o->role ? o->role : "administrator", &roles))
        return print_link(s, roles, 0, o->role ? o->role : "administrator");
    fprintf(stderr, "gatehouse console link: --role is one or more, separated by commas, of viewer, analyst, "
                    "policy_author, approver, administrator, auditor\n");
    return 2;
}

static int run_approve(struct options *o, struct state *s)
{
    char url[STATE_URL];

    if (o->url && (strncmp(o->url, "https://", 8) != 0 || strlen(o->url) >= sizeof(url))) {
        fprintf(stderr, "gatehouse console enrol-approve: --url must begin with https://\n");
        return 2;
    }
    current_url(s, url);
    if (o->url)
        snprintf(url, sizeof(url), "%s", o->url);
    if (url[strlen(url) - 1] == '/')
        url[strlen(url) - 1] = 0;
    return approve_command(s, o->words[0], o->output, url);
}

static void print_appliance(void *arg, struct span json)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    char tame[600];

    (void)arg;
    if (a && json_parse(a, json, 32, &j, NULL) == 0)
        printf("%s  %-8s %-24s last heard %-28s batches %lld, alerts %lld, lost %lld, refused %lld\n",
               json_cstr(json_get(j, "id"), ""), json_cstr(json_get(j, "state"), ""),
               json_cstr(json_get(j, "name"), ""), json_cstr(json_get(j, "last_heard"), "never"),
               (long long)json_i64(json_get(j, "batches"), 0), (long long)json_i64(json_get(j, "alerts"), 0),
               (long long)json_i64(json_get(j, "lost"), 0), (long long)json_i64(json_get(j, "refused"), 0));
    if (a && json_i64(json_get(j, "offered"), 0) > json_i64(json_get(j, "batches"), 0) + 1)
        printf("    waits for batches %lld to %lld\n", (long long)json_i64(json_get(j, "batches"), 0) + 1,
               (long long)json_i64(json_get(j, "offered"), 0) - 1);
    json_each(h, json_get(j, "holes"))
        printf("    accepted hole: batches %lld to %lld, %lld missing: %s\n",
               (long long)json_i64(json_get(h, "first"), 0), (long long)json_i64(json_get(h, "last"), 0),
               (long long)json_i64(json_get(h, "missing"), 0),
               carry_tame(json_cstr(json_get(h, "reason"), ""), tame, sizeof(tame)));
    arena_free(a);
}

static int run_appliances(struct options *o, struct state *s)
{
    struct arena *a = arena_new(256u << 20);
    struct json *all = NULL;
    struct writer w;
    struct db *d = NULL;
    struct jw j;
    int rc = a ? store_reader(s->store, &d) : ST_NOMEM;

    writer_init(&w, 64u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    if (!rc)
        rc = appliance_list(d, &sight_everything, &j);
    jw_end_obj(&j);
    if (!rc && o->json)
        printf("%.*s\n", (int)w.n, (const char *)w.p);
    else if (!rc && (rc = json_parse(a, writer_span(&w), 64, &all, NULL)) == 0)
        json_each(one, json_get(all, "items")) print_appliance(NULL, one->raw);
    if (!rc && !o->json && all && !json_get(all, "items")->count)
        printf("No appliance is enrolled. 'gatehouse console enrol-approve REQUEST -o ANSWER' enrols one.\n");
    writer_done(&w);
    db_close(d);
    arena_free(a);
    return rc ? database_failed(rc) : 0;
}

static int run_retire(struct options *o, struct state *s)
{
    int rc;
    struct db *d = store_begin(s->store, &rc);

    if (!d)
        return database_failed(rc);
    rc = appliance_retire(d, o->words[0]);
    if (!rc)
        rc = audit_append(d, "console", NULL, "appliance_retired", o->words[0], NULL);
    if (rc == ST_NOT_FOUND) {
        store_rollback(s->store);
        fprintf(stderr, "gatehouse console retire: no appliance has the identity %s\n", o->words[0]);
        return 2;
    }
    return finish(s, rc);
}

static int run_import(struct options *o, struct state *s)
{
    return carry_import(s, o->words, o->n_words, o->output);
}

/* "N..M", or one number. */
static bool read_range(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
    const char *dots = strstr(text, "..");
    struct span first = dots ? span_of(text, (size_t)(dots - text)) : span_str(text);

    return span_number(first, INT64_MAX, ret_first) && *ret_first &&
           span_number(dots ? span_str(dots + 2) : first, INT64_MAX, ret_last);
}

static int refuse_hole(const struct chain_hole *h, const char *why)
{
    fprintf(stderr, "gatehouse console accept-hole: %s: %s. The first batch that is missing is %llu", h->name,
            why, (unsigned long long)h->wanted);
    if (h->offered)
        fprintf(stderr, "; the first one behind it that the appliance has is %llu",
                (unsigned long long)h->offered);
    fprintf(stderr, "\n");
    return 2;
}

static int run_accept_hole(struct options *o, struct state *s)
{
    struct chain_hole h = {.reason = o->reason ? o->reason : "", .by = "console"};
    const char *why = NULL;
    struct db *d;
    int rc;

    if (!read_range(o->words[1], &h.first, &h.last) || strlen(h.reason) > 500 ||
        !text_is_utf8(span_str(h.reason))) {
        fprintf(stderr,
                "gatehouse console accept-hole: batches are given as N..M, the reason as text of at most 500 "
                "bytes\n");
        return 2;
    }
    d = store_begin(s->store, &rc);
    if (!d)
        return database_failed(rc);
    rc = chain_find(d, span_str(o->words[0]), &h);
    if (!rc && !(why = chain_hole_why(&h)))
        rc = chain_accept(d, &h);
    if (rc == ST_NOT_FOUND || why) {
        store_rollback(s->store);
        if (why)
            return refuse_hole(&h, why);
        fprintf(stderr, "gatehouse console accept-hole: no appliance has the identity %s\n", o->words[0]);
        return 2;
    }
    rc = finish(s, rc);
    if (!rc)
        printf("%s: batches %llu to %llu are given up. An alert and the audit say so; if they turn up after "
               "all, they "
               "are taken\n",
               h.name, (unsigned long long)h.first, (unsigned long long)h.last);
    return rc;
}

static struct goods_words goods_words_of(const struct options *o)
{
    return (struct goods_words){o->words, o->n_words, o->name, o->version, o->note, o->appliance, o->ring};
}

static int run_goods(struct options *o, struct state *s)
{
    const struct goods_words w = goods_words_of(o);

    return goods_command(s, &w);
}

static int run_export_down(struct options *o, struct state *s)
{
    const struct goods_words w = goods_words_of(o);

    return goods_export(s, &w);
}

#define HEADS_MAX 64 /* of one command line */

static void say_verdict(const struct audit_verdict *v)
{
    long long id = (long long)v->id;
    const char *whose = v->held ? "the head that you gave" : "a signed head";

    switch (v->fault) {
    case AUDIT_WHOLE:
        printf("The audit log is whole: %llu entries, %llu signed heads.\n", (unsigned long long)v->entries,
               (unsigned long long)v->heads);
        return;
    case AUDIT_CHANGED:
        printf("The audit log was changed: entry %lld does not fit the chain. Entries before it: %llu.\n", id,
               (unsigned long long)v->entries);
        return;
    case AUDIT_REWRITTEN:
        printf("The audit log was written anew: entry %lld is not the one of %s.\n", id, whose);
        return;
    case AUDIT_CUT:
        printf("The audit log was cut: entry %lld is gone, and %s knows it.\n", id, whose);
        return;
    case AUDIT_FORGED:
        printf("The audit log's head at entry %lld is not signed by this console's key.\n", id);
        return;
    }
}

/* Words from the first on as heads; how many, or -1 with a message. */
static int read_heads(const struct options *o, size_t first, struct audit_head held[static HEADS_MAX])
{
    int n = 0;

    for (size_t i = first; i < o->n_words; i++)
        if (n == HEADS_MAX || !audit_head_parse(span_str(o->words[i]), &held[n++])) {
            fprintf(stderr,
                    "gatehouse console audit: '%s' is no head; one reads NUMBER:HASH, as 'gatehouse console audit "
                    "head' prints it\n",
                    o->words[i]);
            return -1;
        }
    return n;
}

/* audit [verify] [HEAD...] | audit head */
static int run_audit(struct options *o, struct state *s)
{
    bool verify = o->n_words && !strcmp(o->words[0], "verify");
    bool head = o->n_words == 1 && !strcmp(o->words[0], "head");
    struct audit_head held[HEADS_MAX], newest;
    char text[AUDIT_HEAD_TEXT];
    struct audit_verdict v;
    int n = head ? 0 : read_heads(o, verify, held), rc;
    struct db *d;

    if (n < 0)
        return 2;
    d = store_begin(s->store, &rc);
    if (!d)
        return database_failed(rc);
    const struct audit_keys keys = {seal_keys_public(s->keys), s->former, s->n_former};
    rc = audit_prove(d, &keys, held, (size_t)n, &v);
    if (!rc && !v.fault) /* what is broken gets no signature */
        rc = audit_head_sign(d, s->keys, &newest);
    rc = finish(s, rc == ST_EXISTS || rc == ST_NOT_FOUND ? 0 : rc);
    if (rc)
        return rc;
    if (!head || v.fault)
        say_verdict(&v);
    if (v.fault)
        return 1;
    if (v.entries && head)
        printf("%s\n", audit_head_text(&newest, text));
    else if (v.entries)
        printf("Its head: %s\nKeep it where nobody of this machine can write, and give it to 'gatehouse console audit "
               "verify' next time.\n",
               audit_head_text(&newest, text));
    return 0;
}

static int run_report(struct options *o, struct state *s)
{
    const struct report_command c = {.month = o->month, .week = o->week, .lang = o->lang, .output = o->output};
    return report_command(s, &c);
}

static int run_migrate(struct options *o, struct state *s)
{
    (void)o;
    return move_command(s);
}

static int run_invite(struct options *o, struct state *s)
{
    char url[STATE_URL];

    current_url(s, url);
    const struct invite_words w = {o->words, o->n_words, o->hours, o->unit, o->name, o->url, o->output, url};
    return invite_command(s, &w);
}

static int run_keys(struct options *o, struct state *s)
{
    const struct rotation_words w = {o->words, o->n_words, o->days, o->tls, o->now};
    return rotation_command(s, &w);
}

static const struct command commands[] = {
    {"init", "init [-c FILE]", run_init, true, 0, 0},
    {"link", "link [-c FILE] [--role ROLE,... | --user NAME]", run_link, true, 0, 0},
    {"enrol-approve", "enrol-approve [-c FILE] REQUEST -o ANSWER | DIR [--url https://…]", run_approve, true, 1, 1},
    {"invite", "invite [-c FILE] [--hours N] [--unit UNIT] [--name NAME] [--url https://…] [-o FILE] | list | approve NUMBER WORDS | withdraw NUMBER",
     run_invite, false, 0, 3},
    {"keys", "keys [-c FILE] show | rotate [--days N] [--tls] | finish [--now]", run_keys, false, 1, 1},
    {"appliances", "appliances [-c FILE] [--json]", run_appliances, false, 0, 0},
    {"retire", "retire [-c FILE] IDENTITY", run_retire, false, 1, 1},
    {"import", "import [-c FILE] [-o RECEIPTS-DIR] DIR|FILE...", run_import, false, 1, SIZE_MAX},
    {"accept-hole", "accept-hole [-c FILE] IDENTITY N..M --reason TEXT", run_accept_hole, false, 2, 2},
    {"report", "report [-c FILE] --month 2026-10 | --week 2026-11-23 [--lang vi|en] -o FILE.pdf|FILE.csv", run_report, false, 0, 0},
    {"migrate", "migrate [-c FILE]", run_migrate, false, 0, 0},
    {"audit", "audit [-c FILE] [verify [HEAD...] | head]", run_audit, false, 0, SIZE_MAX},
    {"goods", "goods [-c FILE] add|list|assign|unassign|assignments|ring|status|remove ...", run_goods, false, 0, 3},
    {"export-down", "export-down [-c FILE] DIR --appliance NAME", run_export_down, false, 0, 1},
};

static const struct command *find(const char *word)
{
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        if (!strcmp(commands[i].name, word))
            return &commands[i];
    return NULL;
}

bool command_known(const char *word)
{
    return find(word) != NULL;
}

static int usage(const struct command *c, const char *what)
{
    fprintf(stderr, "gatehouse console: %s\nusage: gatehouse console %s\n", what, c->usage);
    return 2;
}

static int parse(const struct command *c, struct options *o, int argc, char **argv)
{
    struct writer err;
    int rc = 0;

    writer_init(&err, 65536);
    conf_defaults(&o->conf);
    for (int i = 1; i < argc && !rc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        const char **slot = !strcmp(argv[i], "-o")         ? &o->output
                            : !strcmp(argv[i], "--url")    ? &o->url
                            : !strcmp(argv[i], "--role")   ? &o->role
                            : !strcmp(argv[i], "--user")   ? &o->user
                            : !strcmp(argv[i], "--reason") ? &o->reason
                            : !strcmp(argv[i], "--name") ? &o->name
                            : !strcmp(argv[i], "--version") ? &o->version
                            : !strcmp(argv[i], "--note") ? &o->note
                            : !strcmp(argv[i], "--appliance") ? &o->appliance
                            : !strcmp(argv[i], "--ring") ? &o->ring
                            : !strcmp(argv[i], "--month")  ? &o->month
                            : !strcmp(argv[i], "--week")   ? &o->week
                            : !strcmp(argv[i], "--lang")   ? &o->lang
                            : !strcmp(argv[i], "--hours")  ? &o->hours
                            : !strcmp(argv[i], "--unit")   ? &o->unit
                            : !strcmp(argv[i], "--days")   ? &o->days
                                                           : NULL;
        bool conf = !strcmp(argv[i], "-c"), set = !strcmp(argv[i], "--set");
        if ((slot || conf || set) && !value) {
            rc = usage(c, "an option lacks its value");
        } else if (slot) {
            *slot = argv[++i];
        } else if (conf || set) {
            rc = conf ? conf_load(&o->conf, argv[++i], &err) : conf_set(&o->conf, argv[++i], &err);
            if (rc)
                fprintf(stderr, "%s", writer_cstr(&err));
        } else if (!strcmp(argv[i], "--json")) {
            o->json = true;
        } else if (!strcmp(argv[i], "--tls") || !strcmp(argv[i], "--now")) {
            *(argv[i][2] == 't' ? &o->tls : &o->now) = true;
        } else if (argv[i][0] == '-' || o->n_words == c->most) {
            rc = usage(c, "unknown option or one word too many");
        } else {
            o->words[o->n_words++] = argv[i];
        }
    }
    writer_done(&err);
    if (!rc && o->n_words < c->least)
        rc = usage(c, "something is missing");
    return rc ? 2 : 0;
}

int command_run(int argc, char **argv)
{
    const struct command *c = find(argv[0]);
    struct options o = {.output = NULL};
    struct state s;
    int rc;

    if (!c)
        return 2;
    o.words = calloc((size_t)argc, sizeof(*o.words));
    rc = o.words ? parse(c, &o, argc, argv) : 3;
    if (!rc)
        rc = state_open_to_move(&o.conf, c->makes, c->run == run_migrate, &s);
    if (!rc) {
        rc = c->run(&o, &s);
        if (rc < 2 && *o.conf.node_user &&
            state_give(&o.conf) != 0) /* what root made here, the service must read */
            rc = 3;
        state_close(&s);
    }
    free(o.words);
    return rc;
}

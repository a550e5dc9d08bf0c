/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/policy_cmd.h"
#include "base/clock.h"
#include "policy/lua/look.h"
#include "policy/lua/sign.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(struct policy_cmd *c, int argc, char **argv);
    const char *usage;
} commands[] = {
    {"check", policy_cmd_check,
     "check [DIR]                 syntax, unknown names and facts, faulty rules and zones"},
    {"test", policy_cmd_test,
     "test [DIR]                  run the bundle's own tests (*_test.lua) and show which rules they reach"},
    {"explain", policy_cmd_explain,
     "explain [DIR] EVENT.json    why the verdict on this event is what it is (- for standard input)"},
    {"replay", policy_cmd_replay,
     "replay [DIR] EVENTS         judge recorded events again: what this policy would have decided"},
    {"facts", policy_cmd_facts,
     "facts [--json]              every fact that a rule may ask for, with its meaning; as JSON also every "
     "word"},
    {"diff", policy_cmd_diff, "diff OLD NEW EVENTS         recorded events on which two policies differ"},
    {"shadow", policy_cmd_shadow,
     "shadow EVENTS               recorded events on which policy.shadow decided otherwise"},
    {"keygen", policy_cmd_keygen,
     "keygen FILE                 make a key to sign policies with; FILE.pub is for policy.trust"},
    {"sign", policy_cmd_sign,
     "sign DIR --key FILE         number and sign a bundle [--number N] [--floor N] [--note TEXT]"},
    {"promote", policy_cmd_promote,
     "promote DIR                 check, test and verify a bundle, and put it in force"},
    {"rollback", policy_cmd_rollback, "rollback                    back to the policy before"},
    {"status", policy_cmd_status,
     "status                      which policies are there, and which one is in force"},
};

static int usage(void)
{
    fprintf(stderr, "usage: gatehouse policy COMMAND [-c FILE] [--set SECTION.KEY=VALUE] [--json] …\n\n");
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        fprintf(stderr, "  %s\n", commands[i].usage);
    fprintf(stderr, "\nWithout DIR the configured policy is meant, or the standard one. EVENTS is a file "
                    "with one event a "
                    "line, as printed by\n'gatehouse inspect' (- for standard input), or --journal PATH: a "
                    "journal or the "
                    "directory where it lies.\n--since TIME leaves out what is older (2026-11-24, "
                    "2026-11-24T08:00:00Z, or 7d, 12h, 30m ago).\n");
    return 2;
}

void policy_default_dir(const char *configured, char *buf, size_t cap)
{
    struct writer w;

    if (!*configured && bundle_find("", "standard", buf, cap) == 0)
        return;
    writer_fixed(&w, buf, cap);
    writer_str(&w, *configured ? configured : "/usr/share/gatehouse/policy/standard");
    (void)writer_cstr(&w);
}

struct bundle *policy_cmd_load(const struct policy_cmd *c, const char *dir)
{
    struct bundle *b = NULL;
    struct writer err;

    writer_init(&err, 1u << 20);
    if (bundle_load(dir, &c->limits, &b, &err) != 0)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    return b;
}

static void describe(const struct policy_cmd *c, const struct bundle *b, const char *dir)
{
    size_t off = 0;

    for (size_t i = 0; i < b->n_rules; i++)
        off += b->rules[i].off;
    printf("%s: %s@%s is good%s: %zu rules, %u zones, %zu KiB of %zu KiB\n", dir, b->name, b->version,
           b->forwarding ? " for forwarding" : "", b->n_rules - off, b->zones.n - 1, cage_memory(b->cage) >> 10, c->limits.memory >> 10);
    for (size_t i = 1; i < b->n_parts; i++)
        printf("  uses %s@%s from %s\n", b->parts[i].name, b->parts[i].version, b->parts[i].dir);
    if (off)
        printf("  %zu rules are switched off\n", off);
    if (*b->zones_from && strcmp(b->zones_from, b->dir) != 0)
        printf("  zones are those of %s\n", b->zones_from);
    printf("  judges:");
    for (int t = 0; t < EVENT_TYPE_COUNT; t++)
        if (b->types >> t & 1)
            printf(" %s", event_type_name((enum event_type)t));
    printf("\n  a rule that fails counts as '%s'", bundle_action_name(b, bundle_safe(b, NULL, c->safe)));
    for (size_t i = 1; i < b->n_parts; i++)
        if (b->parts[i].has_safe)
            printf(", in %s as '%s'", b->parts[i].name, bundle_action_name(b, b->parts[i].safe));
    printf("%s\n", b->parts[0].has_safe || b->forwarding ? "" : " (policy.safe_verdict)");
}

int policy_look(const struct policy_cmd *c, const char *dir, struct bundle **ret)
{
    struct writer err;
    int rc;

    writer_init(&err, 1u << 20);
    rc = bundle_look(dir, &c->limits, ret, &err);
    if (rc)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_clear(&err);
    if (*ret)
        bundle_warn(*ret, &err);
    if (err.n)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    return rc ? 2 : 0;
}

static void describe_signature(const struct policy_cmd *c, const char *dir)
{
    struct sign_note note;
    struct writer err;
    int rc;

    writer_init(&err, 65536);
    rc = sign_check(dir, c->conf.policy_trust, &note, &err);
    if (!rc)
        printf("  signed as number %llu, %s%s%s%s\n", (unsigned long long)note.number, note.when,
               *note.author ? ", by " : "", note.author,
               *c->conf.policy_trust ? "" : " (any key: policy.trust is empty)");
    else if (rc == ST_NOT_FOUND)
        printf("  not signed%s\n",
               *c->conf.policy_trust ? ": an appliance with policy.trust refuses it" : "");
    else
        printf("  %s", writer_cstr(&err));
    writer_done(&err);
}

int policy_cmd_check(struct policy_cmd *c, int argc, char **argv)
{
    char dir[1024];
    struct bundle *b = NULL;
    int rc;

    if (argc > 1)
        return usage();
    policy_default_dir(argc ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    rc = policy_look(c, dir, &b);
    if (!rc) {
        describe(c, b, dir);
        describe_signature(c, dir);
    }
    bundle_free(b);
    return rc;
}

/* Whole file or standard input, bounded. */
static int read_all(const char *path, struct writer *w)
{
    FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
    uint8_t *to;
    size_t n = 0;

    if (!f)
        return ST_NOT_FOUND;
    while ((to = writer_reserve(w, 65536)) && (n = fread(to, 1, 65536, f)) > 0)
        writer_advance(w, n);
    if (f != stdin)
        fclose(f);
    return writer_ok(w) ? 0 : ST_LIMIT;
}

static void explain_reads(const struct bundle *b)
{
    for (size_t i = 0; i < b->view.n_reads; i++) {
        const struct view_read *r = &b->view.reads[i];
        if (r->value.n)
            printf("      %s = %.*s%s\n", r->path, (int)(r->value.n > 200 ? 200 : r->value.n),
                   (const char *)r->value.p, r->value.n > 200 ? "…" : "");
        else
            printf("      %s is absent\n", r->path);
    }
}

static int explain(struct policy_cmd *c, struct bundle *b, struct span event)
{
    static struct decision d;
    struct arena *a = arena_new(1u << 30);
    char err[1024];
    int rc = a ? explain_begin(b, a, event) : ST_NOMEM;

    if (rc) {
        fprintf(stderr, "gatehouse policy: the event is not one JSON object: %s\n", status_text(rc));
        arena_free(a);
        return 2;
    }
    for (size_t i = 0; i < b->n_rules; i++) {
        int hit = explain_rule(b, i, err, sizeof(err));
        if (hit == EXPLAIN_NOT_ASKED)
            continue;
        printf("  %s  %s (%spolicy.lua:%d)\n",
               hit < 0 ? "FAILS  "
               : hit   ? "MATCHES"
                       : "no     ",
               b->rules[i].id, b->parts[b->rules[i].part].prefix, b->rules[i].line);
        if (hit < 0)
            printf("      %s\n", err);
        explain_reads(b);
    }
    explain_end(b);
    history_clear(b->history); /* or the event would count twice */
    rc = bundle_decide(b, a, event, c->safe, &d);
    if (!rc)
        printf("verdict: %s by %s of %s@%s\n  %s\n  %s\n", bundle_action_name(b, d.v[0].action),
               d.v[0].rule ? d.v[0].rule->id : "otherwise", b->name, b->version, d.v[0].reason_en,
               d.v[0].reason_vi);
    arena_free(a);
    return rc ? 3 : 0;
}

int policy_cmd_explain(struct policy_cmd *c, int argc, char **argv)
{
    char dir[1024];
    struct bundle *b;
    struct writer w;
    int rc;

    if (argc < 1 || argc > 2)
        return usage();
    policy_default_dir(argc == 2 ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    b = policy_cmd_load(c, dir);
    if (!b)
        return 2;
    writer_init(&w, 256u << 20);
    if (read_all(argv[argc - 1], &w) != 0) {
        fprintf(stderr, "gatehouse policy: %s cannot be read\n", argv[argc - 1]);
        rc = 2;
    } else {
        rc = explain(c, b, span_trim(writer_span(&w)));
    }
    writer_done(&w);
    bundle_free(b);
    return rc;
}

/* "7d" ago, "2026-11-24", "2026-11-24T08:00:00Z". */
static bool take_since(struct policy_cmd *c, const char *text)
{
    uint64_t ago;
    char stamp[48];

    if (history_window(span_str(text), &ago)) {
        c->since_us = clock_wall_us() - ago;
        return true;
    }
    snprintf(stamp, sizeof(stamp), "%.32s%s", text, strlen(text) == 10 ? "T00:00:00Z" : "");
    return clock_parse_iso(stamp, strlen(stamp), &c->since_us);
}

/* An option with a value. False: there is none such. */
static bool take_valued(struct policy_cmd *c, const char *name, const char *value, struct writer *err)
{
    bool good = true;

    if (!strcmp(name, "-c"))
        (void)conf_load(&c->conf, value, err); /* the faults are in err */
    else if (!strcmp(name, "--set"))
        (void)conf_set(&c->conf, value, err);
    else if (!strcmp(name, "--key"))
        c->key = value;
    else if (!strcmp(name, "--note"))
        c->note = value;
    else if (!strcmp(name, "--number"))
        good = span_number(span_str(value), INT64_MAX, &c->number) && c->number;
    else if (!strcmp(name, "--floor"))
        good = span_number(span_str(value), INT64_MAX, &c->floor);
    else if (!strcmp(name, "--since"))
        good = take_since(c, value);
    else
        return false;
    if (!good)
        writer_printf(err, "gatehouse policy: %s: '%s' is not understood\n", name, value);
    return true;
}

/* Takes the common options out of argv; what is left is packed to the front. Negative on a fault. */
static int take_options(struct policy_cmd *c, int argc, char **argv, struct writer *err)
{
    int left = 0;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--json"))
            c->json = true;
        else if (!strcmp(argv[i], "--journal")) /* --journal PATH is PATH */
            c->journal = true;
        else if (argv[i][0] == '-' && argv[i][1] && i + 1 < argc && take_valued(c, argv[i], argv[i + 1], err))
            i++;
        else if (argv[i][0] == '-' && argv[i][1])
            writer_printf(err, "gatehouse policy: unknown option '%s'\n", argv[i]);
        else
            argv[left++] = argv[i];
    }
    return err->n ? ST_USAGE : left;
}

int policy_command(int argc, char **argv)
{
    struct policy_cmd c = {0};
    struct writer err;
    int left;

    if (argc < 2)
        return usage();
    conf_defaults(&c.conf);
    writer_init(&err, 65536);
    left = take_options(&c, argc - 2, argv + 2, &err);
    if (left < 0)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    if (left < 0)
        return 2;
    c.limits = (struct cage_limits){c.conf.policy_memory, c.conf.policy_steps, c.conf.policy_timeout,
                                    c.conf.policy_inside};
    if (!action_parse(c.conf.policy_safe_verdict, &c.safe)) {
        fprintf(stderr, "policy.safe_verdict: '%s' is not one of allow, log, alert, quarantine, block\n",
                c.conf.policy_safe_verdict);
        return 2;
    }
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(&c, left, argv + 2);
    fprintf(stderr, "gatehouse policy: unknown command '%s'\n", argv[1]);
    return usage();
}

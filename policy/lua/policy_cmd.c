/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/policy_cmd.h"
#include "policy/lua/lint.h"

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
     "replay [DIR] EVE.json       judge recorded events again: what this policy would have decided"},
    {"facts", policy_cmd_facts,
     "facts [--json]              every fact that a rule may ask for, with its meaning; as JSON also every "
     "word"},
    {"diff", policy_cmd_diff, "diff OLD NEW EVE.json       recorded events on which two policies differ"},
};

static int usage(void)
{
    fprintf(stderr, "usage: gatehouse policy COMMAND [-c FILE] [--set SECTION.KEY=VALUE] [--json] …\n\n");
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        fprintf(stderr, "  %s\n", commands[i].usage);
    fprintf(stderr, "\nWithout DIR the configured policy is meant, or the standard one. EVE.json holds one "
                    "event a line, as printed by\n"
                    "'gatehouse inspect' and 'gatehouse journal cat'.\n");
    return 2;
}

void policy_default_dir(const char *configured, char *buf, size_t cap)
{
    char exe[PATH_MAX];
    ssize_t n;
    char *slash;

    if (*configured) {
        snprintf(buf, cap, "%s", configured);
        return;
    }
    n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    exe[n > 0 ? n : 0] = 0;
    slash = strrchr(exe, '/');
    if (slash)
        *slash = 0;
    snprintf(buf, cap, "%s/share/policy/standard", exe);
    if (access(buf, R_OK) != 0)
        snprintf(buf, cap, "/usr/share/gatehouse/policy/standard");
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

static unsigned lint_file(const char *dir, const char *name, struct writer *err)
{
    size_t n_names;
    const char *const *names = cage_names(&n_names);
    char path[1024];
    struct writer w;
    unsigned faults = 0;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (bundle_read_file(dir, name, &w) == 0)
        faults = lint_source(path, writer_span(&w), names, n_names, err);
    writer_done(&w);
    return faults;
}

int policy_cmd_check(struct policy_cmd *c, int argc, char **argv)
{
    char dir[1024];
    struct bundle *b = NULL;
    struct writer err;
    int rc;

    if (argc > 1)
        return usage();
    policy_default_dir(argc ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    writer_init(&err, 1u << 20);
    rc = bundle_load(dir, &c->limits, &b, &err);
    rc |= lint_file(dir, "zones.lua", &err) ? ST_USAGE : 0;
    rc |= lint_file(dir, "policy.lua", &err) ? ST_USAGE : 0;
    if (rc)
        fprintf(stderr, "%s", writer_cstr(&err));
    else
        printf("%s: %s@%s is good: %zu rules, %u zones, %zu KiB of %zu KiB\n", dir, b->name, b->version,
               b->n_rules, b->zones.n - 1, cage_memory(b->cage) >> 10, c->limits.memory >> 10);
    writer_done(&err);
    bundle_free(b);
    return rc ? 2 : 0;
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
        printf("  %s  %s (policy.lua:%d)\n",
               hit < 0 ? "FAILS  "
               : hit   ? "MATCHES"
                       : "no     ",
               b->rules[i].id, b->rules[i].line);
        if (hit < 0)
            printf("      %s\n", err);
        explain_reads(b);
    }
    explain_end(b);
    rc = bundle_decide(b, a, event, c->safe, &d);
    if (!rc)
        printf("verdict: %s by %s of %s@%s\n  %s\n  %s\n", action_name(d.v[0].action),
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

/* Takes the common options out of argv; what is left is packed to the front. Negative on a fault. */
static int take_options(struct policy_cmd *c, int argc, char **argv, struct writer *err)
{
    int left = 0, rc = 0;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) {
            c->json = true;
        } else if ((!strcmp(argv[i], "-c") || !strcmp(argv[i], "--set")) && i + 1 < argc) {
            rc |= argv[i][1] == 'c' ? conf_load(&c->conf, argv[i + 1], err)
                                    : conf_set(&c->conf, argv[i + 1], err);
            i++;
        } else if (argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--journal") != 0) {
            writer_printf(err, "gatehouse policy: unknown option '%s'\n", argv[i]);
            rc = ST_USAGE;
        } else if (strcmp(argv[i], "--journal") != 0) { /* --journal PATH is PATH */
            argv[left++] = argv[i];
        }
    }
    return rc ? rc : left;
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
    c.limits = (struct cage_limits){c.conf.policy_memory, c.conf.policy_steps, c.conf.policy_timeout};
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

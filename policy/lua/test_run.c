/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/test_run.h"

#include <stdio.h>

#define FILES_MAX 64
#define ARENA_MAX (64u << 20)

/* The files in the order of their names, and up to which test each goes. */
struct suite {
    struct policy_tests tests;
    const char *dir;
    const struct cage_limits *limits;
    struct writer *err;
    bool faulty;
    size_t n;
    struct {
        char name[96];
        size_t end;
    } file[FILES_MAX];
};

static int take_file(void *arg, const char *name)
{
    struct suite *s = arg;

    if (s->n == FILES_MAX || strlen(name) >= sizeof(s->file[0].name)) {
        writer_printf(s->err, "%s: more than %d test files, or too long a name\n", name, FILES_MAX);
        s->faulty = true;
        return ST_LIMIT;
    }
    s->faulty |= test_file_load(s->dir, name, s->limits, &s->tests, s->err) != 0;
    snprintf(s->file[s->n].name, sizeof(s->file[0].name), "%.95s", name);
    s->file[s->n++].end = s->tests.n;
    return 0;
}

static const char *file_of(const struct suite *s, size_t test)
{
    for (size_t i = 0; i < s->n; i++)
        if (test < s->file[i].end)
            return s->file[i].name;
    return "";
}

static void run_one(struct bundle *b, struct arena *a, enum action safe, struct test_result *r)
{
    static struct decision d; /* large, one thread */
    const struct policy_test *t = r->test;

    history_clear(b->history);
    arena_reset(a);
    for (size_t i = 0; i < t->n_events && !r->rc; i++) {
        if (i)
            arena_reset(a);
        r->rc = bundle_decide(b, a, writer_span(&t->events[i]), safe, &d);
    }
    if (r->rc)
        return;
    r->action = bundle_action_name(b, d.v[0].action);
    r->rule = d.v[0].rule ? d.v[0].rule->id : "otherwise";
    r->reason = d.v[0].error ? d.v[0].error : d.v[0].reason_en;
    r->good = !d.v[0].error && !strcmp(r->action, t->action) && (!*t->rule || !strcmp(r->rule, t->rule));
}

int bundle_test(struct bundle *b, const char *dir, const struct cage_limits *lim, enum action safe,
                test_result_fn *fn, void *arg, struct test_counts *ret, struct writer *err)
{
    static struct suite s; /* large, one thread */
    struct arena *a = arena_new(ARENA_MAX);
    bool more = true;
    int rc;

    s = (struct suite){.tests = {.of = b}, .dir = dir, .limits = lim, .err = err};
    *ret = (struct test_counts){0};
    rc = a ? bundle_each(dir, "", "_test.lua", take_file, &s) : ST_NOMEM;
    if (s.faulty)
        rc = ST_USAGE;
    ret->tests = s.tests.n;
    for (size_t i = 0; i < s.tests.n && !rc && more; i++) {
        struct test_result r = {
            .test = &s.tests.t[i], .file = file_of(&s, i), .action = "", .rule = "", .reason = ""};
        run_one(b, a, safe, &r);
        ret->passed += r.good;
        ret->failed += !r.good;
        more = fn(arg, &r);
    }
    history_clear(b->history);
    policy_tests_done(&s.tests);
    arena_free(a);
    return rc;
}

bool rule_is_covered(const struct rule *r)
{
    return r->off || r->part || (r->matched && r->matched < r->tried);
}

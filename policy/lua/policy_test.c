/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy test: the bundle's own tests, and which of its rules they reach. */
#include "policy/lua/policy_cmd.h"
#include "policy/lua/test_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int is_test(const struct dirent *e)
{
    struct span name = span_str(e->d_name);

    return name.n > 9 && span_eq(span_part(name, name.n - 9, 9), span_str("_test.lua"));
}

static bool run_one(const struct policy_cmd *c, struct bundle *b, const struct policy_test *t, bool quiet)
{
    static struct decision d;
    struct arena *a = arena_new(64u << 20);
    const char *rule;
    bool good;
    int rc = a ? 0 : ST_NOMEM;

    history_clear(b->history);
    for (size_t i = 0; i < t->n_events && !rc; i++) {
        if (i)
            arena_reset(a);
        rc = bundle_decide(b, a, writer_span(&t->events[i]), c->safe, &d);
    }

    if (rc) {
        printf("FAIL %s: the event cannot be decided: %s\n", t->name, status_text(rc));
        arena_free(a);
        return false;
    }
    rule = d.v[0].rule ? d.v[0].rule->id : "otherwise";
    good = !d.v[0].error && !strcmp(action_name(d.v[0].action), t->action) &&
           (!*t->rule || !strcmp(rule, t->rule));
    if (good && !quiet)
        printf("ok   %s\n", t->name);
    else if (!good)
        printf("FAIL %s (line %d): want %s%s%s, got %s by %s: %s\n", t->name, t->line, t->action,
               *t->rule ? " by " : "", t->rule, action_name(d.v[0].action), rule, d.v[0].reason_en);
    arena_free(a);
    return good;
}

/* A rule that no test makes match, or that matches in every test, is not tested. */
static unsigned coverage(const struct bundle *b)
{
    unsigned reached = 0;

    for (size_t i = 0; i < b->n_rules; i++) {
        const struct rule *r = &b->rules[i];
        bool both;
        if (r->off || r->part) { /* a used bundle has its own tests */
            reached++;
            continue;
        }
        both = r->matched && r->matched < r->tried;
        reached += both;
        if (!both)
            printf("not covered: rule %s (policy.lua:%d) %s\n", r->id, r->line,
                   r->matched ? "matches in every test" : "matches in no test");
    }
    printf("coverage: %u of %zu rules\n", reached, b->n_rules);
    return reached;
}

int policy_run_tests(const struct policy_cmd *c, struct bundle *b, const char *dir, bool quiet)
{
    static struct policy_tests tests;
    struct dirent **files = NULL;
    struct writer err;
    size_t passed = 0;
    int n, rc = 0;

    writer_init(&err, 65536);
    n = scandir(dir, &files, is_test, alphasort);
    for (int i = 0; i < n; i++) {
        rc |= test_file_load(dir, files[i]->d_name, &c->limits, &tests, &err);
        free(files[i]);
    }
    free(files);
    if (rc || !tests.n) {
        if (rc || !quiet)
            fprintf(stderr, "%s",
                    rc ? writer_cstr(&err) : "gatehouse policy test: there is no test in *_test.lua\n");
        rc = rc ? 2 : quiet ? 0 : 2;
    } else {
        for (size_t i = 0; i < tests.n; i++)
            passed += run_one(c, b, &tests.t[i], quiet);
        rc = (quiet || coverage(b) == b->n_rules) && passed == tests.n ? 0 : 1;
        if (!quiet)
            printf("%zu passed, %zu failed\n", passed, tests.n - passed);
    }
    history_clear(b->history);
    writer_done(&err);
    policy_tests_done(&tests);
    return rc;
}

int policy_cmd_test(struct policy_cmd *c, int argc, char **argv)
{
    struct bundle *b;
    char dir[1024];
    int rc;

    if (argc > 1) {
        fprintf(stderr, "usage: gatehouse policy test [DIR]\n");
        return 2;
    }
    policy_default_dir(argc ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    b = policy_cmd_load(c, dir);
    if (!b)
        return 2;
    rc = policy_run_tests(c, b, dir, false);
    bundle_free(b);
    return rc;
}

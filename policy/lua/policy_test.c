/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy test: the bundle's own tests, and which of its rules they reach. */
#include "policy/lua/policy_cmd.h"
#include "policy/lua/test_run.h"

#include <stdio.h>

static bool print_result(void *arg, const struct test_result *r)
{
    const bool *quiet = arg;

    if (r->rc)
        printf("FAIL %s: the event cannot be decided: %s\n", r->test->name, status_text(r->rc));
    else if (!r->good)
        printf("FAIL %s (line %d): want %s%s%s, got %s by %s: %s\n", r->test->name, r->test->line,
               r->test->action, *r->test->rule ? " by " : "", r->test->rule, r->action, r->rule, r->reason);
    else if (!*quiet)
        printf("ok   %s\n", r->test->name);
    return true;
}

/* A rule that no test makes match, or that matches in every test, is not tested. */
static bool print_coverage(const struct bundle *b)
{
    unsigned reached = 0;

    for (size_t i = 0; i < b->n_rules; i++) {
        const struct rule *r = &b->rules[i];
        bool both = rule_is_covered(r);
        reached += both;
        if (!both)
            printf("not covered: rule %s (policy.lua:%d) %s\n", r->id, r->line,
                   r->matched ? "matches in every test" : "matches in no test");
    }
    printf("coverage: %u of %zu rules\n", reached, b->n_rules);
    return reached == b->n_rules;
}

int policy_run_tests(const struct policy_cmd *c, struct bundle *b, const char *dir, bool quiet)
{
    struct test_counts counts;
    struct writer err;
    int rc;

    writer_init(&err, 65536);
    rc = bundle_test(b, dir, &c->limits, c->safe, print_result, &quiet, &counts, &err);
    if (rc || !counts.tests) {
        if (rc || !quiet)
            fprintf(stderr, "%s",
                    rc ? writer_cstr(&err) : "gatehouse policy test: there is no test in *_test.lua\n");
        rc = rc || !quiet ? 2 : 0;
    } else {
        rc = (quiet || print_coverage(b)) && !counts.failed ? 0 : 1;
        if (!quiet)
            printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
    }
    writer_done(&err);
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

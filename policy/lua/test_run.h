/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_run: runs a bundle's own tests and says which of its rules they reach. One thread. */
#ifndef GH_POLICY_TEST_RUN_H
#define GH_POLICY_TEST_RUN_H

#include "policy/lua/test_file.h"

struct test_result {
    const struct policy_test *test;
    const char *file; /* that it stands in */
    bool good;
    int rc; /* the event could not be decided at all: a code; the rest is then empty */
    const char *action, *rule, *reason; /* what was decided, by which rule ("otherwise"), in English */
};
/* Is told each result; false: no more are run. */
typedef bool test_result_fn(void *arg, const struct test_result *r);
struct test_counts {
    size_t tests, passed, failed; /* tests: as many as there are, whether run or not */
};
/* Runs every test of *_test.lua in dir on b, which was loaded from there. safe as in bundle_decide. 0, also
 * without any test; ST_USAGE with "file:line: sentence" in err when a file is faulty (none is run then). The
 * rules' counts (rule.matched, rule.tried) are those of the tests afterwards. */
int bundle_test(struct bundle *b, const char *dir, const struct cage_limits *lim, enum action safe,
                test_result_fn *fn, void *arg, struct test_counts *ret, struct writer *err);
/* After bundle_test: does some test make this rule match, and some not? True for what is off or belongs to a
 * used bundle, which has tests of its own. */
bool rule_is_covered(const struct rule *r);

#endif

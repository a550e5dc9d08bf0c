/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_file: a bundle's own tests: test{ "name", facts = { … }, expect = { action = "…", rule = "…" } }, and
 * before = { { … }, … } for what happened earlier.
 * Each is turned into the JSON of an event, so that a test takes the same road as a packet. One thread. */
#ifndef GH_POLICY_TEST_FILE_H
#define GH_POLICY_TEST_FILE_H

#include "base/writer.h"
#include "policy/lua/bundle.h"

#define TESTS_MAX 1024
#define TEST_EVENTS_MAX 10000 /* of one test */

struct policy_test {
    char name[160];
    int line;
    char action[16], rule[RULE_ID]; /* expected; rule "" when it does not matter */
    struct writer *events;          /* JSON: those before, and the one that is judged last */
    size_t n_events;
};
struct policy_tests {
    const struct bundle *of; /* whose tests: it says what actions there are */
    struct policy_test t[TESTS_MAX];
    size_t n;
};
/* Adds the tests of one file; to->of is set. 0 or ST_USAGE with "file:line: sentence" in err. */
int test_file_load(const char *dir, const char *name, const struct cage_limits *lim, struct policy_tests *to,
                   struct writer *err);
void policy_tests_done(struct policy_tests *t);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * check: the least that a table test needs. CHECK goes on after a failure and counts it; check_end() is main's result.
 *
 *     int main(void) { for each row { check_row(row.name); CHECK(f(row.in) == row.want); } return check_end(); } */
#ifndef GH_TESTS_CHECK_H
#define GH_TESTS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failed, check_done;
static const char *check_name = "";

static inline void check_row(const char *name)
{
    check_name = name;
}
#define CHECK(expr)                                                                                                       \
    do {                                                                                                                  \
        check_done++;                                                                                                     \
        if (!(expr)) {                                                                                                    \
            check_failed++;                                                                                               \
            fprintf(stderr, "%s:%d: [%s] failed: %s\n", __FILE__, __LINE__, check_name, #expr);                          \
        }                                                                                                                 \
    } while (0)
#define CHECK_U64(got, want)                                                                                              \
    do {                                                                                                                  \
        uint64_t check_g = (uint64_t)(got), check_w = (uint64_t)(want);                                                   \
        check_done++;                                                                                                     \
        if (check_g != check_w) {                                                                                         \
            check_failed++;                                                                                               \
            fprintf(stderr, "%s:%d: [%s] %s is %" PRIu64 ", want %" PRIu64 "\n", __FILE__, __LINE__, check_name, #got,   \
                    check_g, check_w);                                                                                    \
        }                                                                                                                 \
    } while (0)
#define CHECK_STR(got, want)                                                                                              \
    do {                                                                                                                  \
        const char *check_g = (got), *check_w = (want);                                                                   \
        check_done++;                                                                                                     \
        if (!check_g || strcmp(check_g, check_w) != 0) {                                                                  \
            check_failed++;                                                                                               \
            fprintf(stderr, "%s:%d: [%s] %s is \"%s\", want \"%s\"\n", __FILE__, __LINE__, check_name, #got,            \
                    check_g ? check_g : "(null)", check_w);                                                               \
        }                                                                                                                 \
    } while (0)
static inline int check_end(void)
{
    printf("%d checks, %d failed\n", check_done, check_failed);
    return check_failed || !check_done ? EXIT_FAILURE : EXIT_SUCCESS;
}
#define CHECK_SKIP 77 /* ctest's SKIP_RETURN_CODE: say why on stderr first */

#endif

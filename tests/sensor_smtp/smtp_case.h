/* SPDX-License-Identifier: GPL-3.0-or-later
 * One session and what must come of it. */
#ifndef GH_TESTS_SMTP_CASE_H
#define GH_TESTS_SMTP_CASE_H

#include "base/status.h"

struct smtp_step {
    char who; /* 'c' client, 's' server, 'g' hole of n bytes in the server's direction, 'G' in the client's */
    const char *text; /* NULL ends the list */
    size_t n;
};
struct smtp_doc {
    const char *name, *text; /* text NULL ends the list */
    bool truncated;
};
struct smtp_case {
    const char *name;
    struct smtp_step step[16];
    struct smtp_doc doc[4];
    const char *event[3]; /* what must stand in the first events */
    const char *anomaly;  /* that must be told, or NULL: none */
};
extern const struct smtp_case smtp_cases[];
extern const size_t smtp_case_count;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * One message and the documents that must come of it. */
#ifndef GH_TESTS_MIME_CASE_H
#define GH_TESTS_MIME_CASE_H

#include "base/status.h"

struct mime_part {
    const char *name, *text; /* text NULL ends the list */
};
struct mime_case {
    const char *name;
    const char *form; /* boundary of a form, or NULL: a mail */
    const char *message;
    struct mime_part part[8];
    const char *anomaly; /* that must be told, or NULL: none */
};
extern const struct mime_case mime_cases[];
extern const size_t mime_case_count;

#endif

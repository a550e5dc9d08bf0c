/* SPDX-License-Identifier: GPL-3.0-or-later
 * The row of the marking tables. All texts are invented. */
#ifndef GH_TESTS_MARK_CASE_H
#define GH_TESTS_MARK_CASE_H

#include "rules/mark.h"

struct mark_case_row {
    const char *name;
    enum place place;
    const char *text;
    enum level level;   /* highest level of the findings that are no notes */
    const char *scheme; /* of the first finding with that level; NULL: not asked */
    const char *note;   /* text that one note must contain; NULL: not asked */
};
extern const struct mark_case_row mark_cases_vn[], mark_cases_en[], mark_cases_world[];
extern const size_t mark_cases_vn_count, mark_cases_en_count, mark_cases_world_count;

#endif

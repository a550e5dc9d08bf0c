/* SPDX-License-Identifier: GPL-3.0-or-later
 * audit_list: entries of the audit by who, what and when, newest first; as JSON, or as CSV that a spreadsheet
 * opens without running anything (RFC 4180; a cell that would be a formula begins with an apostrophe). */
#ifndef GH_CONSOLE_AUDIT_LIST_H
#define GH_CONSOLE_AUDIT_LIST_H

#include "console/store/store.h"

#define AUDIT_CSV_MAX 20000 /* entries of one file */

struct audit_filter {
    struct span actor, action, object; /* empty: any; object also finds what begins so */
    int64_t from, to, before;
};
void audit_filter_init(struct audit_filter *f);
/* "items" and "next" of an open object. */
int audit_find(struct db *d, const struct audit_filter *f, int64_t limit, struct jw *j);
/* A header line and at most AUDIT_CSV_MAX entries; *ret_next: what goes on with "before", 0 when that was
 * all. */
int audit_csv(struct db *d, const struct audit_filter *f, struct writer *w, int64_t *ret_next);
/* One cell, with the comma or line end behind it. */
void csv_cell(struct writer *w, struct span text, bool last);

#endif

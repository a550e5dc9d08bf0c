/* SPDX-License-Identifier: GPL-3.0-or-later
 * search: runs compiled queries, newest first, a range of rows at a time, until the page is full or the time
 * is over; says how far back it has looked. Rows out of who's scope are not there; beyond the clearance they
 * are found by what is seen of them only. Rows of alerts and of events are numbered by their event. */
#ifndef GH_CONSOLE_SEARCH_H
#define GH_CONSOLE_SEARCH_H

#include "base/json.h"
#include "console/query/query.h"
#include "console/store/sight.h"

#define SEARCH_MS 2000        /* a page gives up after this long; what was found is shown */
#define HISTOGRAM_MS 150      /* the same for the histogram */
#define HISTOGRAM_BUCKETS 120 /* at most */

/* Width of a histogram's bucket for so many seconds: one that people count in. */
int64_t search_width(int64_t seconds);
/* "items", "next", "searched" of an open object. before: only rows with a lower number. */
int search_page(struct db *d, const struct sight *who, const struct query_sql *q, enum query_target target,
                int64_t before, int64_t limit, struct jw *j);
/* "from", "to", "width_s", "buckets", "matched", "searched" of an open object. */
int search_histogram(struct db *d, const struct sight *who, const struct query_sql *q,
                     enum query_target target, int64_t now_us, struct jw *j);
/* Alerts that match, newest first, at most cap, into the arena. *ret_complete: all rows were looked at within
 * the time. */
int search_alert_ids(struct db *d, struct arena *a, const struct sight *who, const struct query_sql *q,
                     size_t cap, int64_t **ret, size_t *ret_n, bool *ret_complete);

/* Calls fn for alerts that match, newest first, with the columns of head (SQL, from "r"; the first is
 * r.event), for at most SEARCH_MS; fn ends it with a code other than 0. "searched" of an open object says how
 * far it came. */
typedef int search_row_fn(void *arg, struct db_stmt *s);
int search_alert_rows(struct db *d, const struct sight *who, const struct query_sql *q, const char *head,
                      search_row_fn *fn, void *arg, struct jw *j);

/* For jobs of the console's own: rows with a number above *after and at most upto that match, oldest first, at most limit, each
 * given to fn (which must not use d; what it returns other than 0 ends the search). *after becomes the number up to which
 * everything was looked at; call again until it does not move. */
typedef int search_forward_fn(void *arg, int64_t row);
int search_forward(struct db *d, const struct query_sql *q, enum query_target target, int64_t *after, int64_t upto, size_t limit,
                   search_forward_fn *fn, void *arg);

#endif

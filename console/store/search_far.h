/* SPDX-License-Identifier: GPL-3.0-or-later
 * search_far: searches over events where these lie in ClickHouse (console/events/find.h): the same answers as
 * search.h gives, from a table that is looked through instead of an index of words. */
#ifndef GH_CONSOLE_SEARCH_FAR_H
#define GH_CONSOLE_SEARCH_FAR_H

#include "console/events/find.h"
#include "console/store/search.h"

/* As search_page, search_forward, of events. */
int far_page(struct db *d, const struct sight *who, const struct query_sql *q, int64_t before, int64_t limit,
             struct jw *j);
int far_forward(struct db *d, const struct query_sql *q, int64_t *after, int64_t upto, size_t limit,
                search_forward_fn *fn, void *arg);
/* The buckets of a histogram, and how far it came. */
int far_histogram(struct db *d, const struct sight *who, const struct query_sql *q, int64_t first,
                  int64_t width, int64_t bucket[static HISTOGRAM_BUCKETS], int64_t *ret_all, bool *ret_late,
                  int64_t *ret_low);
void far_put_searched(struct db *d, const struct sight *who, const struct query_sql *q, bool complete,
                      int64_t low, struct jw *j);

#endif

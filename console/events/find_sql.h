/* SPDX-License-Identifier: GPL-3.0-or-later
 * find_sql: the two texts of one question (find.h). */
#ifndef GH_CONSOLE_FIND_SQL_H
#define GH_CONSOLE_FIND_SQL_H

#include "console/events/find.h"

#define FIND_VALUES 16

/* Columns of what find.c reads, the same of both. */
#define NEAR_COLUMNS "e.id, e.appliance, e.run, e.n, e.k, e.type, e.time, e.flow, e.sha256, e.level"
#define FAR_COLUMNS "id, appliance, run, n, k, type, time, flow, sha256, level, flags, toUInt64(length(json))"
/* One row of an answer to FAR_COLUMNS; the reader has failed when it is cut. */
void far_row(struct reader *in, struct event_row *r);
enum far_flag { FAR_FLOW = 1, FAR_SHA256 = 2, FAR_ALERT = 4 /* an alert is about it */ };

/* FROM and WHERE in the database, with arguments appended to values; above: only numbers beyond it. */
int near_where(struct db *d, const struct event_ask *q, int64_t above, struct writer *w,
               struct db_value *values, size_t *n);
/* WHERE in ClickHouse, of numbers in [low, high). */
int far_where(struct db *d, const struct event_ask *q, int64_t low, int64_t high, struct writer *w);
/* " ORDER BY … LIMIT …" in the names of both. */
void find_order(const struct event_ask *q, const char *prefix, size_t limit, struct writer *w);
/* Rows of an appliance in the scope of who as a list "(1,2)"; "(0)" when there are none. */
int scope_list(struct db *d, const struct sight *who, struct writer *w);

#endif

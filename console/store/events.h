/* SPDX-License-Identifier: GPL-3.0-or-later
 * events: recorded events as the API tells them, and the figures of the overview. */
#ifndef GH_CONSOLE_EVENTS_H
#define GH_CONSOLE_EVENTS_H

#include "console/events/find.h"
#include "console/store/sight.h"

/* "items" and "next" of an open object, newest first (by number). */
int event_list(struct db *d, const struct event_ask *q, int64_t limit, struct jw *j);
/* Rows that were found, as objects of an open array. */
int events_put(struct db *d, const struct sight *who, const struct event_row *rows, size_t n, struct jw *j);

/* What a search selects of "event r", and the row that it gives as an object; returns its number. */
struct db_stmt;
#define EVENT_COLUMNS (SIGHT_SQL + 256)
const char *event_row_columns(const struct sight *who, char buf[static EVENT_COLUMNS]);
int64_t event_row_put(struct db_stmt *s, struct jw *j);

/* The overview of the last hours as an object. */
int stats_put(struct db *d, const struct sight *who, int64_t hours, struct jw *j);

#endif

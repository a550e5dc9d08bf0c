/* SPDX-License-Identifier: GPL-3.0-or-later
 * events: recorded events by what they are indexed by, and the figures of the overview. */
#ifndef GH_CONSOLE_EVENTS_H
#define GH_CONSOLE_EVENTS_H

#include "console/store/sight.h"

struct event_filter {
    bool by_flow, by_sha256;
    int64_t flow;
    uint8_t sha256[32];
    const char *community; /* NULL: any */
    int64_t types;         /* bit mask by enum event_type; -1 any */
    int levels;            /* bit mask; -1 any, also events without a level */
    int64_t appliance;     /* row; 0 any */
    int64_t from, to, before;
    struct sight sight; /* of who asks */
};
void event_filter_init(struct event_filter *f, const struct sight *who);
/* "items" and "next" of an open object, newest first (by id). */
int event_list(struct db *d, const struct event_filter *f, int64_t limit, struct jw *j);

/* What a search selects of "event r", and the row that it gives as an object; returns its number. */
struct db_stmt;
#define EVENT_COLUMNS (SIGHT_SQL + 256)
const char *event_row_columns(const struct sight *who, char buf[static EVENT_COLUMNS]);
int64_t event_row_put(struct db_stmt *s, struct jw *j);

/* The overview of the last hours as an object. */
int stats_put(struct db *d, const struct sight *who, int64_t hours, struct jw *j);

#endif

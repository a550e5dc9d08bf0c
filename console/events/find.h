/* SPDX-License-Identifier: GPL-3.0-or-later
 * find: recorded events, wherever they lie. The door for whoever asks for events; who asks with search.h
 * comes through it too when events lie in ClickHouse.
 *
 * Without console.events all events are rows of the database's table "event". With it, that table is what
 * waits: intake commits there, once (intake_rows.h), and ship.h moves rows to ClickHouse in the order of
 * their numbers. The counter "events_shipped" says up to which number ClickHouse has them all. A question
 * reads it first, asks the table for what is above, and ClickHouse for the rest; what was shipped stays in
 * the table for a while, so that nothing is missed in between, and nothing is there twice. Rows that an alert
 * is about stay for ever: what people must look at opens without ClickHouse.
 *
 * A handle (struct db) of a console with ClickHouse has a struct far beside it (db_beside). Any thread, with
 * its own handle. Without a server questions about what it has end with ST_CLOSED. */
#ifndef GH_CONSOLE_FIND_H
#define GH_CONSOLE_FIND_H

#include "console/events/click.h"
#include "console/query/query.h"
#include "console/store/sight.h"

struct far {
    struct click *click;
    int64_t most; /* events that may wait before the intake pushes back */
};
/* NULL: all events are in the database. */
const struct far *far_of(const struct db *d);
/* Up to which number ClickHouse has them; 0 without it. */
int64_t far_shipped(struct db *d);
/* Numbers of the newest event ever recorded and of the oldest that is there; 0 none. */
int64_t events_newest(struct db *d);
int64_t events_first(struct db *d);
/* The same as SQL: the newest number, also when its row has gone to ClickHouse. */
#define EVENTS_NEWEST_SQL                                                                                    \
    "max(coalesce((SELECT max(id) FROM event), 0), coalesce((SELECT n FROM counter WHERE name = "            \
    "'events_shipped'), 0))"
/* The time that the oldest event tells; 0 none. */
int64_t events_oldest(struct db *d);

struct event_row {
    int64_t id, appliance, run, n, k, time, flow;
    int type, level; /* level: -1 none is told */
    bool has_flow, has_sha256, far;
    uint8_t sha256[32];
    size_t length; /* of its text, when it is far */
};
enum event_order {
    EVENT_NEWEST,
    EVENT_OLDEST,
    EVENT_BY_TIME /* then by number, from behind (after_time, after_id) on */
};
/* What is asked; everything must hold. event_ask_init leaves all open but the scope. */
struct event_ask {
    struct sight sight; /* rows out of scope are not there */
    bool content;       /* what decides is content: rows whose content is withheld do not match */
    int64_t low, high;  /* numbers, [low, high) */
    int64_t from, to;   /* times, [from, to) */
    int64_t types;      /* bit mask by enum event_type; -1 any */
    int levels;         /* bit mask; -1 any, also events without a level */
    int64_t appliance;  /* row; 0 any */
    bool by_flow, by_sha256, by_record;
    int64_t flow, run, n; /* by_record: an appliance's record and its alerts */
    uint8_t sha256[32];
    const char *community;     /* of flow events; NULL any */
    const struct query_sql *q; /* only where events are far: elsewhere an index of words answers (search.h) */
    enum event_order order;
    int64_t after_time, after_id;
    uint64_t ms;
};
void event_ask_init(struct event_ask *q, const struct sight *who);

/* At most limit rows, in their order. *ret_late (may be NULL): the time was over before all was looked at;
 * then everything from *ret_low on (EVENT_NEWEST) was. 0 or a code. */
int events_find(struct db *d, const struct event_ask *q, size_t limit, struct event_row *rows, size_t *ret_n,
                bool *ret_late, int64_t *ret_low);
/* The record of each row, in their order, and whether its content may be shown to who. json is valid during
 * the call, in which fn may use d. What fn returns other than 0 ends it. A row that has gone meanwhile is
 * left out. */
typedef int event_fn(void *arg, const struct event_row *row, struct span json, bool clear);
int events_load(struct db *d, const struct sight *who, const struct event_row *rows, size_t n, event_fn *fn,
                void *arg);
/* One event by its number, into the arena. ST_NOT_FOUND. who NULL: whoever has asked for its alert. */
int event_one(struct db *d, struct arena *a, const struct sight *who, int64_t id, struct event_row *ret,
              struct span *ret_json, bool *ret_clear);

/* How many match: *ret_all, and by time in buckets of width seconds from second first on. As events_find. */
int events_count(struct db *d, const struct event_ask *q, int64_t first, int64_t width, int64_t *bucket,
                 size_t buckets, int64_t *ret_all, bool *ret_late, int64_t *ret_low);

#endif

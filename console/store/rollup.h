/* SPDX-License-Identifier: GPL-3.0-or-later
 * rollup: sums by hour and day, appliance and key, so that dashboards and reports never look through events.
 *
 * The intake adds what a batch holds to sums in memory (rollup_event), then writes each once (rollup_write).
 * Hours are those in which the appliance signed the batch, as in the table "hourly". When a day is over,
 * rollup_tidy makes the day's sums from its hours; hours then stay for a while, those of addresses only for
 * days. A batch that comes later is added to both. Days are those of this machine's time zone.
 *
 * Ceilings: ROLLUP_KEYS names of a kind in one hour of one appliance, ROLLUP_DAY_KEYS in a day (the largest);
 * what is beyond is counted under the empty name, which readers call "others". Names are at most ROLLUP_KEY
 * bytes.
 *
 * Writing functions run in the caller's transaction. Struct rollup belongs to one thread. */
#ifndef GH_CONSOLE_ROLLUP_H
#define GH_CONSOLE_ROLLUP_H

#include "console/store/facts.h"
#include "console/store/store.h"

#define ROLLUP_KEY 96
#define ROLLUP_KEYS 4000
#define ROLLUP_DAY_KEYS 200
#define ROLLUP_HOURS_S (INT64_C(35) * 86400)        /* hours are kept so long */
#define ROLLUP_ADDRESS_HOURS_S (INT64_C(3) * 86400) /* those of addresses */

/* As stored; append only. n counts what the comment says; ROLLUP_SEP stands between the parts of a name. */
#define ROLLUP_SEP '\x1f'
enum rollup_kind {
    ROLLUP_TOTAL,       /* "events", "alerts", "documents" (transfers), "unread", "marked" */
    ROLLUP_PROTOCOL,    /* connections by application protocol, and their bytes */
    ROLLUP_SOURCE,      /* connections by who began them, and their bytes */
    ROLLUP_DESTINATION, /* connections by who was asked, and their bytes */
    ROLLUP_ZONE,        /* alerts by zone, destination's zone and level */
    ROLLUP_LEVEL,       /* transfers of documents by level */
    ROLLUP_UNREAD,      /* transfers of documents that were not read wholly, by reason */
    ROLLUP_RULE,        /* alerts by rule */
    ROLLUP_ALERT_LEVEL, /* alerts by level */
    ROLLUP_SEVERITY,    /* alerts by severity */
    ROLLUP_SEEN,        /* what came in, by part of the ledger */
    ROLLUP_LOST,        /* what was lost, by part of the ledger and reason */
    ROLLUP_KINDS
};

struct rollup;
/* Empty sums for one appliance; NULL when memory is short. */
struct rollup *rollup_new(int64_t appliance);
void rollup_free(struct rollup *r); /* NULL is fine */
/* Adds an event that was recorded just now. signed_us: when its batch was signed; run: its capture run. */
int rollup_event(struct db *d, struct rollup *r, const struct facts *f, uint64_t run, int64_t signed_us);
/* Writes the sums and empties them. */
int rollup_write(struct db *d, struct rollup *r);
/* Makes the sums of at most one day that is over, lets old hours go. *ret_more: call again. */
int rollup_tidy(struct db *d, int64_t now_s, bool *ret_more);

/* Start of the day that holds the second at, and of the next one. */
int64_t rollup_day(int64_t at);
int64_t rollup_next_day(int64_t at);
/* Widens [*from, *to) to what is kept: hours, or whole days when it reaches back beyond hours of addresses.
 */
void rollup_range(int64_t now_s, int64_t *from, int64_t *to);

/* Whose sums: the ids of appliances as a JSON array, NULL for all. */
struct rollup_filter {
    int64_t from, to; /* seconds since 1970, [from, to), from rollup_range */
    const char *appliances;
};
/* Rows (key, n, bytes) of a kind, largest first by bytes (by_bytes) or n, at most limit; the empty key is
 * "others" and comes as a row like any. Step through with db_step. */
int rollup_query(struct db *d, const struct rollup_filter *f, enum rollup_kind kind, bool by_bytes,
                 int64_t limit, struct db_stmt **ret);
/* Rows (at, key, n) of a kind in the order of time: by hour, or by day when days. */
int rollup_series(struct db *d, const struct rollup_filter *f, enum rollup_kind kind, bool days,
                  struct db_stmt **ret);
/* Since when sums are kept, seconds; 0: since the first event. */
int64_t rollup_since(struct db *d);

#endif

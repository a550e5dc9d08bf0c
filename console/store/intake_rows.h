/* SPDX-License-Identifier: GPL-3.0-or-later
 * intake_rows: the rows that one batch makes: events, alerts, documents, sums by hour. Part of intake.c's
 * transaction. */
#ifndef GH_CONSOLE_INTAKE_ROWS_H
#define GH_CONSOLE_INTAKE_ROWS_H

#include "base/envelope.h"
#include "console/store/sla.h"

#define SUM_HOURS 32 /* hours kept in memory within one batch before they are written */

struct rollup;

struct intake_sums {
    int64_t appliance, now;
    int64_t first_seq, next_seq;
    int64_t next_event; /* number of the next event where they go on to ClickHouse; 0: the database counts */
    bool region;                     /* the sender forwards for others: records say whose they are */
    int64_t first_event, last_event; /* rows of what was new; 0: nothing was */
    int64_t duplicates, malformed, alerts, stored;
    struct {
        int64_t hour, alerts, events, documents, unread, level[LEVEL_COUNT];
    } hour[SUM_HOURS];
    size_t hours;
    int64_t unread;
    struct rollup *rollup; /* from intake_rows_begin to intake_rows_done */
    struct sla sla;
};

/* Finds the first free change number. Ends with intake_rows_done, also when it fails. */
int intake_rows_begin(struct db *d, struct intake_sums *s);
/* One record: nothing at all happens when its key is there already (that is counted). */
int intake_row(struct db *d, struct intake_sums *s, const struct record *r, uint64_t batch_us);
/* Writes the sums. */
int intake_rows_end(struct db *d, struct intake_sums *s);
void intake_rows_done(struct intake_sums *s);
/* 32 hex digits and a NUL; "" for NULL. */
void digest_identity(const uint8_t *id, char out[static 2 * SEAL_ID + 1]);

#endif

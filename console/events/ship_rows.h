/* SPDX-License-Identifier: GPL-3.0-or-later
 * ship_rows: the bytes of a batch (ship.h), and the ranges of the records in it. */
#ifndef GH_CONSOLE_SHIP_ROWS_H
#define GH_CONSOLE_SHIP_ROWS_H

#include "console/events/find.h"

/* The columns, in the order in which a row is written. */
#define FAR_TABLE_COLUMNS                                                                                    \
    "id Int64, appliance Int64, run Int64, n Int64, k Int64, type UInt8, time Int64, flow Int64, "           \
    "sha256 FixedString(32), level Int8, flags UInt8, community String, json String, "                       \
    "keys Array(UInt64), file String, host String, mail String, words String, exact String"

struct shipped_record {
    int64_t id, appliance, run, n, k;
};
struct ship_batch {
    struct writer rows; /* RowBinary, without those that are there already */
    struct shipped_record *record;
    size_t n, to_insert, cap;
    int64_t last, oldest; /* highest number; lowest time */
};
int ship_batch_init(struct ship_batch *b, size_t cap);
void ship_batch_done(struct ship_batch *b);
/* Reads what waits above shipped. there: numbers, sorted, that ClickHouse has already. */
int ship_batch_read(struct db *d, int64_t shipped, const int64_t *there, size_t n_there,
                    struct ship_batch *b);
/* Notes the batch's records as shipped. Inside the caller's transaction; sorts the batch. */
int ship_batch_note(struct db *d, struct ship_batch *b);

#endif

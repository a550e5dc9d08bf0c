/* SPDX-License-Identifier: GPL-3.0-or-later
 * ship: events on their way from the database, where intake has committed them, to ClickHouse: each once.
 *
 * One node of all ships at a time (a lease in the database). Rows go in the order of their numbers, in large
 * inserts; only when ClickHouse has confirmed them, and has been asked whether they are all there and once,
 * does one transaction of the database say so: "events_shipped" moves, and their records' numbers are kept as
 * ranges (event_shipped), so that a record that comes again is known. Whenever it is not known what became of
 * an insert (a crash of either side, a lost answer, a backup put back), ClickHouse is asked for what it has
 * beyond: what is there is not inserted again, and what cannot belong there (a number with another record, or
 * twice) is deleted and comes anew from here. Until then no question looks beyond "events_shipped", so nobody
 * sees it twice.
 *
 * Rows leave the table SHIP_GRACE_MS after they were shipped, for questions that had read the old number;
 * those that an alert is about stay. One thread; it must not be inside a transaction of the store. */
#ifndef GH_CONSOLE_SHIP_H
#define GH_CONSOLE_SHIP_H

#include "console/events/find.h"
#include "console/store/store.h"

#define SHIP_ROWS 50000
#define SHIP_BYTES (24u << 20)
#define SHIP_GRACE_MS 30000

struct ship;
/* db: a reader of the store with ClickHouse beside it, for as long as the ship lives. NULL: no memory. */
struct ship *ship_new(struct store *s, struct db *db);
void ship_free(struct ship *s);
/* Makes the table in ClickHouse when it is not there. */
int ship_table(struct ship *s);
/* The next batch. *ret_moved: rows; 0 when there are none, or another node is at it. ST_CLOSED, ST_IO,
 * ST_TIMEOUT: ClickHouse is away or refuses (ship_why); ST_AGAIN: something of before must end first. */
int ship_step(struct ship *s, size_t *ret_moved);
/* Takes rows out of the table that were shipped long enough ago; all: at once, for a command that is alone.
 * True while there are more. */
bool ship_clean(struct ship *s, bool all);
/* How long events stay, there (console/store/retention.h). True when there is more to do soon. */
bool ship_retain(struct ship *s);
/* Notes in the database since when ClickHouse is away; 0: it is there. */
void ship_note_away(struct ship *s, int64_t since_us);
const char *ship_why(const struct ship *s);

/* The same all the time, in a thread of its own. */
struct keeping;
struct keeping *keeping_start(struct store *s);
void keeping_stop(struct keeping *k);

#endif

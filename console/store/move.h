/* SPDX-License-Identifier: GPL-3.0-or-later
 * move: everything from a console's SQLite file into an empty PostgreSQL database, row by row, in one
 * transaction: all of it is there, or nothing. The full-text index is not copied: the console files events
 * anew in the background, newest first. One thread; the console must not run meanwhile (what it would take in
 * is not moved). */
#ifndef GH_CONSOLE_MOVE_H
#define GH_CONSOLE_MOVE_H

#include "base/db.h"

struct move_told {
    const char *table;
    int64_t rows, of; /* moved so far, rows of the table */
};
typedef void move_fn(void *arg, const struct move_told *t);

/* to: migrated to the same version (store_open_pg) and without people, appliances and events: otherwise
 * ST_EXISTS. told is called for each table at its beginning, every ten thousand rows, and its end; may be
 * NULL. 0, or what the databases say (db_message). Afterwards each table's rows were counted on both sides:
 * ST_MALFORMED when they differ. */
int store_move(struct db *from, struct db *to, move_fn *told, void *arg);

#endif

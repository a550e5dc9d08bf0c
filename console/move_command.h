/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse console migrate: from the SQLite file in the state directory to the PostgreSQL database that
 * console.database names (store/move.h), and events to the ClickHouse database of console.events (events/ship.h). */
#ifndef GH_CONSOLE_MOVE_COMMAND_H
#define GH_CONSOLE_MOVE_COMMAND_H

#include "console/state.h"

/* s: opened, so that its store is the database. Exit code. */
int move_command(struct state *s);

#endif

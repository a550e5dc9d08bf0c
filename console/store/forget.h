/* SPDX-License-Identifier: GPL-3.0-or-later
 * forget: events go, their words in the full-text index first. Inside the caller's transaction. */
#ifndef GH_CONSOLE_FORGET_H
#define GH_CONSOLE_FORGET_H

#include "console/store/store.h"

/* s yields id, type, time and json of the rows that go, and is run to its end. *ret_gone: how many. */
int forget_rows(struct db *d, struct db_stmt *s, int64_t *ret_gone);

#endif

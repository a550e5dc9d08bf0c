/* SPDX-License-Identifier: GPL-3.0-or-later
 * check: is what the console keeps whole? Quick: the database's structure, the audit's chain, batches without
 * a hole, fetched packets against their files. Full: every page and index, and the full-text indexes. Reads
 * only. */
#ifndef GH_CONSOLE_CHECK_H
#define GH_CONSOLE_CHECK_H

#include "base/db.h"

/* One line for each thing that is not right, and (good) one for each that is. */
typedef void check_fn(void *arg, bool good, const char *line);
/* state_dir with a console.db in it. *ret_bad: how many are not right. ST_… when it cannot be looked at. */
int check_state(const char *state_dir, bool full, check_fn *fn, void *arg, unsigned *ret_bad);

#endif

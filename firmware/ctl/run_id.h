/* SPDX-License-Identifier: GPL-3.0-or-later
 * run_id: the number of a replay: the same captures give the same number, so that a repetition is recognised. */
#ifndef GH_CTL_RUN_ID_H
#define GH_CTL_RUN_ID_H

#include "base/status.h"

/* First 52 bits (exact in any JSON reader) of SHA-256 over the files' bytes in order; never 0. Unreadable parts do not count. */
uint64_t run_id(char *const *files, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * pace: how many requests a second a session or a token may make: a bucket each, filled at that rate, that
 * holds PACE_BURST seconds of it. Fixed memory: the entry least recently used makes room. Thread-safe. */
#ifndef GH_CONSOLE_PACE_H
#define GH_CONSOLE_PACE_H

#include "base/status.h"

#define PACE_BURST 5

struct pace;

struct pace *pace_new(size_t entries, unsigned per_second);
void pace_free(struct pace *p); /* NULL is fine */
/* Takes one from the bucket of who; without a pace (NULL) nobody waits. 0: go on; otherwise the milliseconds until there is one again. */
uint64_t pace_take(struct pace *p, int64_t who);

#endif

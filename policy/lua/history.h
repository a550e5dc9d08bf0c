/* SPDX-License-Identifier: GPL-3.0-or-later
 * history: what rules count over time: "the third time in ten minutes from this host".
 *
 * Times are those of the events, never of the machine, and each event counts once for a key however often it
 * is judged: the same events in the same order give the same counts. Bounded: one pool of entries for all
 * rules; when it is full the oldest entry goes and is counted. One thread. */
#ifndef GH_POLICY_HISTORY_H
#define GH_POLICY_HISTORY_H

#include "base/reader.h"

#define HISTORY_ENTRIES 100000   /* unless configured (policy.history) */
#define HISTORY_KEY_ENTRIES 1024 /* of one key: counts end there */
#define HISTORY_WINDOW_MAX_US (31ull * 86400 * 1000000)

struct history;
/* NULL when memory is short: about 200 bytes for each entry. */
struct history *history_new(size_t entries);
void history_free(struct history *h); /* NULL is fine */
void history_clear(struct history *h);
/* A new event at that time; what follows belongs to it. */
void history_event(struct history *h, uint64_t time_us);
/* In how many events of the last window_us (this one included) was this asked by this rule with this key? */
unsigned history_times(struct history *h, unsigned rule, struct span key, uint64_t window_us);
/* How many different values (this one included) came with this key in the last window_us? */
unsigned history_distinct(struct history *h, unsigned rule, struct span key, struct span value,
                          uint64_t window_us);
/* Entries that had to go while their window was still open. */
uint64_t history_dropped(const struct history *h);
/* "30s", "10m", "2h", "7d" to microseconds; false for anything else, zero, and more than 31 days. */
bool history_window(struct span text, uint64_t *ret_us);

#endif

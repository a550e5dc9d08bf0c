/* SPDX-License-Identifier: GPL-3.0-or-later
 * throttle: counts failed sign-ins by address and by name, and makes the next ones wait: as many a minute as
 * configured go free, then each further failure doubles the wait, up to a quarter of an hour, until it was
 * quiet for as long and a minute. An attempt counts as failed from its beginning, so that many at once gain
 * nothing. Fixed memory: the entry least recently used makes room. Thread-safe. */
#ifndef GH_CONSOLE_THROTTLE_H
#define GH_CONSOLE_THROTTLE_H

#include "base/reader.h"

struct throttle;
enum throttle_kind {
    THROTTLE_ADDRESS,
    THROTTLE_NAME /* five times as patient: else anybody could lock anybody out */
};

struct throttle *throttle_new(size_t entries, unsigned per_minute);
void throttle_free(struct throttle *t);
/* Begins an attempt of key (at most 64 bytes count). 0: go on; otherwise the milliseconds to wait first. */
uint64_t throttle_begin(struct throttle *t, enum throttle_kind kind, struct span key);
/* The attempt was good after all: it no longer counts. */
void throttle_good(struct throttle *t, enum throttle_kind kind, struct span key);

#endif

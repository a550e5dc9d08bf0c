/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane: connections of their own, on which batches with alerts go ahead while the first one is busy: with a
 * long batch, a piece of a file, goods that come down. On a thin line they share what there is, so an alert
 * is there after its own few hundred bytes and the line's delay, whatever else is under way.
 *
 * Over a line with a second of delay a packet that is lost is missed only after seconds. So what is not
 * answered after LANE_COPY_MS goes again on another connection, and once more after three times that: all
 * must lose it before it is late. On a good line the answer comes first and nothing goes twice. The console
 * knows a batch that it has. Several alerts within one round trip go on connections of their own; new ones
 * before copies.
 *
 * LANE_STRANDS threads of gh-uplink, each with a carrier of its own, share a journal handle and a table
 * behind a lock; what they share with the first connection are the numbers below. They send to /intake/ahead
 * alone and keep nothing: the first connection asks again when it gets there. */
#ifndef GH_LINK_LANE_H
#define GH_LINK_LANE_H

#include "firmware/link/link.h"

#include <stdatomic.h>

#define LANE_STRANDS 6
#define LANE_COPY_MS 150
#define LANE_COPIES 2

struct lane_traffic {
    atomic_bool busy;         /* the first connection has something under way */
    atomic_ullong under_way;  /* the batch among it, 0: none */
    atomic_ullong rate;       /* bytes a second of this hour, 0: no limit */
    atomic_ullong sent_ahead; /* batches that went ahead; a copy does not count */
};
struct lane;
/* Starts it, in the jail, so that the threads are in it, too. traffic is borrowed. NULL when
 * something is short. */
struct lane *lane_start(const char *state_dir, const struct link_console *console, const char *proxy,
                        uint64_t timeout_ms, struct lane_traffic *traffic);
/* There is news in the journal. */
void lane_wake(struct lane *l);
/* Ends it; waits at most for what is under way. */
void lane_stop(struct lane *l);

#endif

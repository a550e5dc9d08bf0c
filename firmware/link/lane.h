/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane: a second connection, on which a batch with alerts goes ahead while the first one is busy: with a long
 * batch, a piece of a file, goods that come down. On a thin line the two share what there is, so an alert is
 * there after its own few hundred bytes and the line's delay, whatever else is under way.
 *
 * A thread of gh-uplink with a journal handle and a carrier of its own; what it shares are the numbers below.
 * It sends to /intake/ahead alone and keeps nothing: the first connection asks again when it gets there. */
#ifndef GH_LINK_LANE_H
#define GH_LINK_LANE_H

#include "firmware/link/link.h"

#include <stdatomic.h>

struct lane_traffic {
    atomic_bool busy;         /* the first connection has something under way */
    atomic_ullong under_way;  /* the batch among it, 0: none */
    atomic_ullong rate;       /* bytes a second of this hour, 0: no limit */
    atomic_ullong sent_ahead; /* batches that the lane brought */
    atomic_bool stop;
};
struct lane;
/* Starts it, in the jail, so that the thread is in it, too. traffic is borrowed. NULL when
 * something is short. */
struct lane *lane_start(const char *state_dir, const struct link_console *console, const char *proxy,
                        uint64_t timeout_ms, struct lane_traffic *traffic);
/* There is news in the journal. */
void lane_wake(struct lane *l);
/* Ends it; waits at most for what is under way. */
void lane_stop(struct lane *l);

#endif

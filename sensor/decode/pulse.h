/* SPDX-License-Identifier: GPL-3.0-or-later
 * pulse: the time of a run. It follows the time of packets but never runs backwards: a capture that is older
 * than the one before it continues where that one ended. Whatever ends by being idle ends at a beat of the
 * pulse, and the beats fall on the same packets of a capture however many threads share the work. Plain data.
 */
#ifndef GH_SENSOR_PULSE_H
#define GH_SENSOR_PULSE_H

#include "base/status.h"

#define PULSE_US 100000u             /* from beat to beat */
#define PULSE_BACK_JUMP_US 60000000u /* time running back by more is another capture, not disorder */

struct pulse {
    uint64_t now_us;  /* time of the run */
    uint64_t last_ts; /* packet time that it was set by */
    uint64_t next_us; /* of the next beat */
};

/* It is ts_us of packet time now; true when the pulse beats. */
static inline bool pulse_at(struct pulse *p, uint64_t ts_us)
{
    if (ts_us > p->last_ts) {
        if (p->last_ts)
            p->now_us += ts_us - p->last_ts;
        else
            p->now_us = ts_us;
        p->last_ts = ts_us;
    } else if (p->last_ts - ts_us > PULSE_BACK_JUMP_US) {
        p->last_ts = ts_us;
    }
    if (p->now_us < p->next_us)
        return false;
    p->next_us = p->now_us + PULSE_US;
    return true;
}

#endif

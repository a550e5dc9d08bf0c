/* SPDX-License-Identifier: GPL-3.0-or-later
 * job: what the front hands to those who follow conversations: a packet, or that time has passed. Plain data.
 */
#ifndef GH_SENSOR_JOB_H
#define GH_SENSOR_JOB_H

#include "sensor/capture/block.h"
#include "sensor/decode/packet.h"

enum job_kind {
    JOB_PACKET,  /* a whole innermost packet */
    JOB_OUTER,   /* the packet around a tunnel: a flow of its own, never parsed */
    JOB_ANOMALY, /* a fact about a packet that has no flow yet */
    JOB_PART,    /* a frame whose datagram is not whole yet, for the flight recorder */
    JOB_TICK,    /* the pulse beats: what has been idle too long ends. For all. */
    JOB_FINISH   /* the capture ended: everything ends. For all. */
};
struct job {
    enum job_kind kind;
    bool holes;          /* TICK: connections that wait for bytes are looked at, too */
    uint32_t frames;     /* PACKET: how many it came in */
    const char *anomaly; /* ANOMALY: its name, a literal */
    uint64_t part;       /* PART: the datagram's number for the recorder; PACKET: of the one it came in, or 0 */
    /* Where the spans of p lie, besides what the source gave without one: whoever wants to keep p must hold
     * them. NULL when there is none. */
    struct block *frame, *datagram;
    struct packet p; /* TICK and FINISH: its times and numbers only */
};
/* The job's hosts: false when the job is for one conversation, by its addresses; true when it is for all. */
static inline bool job_for_all(const struct job *j)
{
    return j->kind >= JOB_TICK;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * recorder: the flight recorder. It keeps the frames of the last moments, so that an alert, which always
 * comes after what it is about, can still be told with the packets of its connection: those before it, and
 * those after.
 *
 *     recorder_add(…)     each frame, once its flow is known
 *     recorder_query(…)   an alert was made: answers at once with what is there
 *     recorder_end(…)     the flow is over: answers again, with all of it, if it was asked for while it lived
 *
 * Half of the memory is a ring for all flows. A flow that has flow_max bytes in it goes on in a second ring,
 * a quarter, which only such flows share: a long download overwrites its like, not everybody's last seconds,
 * and its own newest frames are kept all the same. The last quarter is for flows that were asked for: their
 * frames are put aside as they come, where nothing overwrites them, for after_us or until the flow ends. A
 * frame costs one copy and the look into one bucket; finding a flow's frames costs by their number.
 *
 * Answers are pcap files (draft-ietf-opsawg-pcap, microseconds, little endian), frames in the order in which
 * they were kept, both directions, as they were captured with whatever tunnel is around. One file has one
 * link type; frames of another are left out, and the answer is not complete. The fragments of a datagram
 * stand directly before the one that made it whole, whatever else came between them.
 *
 * One recorder belongs to one thread. Memory: size, another sixteenth of it for the index; answers under
 * way flow_max twice. */
#ifndef GH_SENSOR_RECORDER_H
#define GH_SENSOR_RECORDER_H

#include "base/writer.h"
#include "sensor/capture/source.h"

#define RECORDER_MARKS 32 /* flows that are recorded on at a time */
#define RECORDER_SIZE_MIN (1u << 20)

struct recorder;
struct recorder_options {
    size_t size;       /* bytes; at least RECORDER_SIZE_MIN are taken */
    size_t flow_max;   /* most bytes of an answer that come before its question, and most that come after */
    uint64_t after_us; /* how long a flow is recorded on, in packet time; 0: until it ends */
};
enum recorder_state {
    RECORDER_GONE,   /* nothing of the flow is there (any more) */
    RECORDER_SO_FAR, /* what came before; another answer follows */
    RECORDER_WHOLE   /* all that will come */
};
struct recorder_answer {
    uint64_t request;
    enum recorder_state state;
    bool complete; /* every frame of the flow from its first one on, uncut, until now */
    uint32_t frames;
    struct span pcap; /* empty when GONE; valid during the call */
};
typedef void recorder_answer_fn(void *arg, const struct recorder_answer *a);
struct recorder_counts {
    uint64_t kept, bytes; /* frames put into a ring, and their bytes */
    uint64_t overwritten; /* of these, by younger ones */
    uint64_t large;       /* of these, in the ring of large flows */
    uint64_t cut;         /* kept in part: longer than an eighth of their ring */
    uint64_t asked, gone; /* questions, and those about flows of which nothing was there */
    uint64_t busy;      /* questions about a living flow that could not be recorded on: too many at a time */
    uint64_t stopped;   /* recordings that ended for want of room */
    uint64_t recording; /* flows recorded on now */
};

/* NULL when memory is short. */
struct recorder *recorder_new(const struct recorder_options *opt, recorder_answer_fn *answer, void *arg);
void recorder_free(struct recorder *r); /* NULL is fine; open questions stay unanswered */

/* What frames of a fragmented datagram are filed under until its flow is known: a number made of whatever
 * names the datagram. */
uint64_t recorder_part_key(const void *name, size_t n);
/* A frame that is a part of something whose flow is not known yet. */
void recorder_add_part(struct recorder *r, uint64_t key, const struct frame *f);
/* A frame of a flow. first: the flow's first packet. n_parts: so many parts under the key parts belong before
 * it. */
void recorder_add(struct recorder *r, uint64_t flow, bool first, uint64_t parts, uint32_t n_parts,
                  const struct frame *f);
/* Is there anything of the flow, or is it recorded on? */
bool recorder_knows(const struct recorder *r, uint64_t flow);
/* Answers through the callback before it returns; alive: the flow goes on, and so does its recording. */
void recorder_query(struct recorder *r, uint64_t flow, uint64_t request, bool alive, uint64_t now_us);
void recorder_end(struct recorder *r, uint64_t flow);
/* Ends recordings whose time is over, at packet time now_us. */
void recorder_tick(struct recorder *r, uint64_t now_us);
/* The capture is over: ends all recordings. */
void recorder_flush(struct recorder *r);
void recorder_counts(const struct recorder *r, struct recorder_counts *ret);

#endif

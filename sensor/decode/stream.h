/* SPDX-License-Identifier: GPL-3.0-or-later
 * stream: the bytes of one direction of a TCP connection (RFC 9293) in order, whatever order the segments
 * come in.
 *
 * In order, bytes go through without a copy. Out of order, they wait in pages of 4 KiB with two bits per byte
 * (it is here; a piece begins here), so that the cost of a segment depends on its length only, however small
 * and scattered an attacker makes them. Which of two copies of a byte that waits is passed on is what the
 * receiver's system would do (base/target.h). That they say different things is told
 * (STREAM_OVERLAP_DIFFERS), and so is the copy that lost, also when the bytes have been passed on already:
 * the last 16 KiB are remembered for that.
 *
 * A hole is given up, with its byte count, only when waiting is pointless: the receiver acknowledged bytes
 * behind it (or its packets are not in the capture at all), and then 2 s of packet time or 1 MiB have passed
 * without the missing bytes; or memory is short; or the stream ends. That an acknowledgement is seen before
 * its data alone is no hole.
 *
 * Bounded: stream_max bytes of pages per stream and the shared budget. Decode thread only. */
#ifndef GH_SENSOR_STREAM_H
#define GH_SENSOR_STREAM_H

#include "base/target.h"
#include "sensor/decode/host_budget.h"
#include "sensor/decode/proto.h"

enum stream_oddity {
    STREAM_OVERLAP_DIFFERS, /* the same byte came twice, with different values */
    STREAM_OUTSIDE,         /* a segment far outside of what the receiver could accept */
    STREAM_BAD_CHECKSUM,    /* a segment that its receiver dropped: another one with the same bytes came */
    STREAM_ODDITY_COUNT
};
/* Where the bytes go. arg is that of the call. Called inside stream_* calls; must not free the stream
 * (stream_stop it). */
struct stream_sink {
    void (*data)(void *arg, enum direction dir, struct span bytes);
    void (*gap)(void *arg, enum direction dir, uint64_t missing);
    void (*end)(void *arg, enum direction dir); /* once; nothing comes after it */
    void (*oddity)(void *arg, enum direction dir, enum stream_oddity what);
    /* Behind STREAM_OVERLAP_DIFFERS: the copy that is not passed on of bytes at offset off, differing ones
     * and their neighbours in the same segment. A contradiction may be told in several calls. NULL: not
     * wanted. */
    void (*other)(void *arg, enum direction dir, uint64_t off, struct span bytes);
};
/* A segment whose checksum is wrong is dropped by its receiver, unless the checksum is wrong in the capture
 * alone. Whether it was, its receiver tells: such a segment waits (stream_segment.doubtful), at most
 * STREAM_DOUBTFUL_MAX bytes of them in a stream, until other bytes come in its place (then it is dropped and
 * told), or it is acknowledged, or nothing else will come. So nothing is lost, and nothing is taken that the
 * receiver did not take.
 *
 * Every segment with bytes is in exactly one of delivered, held and lost_*. Repeated bytes count as
 * delivered. */
struct stream_counts {
    uint64_t in, delivered, held;
    uint64_t lost_memory, lost_outside, lost_after_end, lost_before_start, lost_checksum;
    uint64_t repeated, differing, gaps, gap_bytes;
};

#define STREAM_DOUBTFUL_MAX (256u << 10)

struct stream_page;
struct stream_doubt;
/* What all streams of a process share. Plain data, set up by streams_init. */
struct streams {
    struct stream_sink sink;
    struct budget *budget;
    size_t stream_max;
    struct stream_counts counts;
    struct stream_page *spare;
    size_t n_spare;
};
/* One direction. Embedded by its owner, between stream_init and stream_done. Offsets count from 0 at its
 * first byte. */
struct stream {
    uint64_t next;        /* offset of the next byte to pass on */
    uint64_t acked;       /* the receiver has everything before this offset */
    uint64_t fin;         /* offset of the end, when have_fin */
    uint64_t hole_us;     /* since when the bytes at next are waited for */
    uint64_t recall_from; /* the memory of passed bytes begins here */
    uint8_t *recall;      /* ring of the last bytes passed on */
    struct stream_page *pages, *last;
    struct stream_doubt *doubts; /* oldest first */
    uint32_t recall_size;
    uint32_t base; /* sequence number of offset 0 */
    uint32_t n_pages, held_segments;
    uint32_t doubtful; /* what doubts count for */
    uint8_t dir;
    uint8_t policy; /* enum target_policy */
    bool have_fin, peer_seen, ended, off;
};
struct stream_segment {
    uint32_t seq; /* of the first payload byte (behind a SYN) */
    struct span payload;
    bool fin;
    bool doubtful;   /* its checksum is wrong, others of the same sender are right */
    uint64_t now_us; /* packet time */
};

void streams_init(struct streams *all, const struct stream_sink *sink, struct budget *budget,
                  size_t stream_max);
void streams_done(struct streams *all);

/* first_seq: sequence number of the first byte: behind the SYN, or of the first segment seen. */
void stream_init(struct stream *s, enum direction dir, uint32_t first_seq);
/* How its receiver resolves contradictions, before the first segment; TARGET_FIRST without. */
static inline void stream_policy(struct stream *s, enum target_policy policy)
{
    s->policy = (uint8_t)policy;
}
/* One segment that travels in this direction. */
void stream_segment(struct streams *all, struct stream *s, void *arg, const struct stream_segment *seg);
/* A packet of the receiver came: it awaits ack next. */
void stream_acked(struct streams *all, struct stream *s, void *arg, uint32_t ack, uint64_t now_us);
/* Time has passed: gives holes up that were waited for long enough. */
void stream_tick(struct streams *all, struct stream *s, void *arg, uint64_t now_us);
/* Nothing more will come: passes on what is held, holes as gaps, then the end. */
void stream_flush(struct streams *all, struct stream *s, void *arg);
/* Does it wait for anything, so that time changes it? */
static inline bool stream_waits(const struct stream *s)
{
    return s->pages || s->doubts;
}
/* Nobody reads it any more: what comes is counted and dropped. */
void stream_stop(struct stream *s);
void stream_done(struct streams *all, struct stream *s);

#endif

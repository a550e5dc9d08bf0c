/* SPDX-License-Identifier: GPL-3.0-or-later
 * recorder_ring: one ring of frames, the newest of which overwrite the oldest, with every flow's frames
 * chained from the newest back. Private to recorder*.c.
 *
 * Places in the ring are counted on and on from its first byte ever written; what lies more than the ring's
 * size behind its head is overwritten, and whoever holds such a number sees that by comparing it with the
 * tail. So nothing has to be unlinked when it is overwritten: each bucket of the index lists the newest frame
 * of its flows, youngest first, and ends at the first one that is gone. One thread. */
#ifndef GH_SENSOR_RECORDER_RING_H
#define GH_SENSOR_RECORDER_RING_H

#include "base/reader.h"

#define RING_NONE 0 /* no place: the ring begins behind it */

/* A frame as it lies in the ring, followed by its bytes; a multiple of 8 long. */
struct ring_entry {
    uint64_t flow;   /* whose it is */
    uint64_t older;  /* the flow's frame before */
    uint64_t beside; /* of a flow's newest frame: newest frame of the next flow in the bucket */
    uint64_t parts;  /* fragments that came before it are filed under this number */
    uint64_t order;  /* of all frames that were kept */
    uint64_t ts_us;
    uint64_t sum;  /* bytes of the flow in this ring up to here, since its chain began */
    uint32_t size; /* of the entry with its bytes */
    uint32_t captured, wire;
    uint32_t n_parts; /* so many of them */
    uint16_t link_type;
    bool first; /* no frame of the flow came before it */
    bool cut;   /* its end was not kept */
    bool gap;   /* no frame, only the rest before the ring's end */
};
struct ring {
    uint8_t *mem;
    uint64_t *buckets;
    size_t size, buckets_mask;
    uint64_t head, tail, key;
    uint64_t overwritten; /* frames */
};

/* A ring of size bytes, a power of two from 64 KiB on. ST_NOMEM. */
int ring_init(struct ring *r, size_t size);
void ring_done(struct ring *r); /* twice is fine */
/* The newest frame of a flow; RING_NONE when none is there (any more). */
uint64_t ring_find(const struct ring *r, uint64_t flow);
/* The entry at a place; NULL when it is overwritten or none. */
const struct ring_entry *ring_at(const struct ring *r, uint64_t place);
struct span ring_bytes(const struct ring_entry *e);
/* Puts bytes (at most an eighth of the ring) at the head of the flow's chain. The caller fills in the rest:
 * parts, order, ts_us, wire, n_parts, link_type, first, cut. */
struct ring_entry *ring_push(struct ring *r, uint64_t flow, struct span bytes);

#endif

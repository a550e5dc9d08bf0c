/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/recorder_ring.h"

#include <stdlib.h>
#include <sys/random.h>

#define FRAMES_BUCKET 128u /* bytes of ring for each bucket */

int ring_init(struct ring *r, size_t size)
{
    size_t buckets = size / FRAMES_BUCKET;

    *r = (struct ring){.size = size, .buckets_mask = buckets - 1, .head = size, .tail = size};
    r->mem = calloc(1, size); /* untouched pages cost nothing until they are used */
    r->buckets = calloc(buckets, sizeof(*r->buckets));
    if (getrandom(&r->key, sizeof(r->key), 0) != (ssize_t)sizeof(r->key))
        r->key = (uintptr_t)r->mem * 0x9E3779B97F4A7C15ull;
    if (r->mem && r->buckets)
        return 0;
    ring_done(r);
    return ST_NOMEM;
}

void ring_done(struct ring *r)
{
    free(r->mem);
    free(r->buckets);
    *r = (struct ring){.mem = NULL};
}

/* Keyed, so that nobody can aim many flows at one bucket. */
static uint64_t *bucket_of(const struct ring *r, uint64_t flow)
{
    unsigned __int128 wide = (unsigned __int128)(flow ^ r->key) * 0x9FB21C651E98DF25ull;
    uint64_t folded = (uint64_t)wide ^ (uint64_t)(wide >> 64);

    return &r->buckets[(folded ^ folded >> 29) & r->buckets_mask];
}

static struct ring_entry *entry_at(const struct ring *r, uint64_t place)
{
    return (struct ring_entry *)(void *)&r->mem[place & (r->size - 1)];
}

const struct ring_entry *ring_at(const struct ring *r, uint64_t place)
{
    return place == RING_NONE || place < r->tail ? NULL : entry_at(r, place);
}

struct span ring_bytes(const struct ring_entry *e)
{
    return span_of(e + 1, e->captured);
}

uint64_t ring_find(const struct ring *r, uint64_t flow)
{
    const struct ring_entry *e;

    for (uint64_t at = *bucket_of(r, flow); (e = ring_at(r, at)); at = e->beside)
        if (e->flow == flow)
            return at;
    return RING_NONE;
}

/* Takes the flow's newest frame out of its bucket's list, in which the next one will stand in front. */
static uint64_t unlink_newest(struct ring *r, uint64_t flow)
{
    uint64_t *link = bucket_of(r, flow);

    while (ring_at(r, *link)) {
        struct ring_entry *e = entry_at(r, *link);
        uint64_t at = *link;
        if (e->flow == flow) {
            *link = e->beside;
            return at;
        }
        link = &e->beside;
    }
    return RING_NONE;
}

/* Lets the tail go past what the next n bytes will overwrite. */
static void make_room(struct ring *r, size_t n)
{
    while (r->head + n - r->tail > r->size) {
        size_t left = r->size - (r->tail & (r->size - 1));
        const struct ring_entry *e = entry_at(r, r->tail);
        if (left < sizeof(*e)) { /* too little for an entry: nothing was ever put there */
            r->tail += left;
        } else {
            r->overwritten += !e->gap;
            r->tail += e->size;
        }
    }
}

/* Frames do not wrap around: the rest before the ring's end stays empty when the next one does not fit. */
static void skip_end(struct ring *r, size_t n)
{
    size_t left = r->size - (r->head & (r->size - 1));

    if (left >= n)
        return;
    make_room(r, left);
    if (left >= sizeof(struct ring_entry))
        *entry_at(r, r->head) = (struct ring_entry){.size = (uint32_t)left, .gap = true};
    r->head += left;
}

struct ring_entry *ring_push(struct ring *r, uint64_t flow, struct span bytes)
{
    size_t n = (sizeof(struct ring_entry) + bytes.n + 7) & ~(size_t)7;
    uint64_t older, *bucket = bucket_of(r, flow);
    struct ring_entry *e;

    gh_check(n <= r->size / 4);
    skip_end(r, n);
    make_room(r, n);
    older = unlink_newest(r, flow);
    e = entry_at(r, r->head);
    *e = (struct ring_entry){.flow = flow,
                             .older = older,
                             .beside = *bucket,
                             .sum = (older ? entry_at(r, older)->sum : 0) + bytes.n,
                             .size = (uint32_t)n,
                             .captured = (uint32_t)bytes.n};
    if (bytes.n)
        memcpy(e + 1, bytes.p, bytes.n);
    *bucket = r->head;
    r->head += n;
    return e;
}

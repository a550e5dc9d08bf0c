/* SPDX-License-Identifier: GPL-3.0-or-later
 * flow_impl: what flow.c (the way of a packet) and flow_table.c (idle lists, ends) share. Private to the two.
 */
#ifndef GH_SENSOR_FLOW_IMPL_H
#define GH_SENSOR_FLOW_IMPL_H

#include "sensor/decode/flow.h"

/* Idle lists, each in order of last use, so that its head is the one to end next. */
enum { LIST_NEW, LIST_TCP, LIST_CLOSED, LIST_SHORT, LIST_OTHER, LIST_COUNT };

#define TOUCH_US 500000u /* a flow used again sooner keeps its place in its list */
#define SLAB_FLOWS 128

struct slab {
    struct slab *next;
    struct flow flows[SLAB_FLOWS];
};
struct idle_list {
    struct flow *oldest, *youngest;
    uint64_t timeout_us;
    size_t count;
};
struct flow_table {
    struct flow **buckets;
    size_t mask, count, limit, slab_bytes;
    size_t bucket_bytes; /* paid for; the first ones are not */
    struct slab *slabs;
    struct flow *free;
    struct idle_list lists[LIST_COUNT];
    uint64_t now_us; /* time of the run */
    uint64_t order;  /* of the packet at work */
    uint64_t keys[4];
    struct budget *budget;
    flow_end_fn *end;
    void *arg;
    struct flow_counts counts;
};

static inline uint64_t flow_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}
/* flow_table.c */
void flow_list_add(struct flow_table *t, struct flow *f, uint8_t list);
void flow_list_remove(struct flow_table *t, struct flow *f);
uint8_t flow_list_for(const struct flow *f);
void flow_end(struct flow_table *t, struct flow *f, enum flow_reason reason);

#endif

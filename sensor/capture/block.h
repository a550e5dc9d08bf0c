/* SPDX-License-Identifier: GPL-3.0-or-later
 * block: bytes that several threads look at: whoever is done with them last frees them. Any thread; the bytes
 * are written by the one who made it, before anybody else gets it. */
#ifndef GH_SENSOR_BLOCK_H
#define GH_SENSOR_BLOCK_H

#include "base/status.h"

#include <stdatomic.h>
#include <stdlib.h>

struct block {
    atomic_uint holders;
    uint8_t bytes[];
};

/* With one holder; NULL when memory is short. */
static inline struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof(*b) + size);

    if (b)
        atomic_init(&b->holders, 1);
    return b;
}
static inline struct block *block_hold(struct block *b) /* NULL is fine */
{
    if (b)
        atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}
static inline void block_release(struct block *b) /* NULL is fine */
{
    if (b && atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) == 1)
        free(b);
}
/* The caller is its only holder: it may write to it again. */
static inline bool block_alone(const struct block *b)
{
    return atomic_load_explicit(&b->holders, memory_order_acquire) == 1;
}

#endif

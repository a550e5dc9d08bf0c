/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/pace.h"
#include "base/clock.h"
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>

struct bucket {
    uint64_t used, at_ms; /* milliseconds of filling that are taken; when that was so */
};
struct pace {
    pthread_mutex_t lock;
    struct map *map;
    uint64_t one, room; /* what one request takes, what a bucket holds: milliseconds * 1000 */
};

struct pace *pace_new(size_t entries, unsigned per_second)
{
    struct pace *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->map = map_new(entries, sizeof(int64_t), sizeof(struct bucket));
    p->one = 1000000u / (per_second ? per_second : 1);
    p->room = 1000000u * PACE_BURST;
    pthread_mutex_init(&p->lock, NULL);
    if (p->map)
        return p;
    pace_free(p);
    return NULL;
}

void pace_free(struct pace *p)
{
    if (!p)
        return;
    map_free(p->map);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct bucket *find(struct pace *p, int64_t who)
{
    struct bucket *b = map_find(p->map, &who, true);

    if (b)
        return b;
    if (map_count(p->map) == map_capacity(p->map)) {
        const void *oldest;
        map_oldest(p->map, &oldest);
        map_remove(p->map, oldest);
    }
    return map_insert(p->map, &who);
}

uint64_t pace_take(struct pace *p, int64_t who)
{
    uint64_t now = clock_mono_ms(), wait = 0, back;
    struct bucket *b;

    if (!p)
        return 0;
    pthread_mutex_lock(&p->lock);
    b = find(p, who);
    if (b) {
        back = (now - b->at_ms) * 1000;
        b->used -= back < b->used ? back : b->used;
        b->at_ms = now;
        if (b->used + p->one > p->room)
            wait = (b->used + p->one - p->room) / 1000 + 1;
        else
            b->used += p->one;
    }
    pthread_mutex_unlock(&p->lock);
    return wait;
}

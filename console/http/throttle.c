/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/throttle.h"
#include "base/clock.h"
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>

#define KEY_SIZE 65
#define MINUTE_MS 60000u
#define DELAY_FIRST_MS 1000u
#define DELAY_MAX_MS 900000u
#define NAME_PATIENCE 5

struct entry {
    uint64_t level;    /* failures that still count, in ms of decay: each is MINUTE_MS / per_minute */
    uint64_t decayed;  /* when level was brought up to date */
    uint64_t until_ms; /* no attempt before */
    uint64_t delay_ms; /* the last wait given */
    uint64_t before_level, before_until, before_delay; /* to take the last attempt back */
};
struct throttle {
    pthread_mutex_t lock;
    struct map *map;
    unsigned per_minute;
};

struct throttle *throttle_new(size_t entries, unsigned per_minute)
{
    struct throttle *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->map = map_new(entries, KEY_SIZE, sizeof(struct entry));
    t->per_minute = per_minute ? per_minute : 1;
    pthread_mutex_init(&t->lock, NULL);
    if (t->map)
        return t;
    throttle_free(t);
    return NULL;
}

void throttle_free(struct throttle *t)
{
    if (!t)
        return;
    map_free(t->map);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static void make_key(enum throttle_kind kind, struct span key, uint8_t out[static KEY_SIZE])
{
    memset(out, 0, KEY_SIZE);
    out[0] = (uint8_t)(kind + 1);
    if (key.n)
        memcpy(out + 1, key.p, key.n < KEY_SIZE - 1 ? key.n : KEY_SIZE - 1);
}

static struct entry *find(struct throttle *t, const uint8_t *key)
{
    struct entry *e = map_find(t->map, key, true);

    if (e)
        return e;
    if (map_count(t->map) == map_capacity(t->map)) {
        const void *oldest;
        map_oldest(t->map, &oldest);
        map_remove(t->map, oldest);
    }
    return map_insert(t->map, key);
}

uint64_t throttle_begin(struct throttle *t, enum throttle_kind kind, struct span key_text)
{
    uint64_t now = clock_mono_ms(), wait = 0, free_of_charge, one;
    uint8_t key[KEY_SIZE];
    struct entry *e;

    make_key(kind, key_text, key);
    free_of_charge = kind == THROTTLE_NAME ? (uint64_t)t->per_minute * NAME_PATIENCE : t->per_minute;
    one = MINUTE_MS / free_of_charge ? MINUTE_MS / free_of_charge : 1;
    pthread_mutex_lock(&t->lock);
    e = find(t, key);
    if (e && e->until_ms > now) {
        wait = e->until_ms - now;
    } else if (e) {
        e->level -= e->level < now - e->decayed ? e->level : now - e->decayed;
        e->decayed = now;
        /* forgotten only after a quiet time as long as the last wait, and a minute */
        if (e->delay_ms && now - e->until_ms > e->delay_ms + MINUTE_MS)
            e->delay_ms = 0;
        e->before_level = e->level;
        e->before_until = e->until_ms;
        e->before_delay = e->delay_ms;
        e->level += one;
        if (e->level > MINUTE_MS || e->delay_ms) {
            e->delay_ms = e->delay_ms ? e->delay_ms * 2 : DELAY_FIRST_MS;
            if (e->delay_ms > DELAY_MAX_MS)
                e->delay_ms = DELAY_MAX_MS;
            e->until_ms = now + e->delay_ms;
            if (e->level > MINUTE_MS)
                e->level = MINUTE_MS;
        }
    }
    pthread_mutex_unlock(&t->lock);
    return wait;
}

void throttle_good(struct throttle *t, enum throttle_kind kind, struct span key_text)
{
    uint8_t key[KEY_SIZE];
    struct entry *e;

    make_key(kind, key_text, key);
    pthread_mutex_lock(&t->lock);
    e = map_find(t->map, key, false);
    if (e) {
        e->level = e->before_level;
        e->until_ms = e->before_until;
        e->delay_ms = e->before_delay;
    }
    pthread_mutex_unlock(&t->lock);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Entries stand in one ring in the order of their making, and each is also in the list of its key. So the
 * oldest entry of all is the next place of the ring to be used again. */
#include "policy/lua/history.h"
#include "base/map.h"
#include "base/seal.h"

#include <stdlib.h>

#define KEY 16 /* bytes of a key's digest */
#define NONE UINT32_MAX

struct key {
    uint8_t digest[KEY];
    uint32_t first, last, n;
    uint64_t window_us;
};
struct entry {
    struct key *of; /* NULL: free */
    uint64_t time_us, event, value;
    uint32_t before, after;
};
struct history {
    struct map *keys;
    struct entry *ring;
    size_t capacity, next;
    uint64_t now_us, event, dropped;
};

struct history *history_new(size_t entries)
{
    struct history *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->capacity = entries ? entries : HISTORY_ENTRIES;
    h->keys = map_new(h->capacity, KEY, sizeof(struct key));
    h->ring = calloc(h->capacity, sizeof(*h->ring));
    if (!h->keys || !h->ring) {
        history_free(h);
        return NULL;
    }
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    map_free(h->keys);
    free(h->ring);
    free(h);
}

static void unlink_entry(struct history *h, uint32_t at)
{
    struct entry *e = &h->ring[at];
    struct key *k = e->of;

    *(e->before == NONE ? &k->first : &h->ring[e->before].after) = e->after;
    *(e->after == NONE ? &k->last : &h->ring[e->after].before) = e->before;
    e->of = NULL;
    if (!--k->n) {
        uint8_t digest[KEY];
        memcpy(digest, k->digest, KEY);
        map_remove(h->keys, digest);
    }
}

void history_clear(struct history *h)
{
    for (size_t i = 0; i < h->capacity; i++)
        if (h->ring[i].of)
            unlink_entry(h, (uint32_t)i);
    h->next = 0;
}

void history_event(struct history *h, uint64_t time_us)
{
    h->now_us = time_us;
    h->event++;
}

static bool is_over(const struct history *h, const struct entry *e)
{
    gh_check(e->of); /* asked only of entries that belong to a key */
    return e->time_us + e->of->window_us <= h->now_us;
}

static struct key *find_key(struct history *h, unsigned rule, char kind, struct span key, uint64_t window_us,
                            uint8_t digest[static KEY])
{
    struct span parts[2] = {{NULL, 0}, key};
    uint8_t hash[SEAL_HASH], head[16];
    struct writer w;
    struct key *k;

    writer_fixed(&w, head, sizeof(head));
    writer_le(&w, rule, 4);
    writer_u8(&w, (uint8_t)kind);
    writer_le(&w, window_us, 8);
    parts[0] = writer_span(&w);
    seal_hash("gatehouse-history-v1", parts, 2, hash);
    memcpy(digest, hash, KEY);
    k = map_find(h->keys, digest, false);
    while (k && is_over(h, &h->ring[k->first])) {
        bool last = k->n == 1;
        unlink_entry(h, k->first);
        k = last ? NULL : k;
    }
    return k;
}

/* The next place of the ring, emptied. */
static uint32_t take_place(struct history *h)
{
    uint32_t at = (uint32_t)h->next;

    h->next = (h->next + 1) % h->capacity;
    if (h->ring[at].of) {
        h->dropped += !is_over(h, &h->ring[at]);
        unlink_entry(h, at);
    }
    return at;
}

static struct key *add(struct history *h, const uint8_t *digest, uint64_t window_us, uint64_t value)
{
    uint32_t at = take_place(h);
    struct key *k = map_find(h->keys, digest, false); /* not before: it may have gone with its last entry */

    if (!k) {
        k = map_insert(h->keys, digest);
        gh_check(k); /* as many keys as entries, and one entry is free */
        *k = (struct key){.first = NONE, .last = NONE, .window_us = window_us};
        memcpy(k->digest, digest, KEY);
    }
    h->ring[at] = (struct entry){k, h->now_us, h->event, value, k->last, NONE};
    *(k->last == NONE ? &k->first : &h->ring[k->last].after) = at;
    k->last = at;
    if (++k->n > HISTORY_KEY_ENTRIES) {
        h->dropped++;
        unlink_entry(h, k->first);
    }
    return k;
}

/* Entries may stand a little out of order, as events do; those of later times than now do not count. */
static unsigned count(const struct history *h, const struct key *k)
{
    unsigned n = 0;

    for (uint32_t at = k->first; at != NONE; at = h->ring[at].after)
        n += h->ring[at].time_us <= h->now_us && !is_over(h, &h->ring[at]);
    return n;
}

unsigned history_times(struct history *h, unsigned rule, struct span key, uint64_t window_us)
{
    uint8_t digest[KEY];
    struct key *k = find_key(h, rule, 't', key, window_us, digest);

    if (!k || h->ring[k->last].event != h->event)
        k = add(h, digest, window_us, 0);
    return count(h, k);
}

unsigned history_distinct(struct history *h, unsigned rule, struct span key, struct span value,
                          uint64_t window_us)
{
    uint8_t digest[KEY], hash[SEAL_HASH];
    struct key *k = find_key(h, rule, 'd', key, window_us, digest);
    struct reader r = reader_of(hash, sizeof(hash));
    uint64_t id;

    seal_hash("gatehouse-history-v1", &value, 1, hash);
    id = reader_le64(&r);
    for (uint32_t at = k ? k->last : NONE; at != NONE; at = h->ring[at].before)
        if (h->ring[at].value == id) {
            if (h->ring[at].event == h->event)
                return count(h, k);
            unlink_entry(h, at);
            break;
        }
    return count(h, add(h, digest, window_us, id));
}

uint64_t history_dropped(const struct history *h)
{
    return h->dropped;
}

bool history_window(struct span text, uint64_t *ret_us)
{
    static const struct {
        char unit;
        uint64_t us;
    } units[] = {{'s', 1000000ull}, {'m', 60000000ull}, {'h', 3600000000ull}, {'d', 86400000000ull}};
    uint64_t n;

    if (text.n < 2 || !span_number(span_part(text, 0, text.n - 1), 10000000, &n) || !n)
        return false;
    for (size_t i = 0; i < GH_COUNT(units); i++)
        if (text.p[text.n - 1] == (uint8_t)units[i].unit) {
            *ret_us = n * units[i].us;
            return *ret_us <= HISTORY_WINDOW_MAX_US;
        }
    return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NONE UINT32_MAX

struct entry {
    uint32_t next;           /* in its bucket or in the free list */
    uint32_t younger, older; /* age order */
    uint32_t hash;
};
struct map {
    uint8_t *slots; /* capacity * stride: entry, key, value */
    uint32_t *buckets;
    size_t capacity, stride, key_size, value_at, mask, count;
    uint32_t free, youngest, oldest;
    uint64_t k[2]; /* hash key */
};

static struct entry *at(const struct map *m, uint32_t i)
{
    return (struct entry *)(m->slots + (size_t)i * m->stride);
}

static uint8_t *key_of(const struct map *m, uint32_t i)
{
    return m->slots + (size_t)i * m->stride + sizeof(struct entry);
}

static void *value_of(const struct map *m, uint32_t i)
{
    return m->slots + (size_t)i * m->stride + m->value_at;
}

static uint64_t rotl(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

/* SipHash-1-3 (Aumasson, Bernstein): keyed, so that nobody can aim flows at one bucket. */
static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint32_t hash_key(const struct map *m, const void *key)
{
    const uint8_t *p = key;
    size_t n = m->key_size;
    uint64_t v[4] = {m->k[0] ^ 0x736f6d6570736575ull, m->k[1] ^ 0x646f72616e646f6dull, m->k[0] ^ 0x6c7967656e657261ull,
                     m->k[1] ^ 0x7465646279746573ull};
    uint64_t word;

    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)m->key_size << 56;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << (8 * i);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    word = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (uint32_t)(word ^ word >> 32);
}

struct map *map_new(size_t capacity, size_t key_size, size_t value_size)
{
    struct map *m = calloc(1, sizeof(*m));
    size_t buckets = 16, bytes;

    if (!m || !capacity || capacity >= NONE)
        goto fail;
    while (buckets < capacity)
        buckets *= 2;
    m->capacity = capacity;
    m->key_size = key_size;
    m->value_at = (sizeof(struct entry) + key_size + 15) & ~(size_t)15;
    m->stride = (m->value_at + value_size + 15) & ~(size_t)15;
    if (__builtin_mul_overflow(m->stride, capacity, &bytes))
        goto fail;
    m->slots = calloc(1, bytes); /* lazily backed: pages cost only when used */
    m->buckets = malloc(buckets * sizeof(*m->buckets));
    if (!m->slots || !m->buckets)
        goto fail;
    memset(m->buckets, 0xff, buckets * sizeof(*m->buckets));
    m->mask = buckets - 1;
    m->free = NONE; /* slots beyond count were never used: no list needed for them */
    m->youngest = m->oldest = NONE;
    if (getrandom(m->k, sizeof(m->k), 0) != (ssize_t)sizeof(m->k))
        m->k[0] = (uint64_t)(uintptr_t)m;
    return m;
fail:
    map_free(m);
    return NULL;
}

void map_free(struct map *m)
{
    if (!m)
        return;
    free(m->slots);
    free(m->buckets);
    free(m);
}

static void age_unlink(struct map *m, uint32_t i)
{
    struct entry *e = at(m, i);
    if (e->younger != NONE)
        at(m, e->younger)->older = e->older;
    else
        m->youngest = e->older;
    if (e->older != NONE)
        at(m, e->older)->younger = e->younger;
    else
        m->oldest = e->younger;
}

static void age_push(struct map *m, uint32_t i)
{
    struct entry *e = at(m, i);
    e->younger = NONE;
    e->older = m->youngest;
    if (m->youngest != NONE)
        at(m, m->youngest)->younger = i;
    m->youngest = i;
    if (m->oldest == NONE)
        m->oldest = i;
}

void *map_find(struct map *m, const void *key, bool touch)
{
    uint32_t h = hash_key(m, key);

    for (uint32_t i = m->buckets[h & m->mask]; i != NONE; i = at(m, i)->next) {
        if (at(m, i)->hash != h || memcmp(key_of(m, i), key, m->key_size) != 0)
            continue;
        if (touch && m->youngest != i) {
            age_unlink(m, i);
            age_push(m, i);
        }
        return value_of(m, i);
    }
    return NULL;
}

void *map_insert(struct map *m, const void *key)
{
    uint32_t i, h = hash_key(m, key);
    struct entry *e;

    if (m->count == m->capacity)
        return NULL;
    if (m->free != NONE) {
        i = m->free;
        m->free = at(m, i)->next;
    } else {
        i = (uint32_t)m->count;
    }
    m->count++;
    e = at(m, i);
    e->hash = h;
    e->next = m->buckets[h & m->mask];
    m->buckets[h & m->mask] = i;
    memcpy(key_of(m, i), key, m->key_size);
    memset(value_of(m, i), 0, m->stride - m->value_at);
    age_push(m, i);
    return value_of(m, i);
}

void map_remove(struct map *m, const void *key)
{
    uint32_t h = hash_key(m, key);

    for (uint32_t *link = &m->buckets[h & m->mask]; *link != NONE; link = &at(m, *link)->next) {
        uint32_t i = *link;
        if (at(m, i)->hash != h || memcmp(key_of(m, i), key, m->key_size) != 0)
            continue;
        *link = at(m, i)->next;
        age_unlink(m, i);
        at(m, i)->next = m->free;
        m->free = i;
        m->count--;
        return;
    }
}

void *map_oldest(struct map *m, const void **ret_key)
{
    if (m->oldest == NONE)
        return NULL;
    if (ret_key)
        *ret_key = key_of(m, m->oldest);
    return value_of(m, m->oldest);
}

size_t map_count(const struct map *m)
{
    return m->count;
}

size_t map_capacity(const struct map *m)
{
    return m->capacity;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/results.h"
#include "base/map.h"
#include "base/seal.h"

#include <stdlib.h>

struct results {
    struct map *map; /* key -> struct findings *; NULL when nothing is to be remembered */
    size_t bytes;
};

struct results *results_new(size_t most)
{
    struct results *r = calloc(1, sizeof(*r));

    if (r && most) {
        r->map = map_new(most, RESULTS_KEY, sizeof(struct findings *));
        if (!r->map) {
            free(r);
            return NULL;
        }
    }
    return r;
}

static size_t cost(const struct findings *f)
{
    return sizeof(*f) + f->n;
}

static bool drop_oldest(struct results *r)
{
    const void *key = NULL;
    struct findings **slot = map_oldest(r->map, &key);
    uint8_t copy[RESULTS_KEY];

    if (!slot)
        return false;
    memcpy(copy, key, sizeof(copy));
    r->bytes -= cost(*slot);
    free(*slot);
    map_remove(r->map, copy);
    return true;
}

void results_clear(struct results *r)
{
    while (r->map && drop_oldest(r))
        continue;
}

void results_free(struct results *r)
{
    if (!r)
        return;
    results_clear(r);
    map_free(r->map);
    free(r);
}

struct span results_name(const struct doc *d)
{
    struct span name = doc_name(d);
    size_t start = name.n;

    while (start && name.p[start - 1] != '/' && name.p[start - 1] != '\\')
        start--;
    return start < name.n ? span_part(name, start, name.n) : name;
}

void results_key(const struct doc *d, uint8_t key[static RESULTS_KEY])
{
    const struct span parts[] = {span_of(d->sha256, sizeof(d->sha256)), results_name(d)};

    seal_hash("gatehouse-findings-v1", parts, 2, key);
}

const struct findings *results_find(struct results *r, const uint8_t key[static RESULTS_KEY])
{
    struct findings **slot = r->map ? map_find(r->map, key, true) : NULL;
    return slot ? *slot : NULL;
}

void results_keep(struct results *r, const uint8_t key[static RESULTS_KEY], struct findings *f)
{
    struct findings **slot;

    if (!r->map || map_find(r->map, key, false)) {
        free(f);
        return;
    }
    while (map_count(r->map) &&
           (map_count(r->map) == map_capacity(r->map) || r->bytes + cost(f) > RESULTS_BYTES))
        drop_oldest(r);
    slot = map_insert(r->map, key);
    if (!slot) {
        free(f);
        return;
    }
    *slot = f;
    r->bytes += cost(f);
}

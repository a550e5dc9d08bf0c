/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/docs.h"
#include "base/map.h"

#include <stdlib.h>
#include <unistd.h>

struct docs {
    struct map *map; /* number -> struct doc * */
    uint64_t lost;
};

void doc_free(struct doc *d)
{
    if (!d)
        return;
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

struct docs *docs_new(void)
{
    struct docs *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->map = map_new(DOCS_MAX, sizeof(uint64_t), sizeof(struct doc *));
    if (!s->map) {
        free(s);
        return NULL;
    }
    return s;
}

static void drop_oldest(struct docs *s)
{
    const void *key = NULL;
    struct doc **slot = map_oldest(s->map, &key);
    uint64_t id;

    if (!slot)
        return;
    memcpy(&id, key, sizeof(id));
    doc_free(*slot);
    map_remove(s->map, &id);
}

void docs_clear(struct docs *s)
{
    while (map_count(s->map))
        drop_oldest(s);
}

void docs_free(struct docs *s)
{
    if (!s)
        return;
    docs_clear(s);
    map_free(s->map);
    free(s);
}

int docs_add(struct docs *s, struct span body, int fd)
{
    struct event_document e;
    struct doc *d = NULL, **slot;
    int rc = event_document_get(body, &e);

    if (!rc && map_find(s->map, &e.id, false))
        rc = ST_EXISTS;
    if (!rc && !(d = malloc(sizeof(*d) + e.name.n)))
        rc = ST_NOMEM;
    if (rc) {
        close(fd);
        return rc;
    }
    *d = (struct doc){.fd = fd,
                      .id = e.id,
                      .flow_id = e.flow_id,
                      .size = e.size,
                      .complete = e.complete,
                      .name_n = e.name.n};
    memcpy(d->sha256, e.sha256, sizeof(d->sha256));
    if (e.name.n)
        memcpy(d->name, e.name.p, e.name.n);
    if (map_count(s->map) == DOCS_MAX) {
        drop_oldest(s);
        s->lost++;
    }
    slot = map_insert(s->map, &e.id);
    gh_check(slot);
    *slot = d;
    return 0;
}

struct doc *docs_take(struct docs *s, uint64_t id)
{
    struct doc **slot = map_find(s->map, &id, false), *d;

    if (!slot)
        return NULL;
    d = *slot;
    map_remove(s->map, &id);
    return d;
}

uint64_t docs_lost(const struct docs *s)
{
    return s->lost;
}

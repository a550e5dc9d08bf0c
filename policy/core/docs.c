/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/docs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/msg.h"

#include <stdlib.h>
#include <unistd.h>

#define RECORD_ARENA (16u << 20)
#define RECORD_DEPTH 24

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

/* 64 hex digits to 32 bytes; left at zeros when they are not that. */
static void take_hash(struct span text, uint8_t out[static 32])
{
    uint8_t bytes[32];

    if (text.n != 64)
        return;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        unsigned v = c >= '0' && c <= '9'   ? c - (unsigned)'0'
                     : c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10
                                            : 16;
        if (v == 16)
            return;
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] << 4 | v : v);
    }
    memcpy(out, bytes, sizeof(bytes));
}

struct doc *doc_unkept(struct span record)
{
    struct arena *a = arena_new(RECORD_ARENA);
    struct json *r = NULL;
    struct doc *d = NULL;
    const struct json *info, *hash;
    struct span name;

    if (!a || json_parse(a, record, RECORD_DEPTH, &r, NULL) != 0)
        goto out;
    info = json_get(r, "fileinfo");
    if (json_i64(json_get(info, "size"), 0) <= 0)
        goto out;
    name = span_str(json_cstr(json_get(info, "filename"), ""));
    d = malloc(sizeof(*d) + name.n);
    if (!d)
        goto out;
    *d = (struct doc){.fd = -1, .flow_id = (uint64_t)json_i64(json_get(r, "flow_id"), 0), .name_n = name.n};
    d->size = (uint64_t)json_i64(json_get(info, "size"), 0);
    hash = json_get(info, "sha256");
    if (hash && hash->type == JSON_STRING)
        take_hash(hash->s, d->sha256);
    if (name.n)
        memcpy(d->name, name.p, name.n);
out:
    arena_free(a);
    return d;
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
    uint64_t size = 0;
    int rc = event_document_get(body, &e);

    if (!rc && (msg_memfd_check(fd, &size) != 0 || size != e.size))
        rc = ST_MALFORMED;
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

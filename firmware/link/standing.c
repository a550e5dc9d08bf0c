/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/standing.h"
#include "base/file.h"
#include "firmware/link/goods_dir.h"

#include <stdio.h>

#define STANDING_MAX 8192

static const char *const states[] = {"running", "waiting", "refused", "failed", "trying"};

static bool read_hash(struct span hex, uint8_t out[static SEAL_HASH])
{
    struct reader r = reader_span(hex);

    if (hex.n != 2 * SEAL_HASH)
        return false;
    for (size_t i = 0; i < SEAL_HASH; i++) {
        unsigned v = 0;
        for (int k = 0; k < 2; k++) {
            uint8_t c = reader_u8(&r);
            v = v << 4 | (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        out[i] = (uint8_t)v;
    }
    return true;
}

static void read_goods(const struct json *j, struct standing_goods *g)
{
    const struct json *hash = json_get(j, "manifest");

    snprintf(g->name, sizeof(g->name), "%s", json_cstr(json_get(j, "name"), ""));
    snprintf(g->version, sizeof(g->version), "%s", json_cstr(json_get(j, "version"), ""));
    g->serial = (uint64_t)json_i64(json_get(j, "serial"), 0);
    if (!hash || hash->type != JSON_STRING || !read_hash(hash->s, g->manifest))
        memset(g->manifest, 0, SEAL_HASH);
}

void standing_load(const char *path, struct standing *ret)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct writer w;
    int64_t serial;

    *ret = (struct standing){.state = states[0]};
    writer_init(&w, STANDING_MAX + 65536);
    if (a && goods_dir_read(path, STANDING_MAX, &w) == 0 &&
        json_parse(a, writer_span(&w), 8, &j, NULL) == 0 &&
        (serial = json_i64(json_get(j, "serial"), 0)) > 0) {
        ret->serial = (uint64_t)serial;
        for (size_t i = 0; i < GH_COUNT(states); i++)
            if (!strcmp(states[i], json_cstr(json_get(j, "state"), "")))
                ret->state = states[i];
        snprintf(ret->reason, sizeof(ret->reason), "%s", json_cstr(json_get(j, "reason"), ""));
        read_goods(j, &ret->ordered);
        read_goods(json_get(j, "running"), &ret->running);
        read_goods(json_get(j, "before"), &ret->before);
    }
    writer_done(&w);
    arena_free(a);
}

static void put_goods(const struct standing_goods *g, struct jw *j)
{
    jw_kcstr(j, "name", g->name);
    jw_kcstr(j, "version", g->version);
    jw_khex(j, "manifest", g->manifest, SEAL_HASH);
}

static void put_named(const char *key, const struct standing_goods *g, struct jw *j)
{
    if (!*g->name)
        return;
    jw_kobj(j, key);
    put_goods(g, j);
    jw_ku64(j, "serial", g->serial);
    jw_end_obj(j);
}

static void put(enum goods_kind kind, const struct standing *s, bool whole, struct jw *j)
{
    jw_obj(j);
    jw_kcstr(j, "what", "goods");
    jw_kcstr(j, "kind", goods_kind_names[kind]);
    jw_ku64(j, "serial", s->serial);
    jw_kcstr(j, "state", s->state);
    if (*s->reason)
        jw_kcstr(j, "reason", s->reason);
    if (*s->ordered.name)
        put_goods(&s->ordered, j);
    put_named("running", &s->running, j);
    if (whole)
        put_named("before", &s->before, j);
    jw_end_obj(j);
}

void standing_put(enum goods_kind kind, const struct standing *s, struct jw *j)
{
    put(kind, s, false, j);
}

int standing_save(const char *path, enum goods_kind kind, const struct standing *s)
{
    struct writer w;
    struct jw j;
    int rc;

    writer_init(&w, STANDING_MAX);
    jw_init(&j, &w);
    put(kind, s, true, &j);
    rc = writer_ok(&w) ? file_replace(path, writer_span(&w), 0640) : ST_LIMIT;
    writer_done(&w);
    return rc;
}

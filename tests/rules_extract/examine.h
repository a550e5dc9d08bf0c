/* SPDX-License-Identifier: GPL-3.0-or-later
 * examine: what tests of the document readers share: examine bytes, look at the answer as JSON, build a zip.
 */
#ifndef GH_TESTS_EXAMINE_H
#define GH_TESTS_EXAMINE_H

#include "base/clock.h"
#include "base/json.h"
#include "rules/document.h"
#include "tests/check.h"

struct examined {
    struct arena *arena;
    struct writer out;
    struct json *json; /* NULL when the answer was no JSON */
};

static inline struct conf examine_conf(void)
{
    struct conf c;

    conf_defaults(&c);
    return c;
}
static inline void examine_done(struct examined *e)
{
    arena_free(e->arena);
    writer_done(&e->out);
}
/* conf NULL: defaults. The caller calls examine_done. */
static inline struct examined examine(struct span in, const char *name, const struct conf *conf)
{
    struct examined e = {.arena = arena_new(256u << 20)};
    struct conf defaults = examine_conf();
    struct document_job job = {.in = in,
                               .name = span_str(name),
                               .want_text = true,
                               .conf = conf ? conf : &defaults,
                               .deadline_ms = clock_mono_ms() + 60000};

    writer_init(&e.out, 256u << 20);
    CHECK(document_examine(&job, &e.out) == 0);
    if (json_parse(e.arena, writer_span(&e.out), 128, &e.json, NULL) != 0)
        e.json = NULL;
    CHECK(e.json != NULL);
    return e;
}
static inline struct examined examine_str(const char *text, const char *name)
{
    return examine(span_str(text), name, NULL);
}
static inline const char *json_text(const struct json *j, const char *key)
{
    return json_cstr(json_get(j, key), "");
}
static inline const struct json *json_at(const struct json *array, size_t i)
{
    const struct json *it = array ? array->child : NULL;

    while (it && i--)
        it = it->next;
    return it;
}
static inline const struct json *member_at(const struct json *j, size_t i)
{
    return json_at(json_get(j, "members"), i);
}
static inline bool contains(const char *hay, const char *needle)
{
    return strstr(hay, needle) != NULL;
}

/* A zip of stored members, built by hand so that it may lie. */
struct zip_maker {
    struct writer w, directory;
    unsigned n;
};
struct zip_lie {
    uint16_t flags, method;
    uint32_t size, packed; /* 0: the truth */
    bool own_offset;       /* use offset instead of the member's place */
    uint32_t offset;
};
static inline void zip_head(struct writer *w, bool central, struct span name, struct span data,
                            const struct zip_lie *lie, uint32_t offset, uint32_t crc)
{
    writer_le(w, central ? 0x02014b50 : 0x04034b50, 4);
    if (central)
        writer_le(w, 20, 2);
    writer_le(w, 20, 2);
    writer_le(w, lie->flags, 2);
    writer_le(w, lie->method, 2);
    writer_le(w, 0, 4);
    writer_le(w, crc, 4);
    writer_le(w, lie->packed ? lie->packed : data.n, 4);
    writer_le(w, lie->size ? lie->size : data.n, 4);
    writer_le(w, name.n, 2);
    writer_le(w, 0, 2);
    if (central) {
        writer_le(w, 0, 2);
        writer_le(w, 0, 8);
        writer_le(w, lie->own_offset ? lie->offset : offset, 4);
    }
    writer_put(w, name);
}
/* crc 0: not checked by readers that see no checksum. */
static inline void zip_put(struct zip_maker *z, struct span name, struct span data, const struct zip_lie *lie)
{
    static const struct zip_lie truth;
    uint32_t offset;

    if (!z->n++) {
        writer_init(&z->w, 64u << 20);
        writer_init(&z->directory, 64u << 20);
    }
    offset = (uint32_t)z->w.n;
    zip_head(&z->w, false, name, data, lie ? lie : &truth, 0, 0);
    writer_put(&z->w, data);
    zip_head(&z->directory, true, name, data, lie ? lie : &truth, offset, 0);
}
static inline struct span zip_end(struct zip_maker *z)
{
    size_t at = z->w.n;

    writer_put(&z->w, writer_span(&z->directory));
    writer_le(&z->w, 0x06054b50, 4);
    writer_le(&z->w, 0, 4);
    writer_le(&z->w, z->n, 2);
    writer_le(&z->w, z->n, 2);
    writer_le(&z->w, z->directory.n, 4);
    writer_le(&z->w, at, 4);
    writer_le(&z->w, 0, 2);
    return writer_span(&z->w);
}
static inline void zip_free(struct zip_maker *z)
{
    writer_done(&z->w);
    writer_done(&z->directory);
    *z = (struct zip_maker){.n = 0};
}

#endif

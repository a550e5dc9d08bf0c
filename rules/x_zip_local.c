/* SPDX-License-Identifier: GPL-3.0-or-later
 * Members of a zip that stand in no directory, found by their local headers (APPNOTE 4.3.7). */
#include "rules/x_zip_entry.h"

#include <stdlib.h>

#define NAME_MAX_BYTES 1024
#define METHOD_MAX 99

static const struct span signature = {(const uint8_t *)"PK\3\4", 4};

/* The member whose local header stands at `at`; what does not tell its size reaches to limit. False when it
 * is none: four bytes may look like a signature anywhere. *ret_end: behind it. */
static bool read_local(const struct zip *z, size_t at, size_t limit, struct zip_entry *ret, size_t *ret_end)
{
    struct reader r = reader_span(span_part(z->in, 0, limit));
    struct zip_entry e = {.offset = (uint64_t)at - z->base};
    uint16_t flags, name, extra;

    reader_seek(&r, at + 6);
    flags = reader_le16(&r);
    e.method = reader_le16(&r);
    reader_skip(&r, 4);
    e.crc = reader_le32(&r);
    e.packed = reader_le32(&r);
    e.size = reader_le32(&r);
    name = reader_le16(&r);
    extra = reader_le16(&r);
    e.name = reader_take(&r, name);
    reader_skip(&r, extra);
    if (!reader_ok(&r) || !name || name > NAME_MAX_BYTES || e.method > METHOD_MAX)
        return false;
    for (size_t i = 0; i < e.name.n; i++)
        if (e.name.p[i] < ' ')
            return false;
    zip_entry_flags(&e, flags);
    if (flags & 8 || e.packed > reader_left(&r)) {
        ptrdiff_t next = span_find(span_part(z->in, 0, limit), signature, r.pos);
        e.packed = (next < 0 ? limit : (size_t)next) - r.pos;
        e.size = 0;
        e.crc = 0;
    }
    *ret_end = r.pos + (size_t)e.packed;
    *ret = e;
    return true;
}

/* All members between from and limit. False beyond the ceilings. */
static bool walk(struct zip *z, struct arena *a, size_t from, size_t limit)
{
    struct span part = span_part(z->in, 0, limit);
    ptrdiff_t at;

    for (; (at = span_find(part, signature, from)) >= 0;) {
        struct zip_entry e;
        size_t end;
        if (!read_local(z, (size_t)at, limit, &e, &end)) {
            from = (size_t)at + 4;
            continue;
        }
        if (!zip_entry_add(z, a, &e))
            return false;
        from = end;
    }
    return true;
}

void zip_walk(struct zip *z, struct arena *a)
{
    z->damaged = true;
    z->base = 0;
    walk(z, a, 0, z->in.n);
}

struct extent {
    uint64_t from, packed;
};

static int compare(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* Where the member that begins at an extent ends. */
static uint64_t extent_end(const struct zip *z, const struct extent *x)
{
    struct reader r = reader_span(z->in);
    uint64_t end;
    uint16_t name, extra;

    if (x->from > z->in.n || zip_u32_at(z->in, x->from) != ZIP_LOCAL_SIG)
        return 0;
    reader_seek(&r, (size_t)x->from);
    reader_skip(&r, 26);
    name = reader_le16(&r);
    extra = reader_le16(&r);
    end = x->from + 30u + name + extra;
    return end > z->in.n || x->packed > z->in.n - end ? z->in.n : end + x->packed;
}

bool zip_find_unlisted(struct zip *z, struct arena *a, uint64_t directory)
{
    size_t n = z->n;
    struct extent *v = arena_array(a, n + 1, sizeof(*v));
    uint64_t pos = z->base;

    if (!v)
        return false;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct extent){z->v[i].offset > z->in.n ? z->in.n : z->base + z->v[i].offset, z->v[i].packed};
    qsort(v, n, sizeof(*v), compare);
    v[n] = (struct extent){directory < z->in.n ? directory : z->in.n, 0};
    for (size_t i = 0; i <= n; i++) {
        uint64_t end;
        if (v[i].from > pos && v[i].from <= z->in.n && !walk(z, a, (size_t)pos, (size_t)v[i].from))
            return false;
        if (v[i].from > pos)
            pos = v[i].from;
        end = extent_end(z, &v[i]);
        pos = end > pos ? end : pos;
    }
    return true;
}

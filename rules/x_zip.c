/* SPDX-License-Identifier: GPL-3.0-or-later
 * The directory of a zip (APPNOTE 6.3.10, 4.3 to 4.5): believed about names and places only. */
#include "rules/x_zip_entry.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>

#define CENTRAL_SIG 0x02014b50u
#define END_SIG 0x06054b50u
#define END64_SIG 0x06064b50u
#define LOCATOR64_SIG 0x07064b50u
#define END_SIZE 22
#define COMMENT_MAX 65535

struct end_record {
    uint64_t at, offset, size, count;
    bool spanned;
};

uint32_t zip_u32_at(struct span s, uint64_t off)
{
    struct reader r = reader_span(span_part(s, off > SIZE_MAX ? SIZE_MAX : (size_t)off, 4));

    return reader_le32(&r);
}

/* The zip64 record stands where its locator says, or else right before the locator. */
static void read_end64(struct span in, struct end_record *e)
{
    struct reader r;
    uint64_t off;

    if (e->at < 20 || zip_u32_at(in, e->at - 20) != LOCATOR64_SIG)
        return;
    r = reader_span(span_part(in, (size_t)e->at - 12, 8));
    off = reader_le64(&r);
    if (zip_u32_at(in, off) != END64_SIG)
        off = e->at - 20 >= 56 ? e->at - 20 - 56 : 0;
    if (zip_u32_at(in, off) != END64_SIG)
        return;
    r = reader_span(span_part(in, (size_t)off, 56));
    reader_skip(&r, 32);
    e->count = reader_le64(&r);
    e->size = reader_le64(&r);
    e->offset = reader_le64(&r);
    e->at = off;
}

static bool find_end(struct span in, struct end_record *ret)
{
    size_t lowest = in.n > END_SIZE + COMMENT_MAX ? in.n - END_SIZE - COMMENT_MAX : 0;

    if (in.n < END_SIZE)
        return false;
    for (size_t at = in.n - END_SIZE + 1; at-- > lowest;) {
        struct reader r;
        if (in.p[at] != 'P' || zip_u32_at(in, at) != END_SIG)
            continue;
        r = reader_span(span_part(in, at + 4, END_SIZE - 4));
        *ret = (struct end_record){.at = at};
        ret->spanned = reader_le16(&r) != 0;
        ret->spanned |= reader_le16(&r) != 0;
        reader_skip(&r, 2);
        ret->count = reader_le16(&r);
        ret->size = reader_le32(&r);
        ret->offset = reader_le32(&r);
        read_end64(in, ret);
        return true;
    }
    return false;
}

bool zip_ends(struct span in)
{
    struct end_record end;
    struct reader r;

    if (!find_end(in, &end))
        return false;
    r = reader_span(span_part(in, (size_t)end.at + 20, 2));
    return end.count && end.at + END_SIZE + reader_le16(&r) == in.n;
}

bool zip_entry_add(struct zip *z, struct arena *a, const struct zip_entry *e)
{
    if (z->n >= ZIP_ENTRIES_MAX) {
        z->damaged = true;
        return false;
    }
    if (z->n == z->cap) {
        size_t more = z->cap ? z->cap * 2 : 64;
        struct zip_entry *v = arena_array(a, more, sizeof(*v));
        if (!v) {
            z->damaged = true;
            return false;
        }
        if (z->n)
            memcpy(v, z->v, z->n * sizeof(*v));
        z->v = v;
        z->cap = more;
    }
    z->v[z->n++] = *e;
    return true;
}

void zip_entry_flags(struct zip_entry *e, uint16_t flags)
{
    e->encrypted = (flags & 1) || e->method == 99; /* 99: AES by its own header */
    e->utf8 = flags & 0x800;
    e->directory = e->name.n && (e->name.p[e->name.n - 1] == '/' || e->name.p[e->name.n - 1] == '\\');
}

/* Zip64 sizes and the Unicode name (Info-ZIP 0x7075, believed when its checksum fits the old name). */
static void read_extra(struct span extra, struct zip_entry *e)
{
    struct reader r = reader_span(extra);

    while (reader_left(&r) >= 4) {
        uint16_t id = reader_le16(&r), n = reader_le16(&r);
        struct reader f = reader_sub(&r, n);
        if (id == 1) {
            if (e->size == UINT32_MAX)
                e->size = reader_le64(&f);
            if (e->packed == UINT32_MAX)
                e->packed = reader_le64(&f);
            if (e->offset == UINT32_MAX)
                e->offset = reader_le64(&f);
        } else if (id == 0x7075 && n > 5 && reader_u8(&f) == 1) {
            struct span name;
            uint32_t crc = reader_le32(&f);
            name = reader_rest(&f);
            if (crc == zip_crc(e->name) && text_is_utf8(name)) {
                e->name = name;
                e->utf8 = true;
            }
        }
    }
}

static bool read_central(struct reader *r, struct zip_entry *ret)
{
    struct zip_entry e = {0};
    uint16_t flags, name, extra, comment;

    if (reader_le32(r) != CENTRAL_SIG)
        return false;
    reader_skip(r, 4);
    flags = reader_le16(r);
    e.method = reader_le16(r);
    reader_skip(r, 4);
    e.crc = reader_le32(r);
    e.packed = reader_le32(r);
    e.size = reader_le32(r);
    name = reader_le16(r);
    extra = reader_le16(r);
    comment = reader_le16(r);
    reader_skip(r, 8);
    e.offset = reader_le32(r);
    e.name = reader_take(r, name);
    zip_entry_flags(&e, flags);
    read_extra(reader_take(r, extra), &e);
    if (!reader_ok(r))
        return false;
    reader_skip(r, comment); /* a cut comment ends the list, but this entry is whole */
    *ret = e;
    return true;
}

static void read_directory(struct zip *z, struct arena *a, const struct end_record *end)
{
    struct reader r = reader_span(z->in);
    struct zip_entry e;

    /* What stands before the archive shifts all offsets: the directory ends where the end record begins. */
    if (end->size <= end->at && end->at - end->size > end->offset &&
        zip_u32_at(z->in, end->offset) != CENTRAL_SIG &&
        zip_u32_at(z->in, end->at - end->size) == CENTRAL_SIG)
        z->base = end->at - end->size - end->offset;
    if (end->offset > z->in.n || z->base > z->in.n - end->offset)
        return;
    reader_seek(&r, (size_t)(z->base + end->offset));
    while (read_central(&r, &e))
        if (!zip_entry_add(z, a, &e))
            return;
    if (z->n < end->count || end->spanned)
        z->damaged = true;
    if (z->n && !zip_find_unlisted(z, a, z->base + end->offset))
        z->damaged = true;
}

static struct span plain_name(struct span name)
{
    while (name.n && (name.p[0] == '/' || name.p[0] == '\\'))
        name = span_part(name, 1, name.n);
    return name;
}

static int compare_names(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int x = a.p[i] == '\\' ? '/' : tolower(a.p[i]), y = b.p[i] == '\\' ? '/' : tolower(b.p[i]);
        if (x != y)
            return x - y;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_entries(const void *a, const void *b)
{
    const struct zip_entry *x = *(const struct zip_entry *const *)a, *y = *(const struct zip_entry *const *)b;
    int c = compare_names(plain_name(x->name), plain_name(y->name));

    return c ? c : x < y ? -1 : x > y;
}

static bool sort_names(struct zip *z, struct arena *a)
{
    z->sorted = arena_array(a, z->n, sizeof(const struct zip_entry *));
    if (!z->sorted)
        return false;
    for (size_t i = 0; i < z->n; i++)
        z->sorted[i] = &z->v[i];
    qsort(z->sorted, z->n, sizeof(const struct zip_entry *), compare_entries);
    return true;
}

int zip_open(struct arena *a, struct span in, struct zip **ret)
{
    struct zip *z = arena_alloc(a, sizeof(*z));
    struct end_record end;

    if (!z)
        return ST_NOMEM;
    z->in = in;
    if (find_end(in, &end))
        read_directory(z, a, &end);
    if (!z->n)
        zip_walk(z, a);
    if (!z->n)
        return ST_MALFORMED;
    if (!sort_names(z, a))
        return ST_NOMEM;
    *ret = z;
    return 0;
}

size_t zip_count(const struct zip *z)
{
    return z->n;
}

const struct zip_entry *zip_at(const struct zip *z, size_t i)
{
    return i < z->n ? &z->v[i] : NULL;
}

bool zip_damaged(const struct zip *z)
{
    return z->damaged;
}

const struct zip_entry *zip_find_span(const struct zip *z, struct span name)
{
    size_t lo = 0, hi = z->n;

    name = plain_name(name);
    while (lo < hi) { /* the first that is not below the name */
        size_t mid = lo + (hi - lo) / 2;
        if (compare_names(plain_name(z->sorted[mid]->name), name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < z->n && compare_names(plain_name(z->sorted[lo]->name), name) == 0 ? z->sorted[lo] : NULL;
}

const struct zip_entry *zip_find(const struct zip *z, const char *name)
{
    return zip_find_span(z, span_str(name));
}

enum unread zip_unread(int rc)
{
    switch (rc) {
    case ST_ENCRYPTED:
        return UNREAD_ENCRYPTED;
    case ST_UNSUPPORTED:
        return UNREAD_UNSUPPORTED;
    case ST_TIMEOUT:
        return UNREAD_TIMEOUT;
    case ST_LIMIT:
    case ST_NOMEM:
        return UNREAD_TOO_LARGE;
    default:
        return UNREAD_CORRUPT;
    }
}

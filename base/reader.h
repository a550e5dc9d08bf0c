/* SPDX-License-Identifier: GPL-3.0-or-later
 * reader: bounded cursor over bytes that somebody else owns. Parsers read through it and nothing else.
 *
 * Failure is sticky: after the first read past the end every read gives zero (or an empty span) and reader_ok() is
 * false, so a parser may ask once at its end. The bytes must outlive the reader. Value type, no allocation, any thread. */
#ifndef GH_BASE_READER_H
#define GH_BASE_READER_H

#include "base/status.h"
#include <string.h>

/* A stretch of bytes owned by somebody else. */
struct span {
    const uint8_t *p;
    size_t n;
};
struct reader {
    const uint8_t *p;
    size_t n;   /* bytes in all */
    size_t pos; /* next byte; pos <= n always */
    bool bad;   /* a read went past the end */
};

static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){p, n};
}
static inline struct span span_str(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}
/* The part of s from off with at most n bytes; clipped to s, never outside it. */
static inline struct span span_part(struct span s, size_t off, size_t n)
{
    if (off > s.n)
        off = s.n;
    if (n > s.n - off)
        n = s.n - off;
    return (struct span){off ? s.p + off : s.p, n}; /* to NULL, where an empty span may be, not even 0 is added */
}
static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool span_starts(struct span a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}
/* ASCII case-insensitive; the first compares n bytes that both have. */
bool span_same_nocase(const uint8_t *a, const char *b, size_t n);
static inline bool span_eq_nocase(struct span a, const char *b)
{
    return a.n == strlen(b) && span_same_nocase(a.p, b, a.n);
}
static inline bool span_starts_nocase(struct span a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && span_same_nocase(a.p, prefix, n);
}
/* Offset of needle in hay at or after from, or -1; the first is for when it has room there. */
ptrdiff_t span_search(struct span hay, struct span needle, size_t from);
static inline ptrdiff_t span_find(struct span hay, struct span needle, size_t from)
{
    return from <= hay.n && needle.n <= hay.n - from ? span_search(hay, needle, from) : -1;
}
ptrdiff_t span_find_byte(struct span hay, uint8_t c, size_t from);
/* ASCII blanks (space, tab, CR, LF) cut off both ends. */
struct span span_trim(struct span s);
/* Decimal digits to number; false when empty, not all digits, or past max. */
bool span_number(struct span s, uint64_t max, uint64_t *ret);

static inline struct reader reader_of(const void *p, size_t n)
{
    return (struct reader){p, n, 0, false};
}
static inline struct reader reader_span(struct span s)
{
    return (struct reader){s.p, s.n, 0, false};
}
static inline bool reader_ok(const struct reader *r)
{
    return !r->bad;
}
static inline size_t reader_left(const struct reader *r)
{
    return r->bad ? 0 : r->n - r->pos;
}
/* True when n more bytes are there; otherwise the reader has failed. */
static inline bool reader_need(struct reader *r, size_t n)
{
    if (r->bad || r->n - r->pos < n) {
        r->bad = true;
        return false;
    }
    return true;
}
static inline uint8_t reader_u8(struct reader *r)
{
    return reader_need(r, 1) ? r->p[r->pos++] : 0;
}
static inline uint64_t reader_be(struct reader *r, unsigned bytes)
{
    uint64_t v = 0;
    if (!reader_need(r, bytes))
        return 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | r->p[r->pos++];
    return v;
}
static inline uint64_t reader_le(struct reader *r, unsigned bytes)
{
    uint64_t v = 0;
    if (!reader_need(r, bytes))
        return 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)r->p[r->pos++] << (8 * i);
    return v;
}
static inline uint16_t reader_be16(struct reader *r)
{
    return (uint16_t)reader_be(r, 2);
}
static inline uint32_t reader_be24(struct reader *r)
{
    return (uint32_t)reader_be(r, 3);
}
static inline uint32_t reader_be32(struct reader *r)
{
    return (uint32_t)reader_be(r, 4);
}
static inline uint64_t reader_be64(struct reader *r)
{
    return reader_be(r, 8);
}
static inline uint16_t reader_le16(struct reader *r)
{
    return (uint16_t)reader_le(r, 2);
}
static inline uint32_t reader_le32(struct reader *r)
{
    return (uint32_t)reader_le(r, 4);
}
static inline uint64_t reader_le64(struct reader *r)
{
    return reader_le(r, 8);
}
/* The byte at off from here without moving; 0 when it is not there (no failure). */
static inline uint8_t reader_peek(const struct reader *r, size_t off)
{
    return !r->bad && off < r->n - r->pos ? r->p[r->pos + off] : 0;
}
static inline void reader_skip(struct reader *r, size_t n)
{
    if (reader_need(r, n))
        r->pos += n;
}
/* Moves to an absolute offset; fails past the end. */
static inline void reader_seek(struct reader *r, size_t pos)
{
    if (r->bad || pos > r->n)
        r->bad = true;
    else
        r->pos = pos;
}
/* The next n bytes as a span, and past them; an empty span on failure. */
static inline struct span reader_take(struct reader *r, size_t n)
{
    struct span s = {NULL, 0};
    if (reader_need(r, n)) {
        s = (struct span){r->pos ? r->p + r->pos : r->p, n};
        r->pos += n;
    }
    return s;
}
/* All that is left. */
static inline struct span reader_rest(struct reader *r)
{
    return reader_take(r, reader_left(r));
}
/* A reader over the next n bytes, and past them; it inherits failure. */
static inline struct reader reader_sub(struct reader *r, size_t n)
{
    struct span s = reader_take(r, n);
    return (struct reader){s.p, s.n, 0, r->bad};
}
/* Copies n bytes to dst; dst is zeroed on failure. */
static inline void reader_copy(struct reader *r, void *dst, size_t n)
{
    struct span s = reader_take(r, n);
    if (s.n == n && n)
        memcpy(dst, s.p, n);
    else if (n)
        memset(dst, 0, n);
}
/* One line without its CR LF or LF; false when no line end is left (the reader does not move then). */
bool reader_line(struct reader *r, struct span *ret);

#endif

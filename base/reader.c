/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool span_same_nocase(const uint8_t *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower((uint8_t)b[i]))
            return false;
    return true;
}

ptrdiff_t span_search(struct span hay, struct span needle, size_t from)
{
    const uint8_t *hit;

    if (needle.n == 0)
        return (ptrdiff_t)from;
    hit = memmem(hay.p + from, hay.n - from, needle.p, needle.n);
    return hit ? hit - hay.p : -1;
}

ptrdiff_t span_find_byte(struct span hay, uint8_t c, size_t from)
{
    const uint8_t *hit = from < hay.n ? memchr(hay.p + from, c, hay.n - from) : NULL;
    return hit ? hit - hay.p : -1;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
    while (s.n && blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_number(struct span s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;

    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t d = (uint8_t)(s.p[i] - '0');
        if (d > 9 || v > (max - d) / 10)
            return false;
        v = v * 10 + d;
        if (v > max)
            return false;
    }
    *ret = v;
    return true;
}

bool reader_line(struct reader *r, struct span *ret)
{
    struct span rest = span_part(span_of(r->p, r->n), r->pos, reader_left(r));
    ptrdiff_t end = span_find_byte(rest, '\n', 0);

    if (end < 0)
        return false;
    *ret = (struct span){rest.p, (size_t)end};
    if (ret->n && ret->p[ret->n - 1] == '\r')
        ret->n--;
    r->pos += (size_t)end + 1;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "console/http/head.h"

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(struct arena *a, struct span text, struct span *ret)
{
    struct reader r = reader_span(text);
    uint8_t *out = arena_alloc(a, text.n + 1);
    struct writer w;

    if (!out)
        return ST_NOMEM;
    writer_fixed(&w, out, text.n + 1);
    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = hex(reader_u8(&r)), low = hex(reader_u8(&r));
            if (!reader_ok(&r) || high < 0 || low < 0)
                return ST_MALFORMED;
            c = (uint8_t)(high << 4 | low);
        }
        if (c < 0x20 || c == 0x7f)
            return ST_MALFORMED;
        writer_u8(&w, c);
    }
    if (!text_is_utf8(writer_span(&w)))
        return ST_MALFORMED;
    *ret = writer_span(&w); /* the arena's zeroed byte behind it ends the string */
    return 0;
}

int query_parse(struct arena *a, struct span text, struct query *ret)
{
    struct query q = {.n = 0};
    int rc;

    while (text.n) {
        ptrdiff_t end = span_find_byte(text, '&', 0), eq;
        struct span pair = span_part(text, 0, end < 0 ? text.n : (size_t)end), name, value;
        text = end < 0 ? (struct span){NULL, 0} : span_part(text, (size_t)end + 1, text.n);
        if (!pair.n)
            continue;
        if (q.n == GH_COUNT(q.v))
            return ST_LIMIT;
        eq = span_find_byte(pair, '=', 0);
        name = eq < 0 ? pair : span_part(pair, 0, (size_t)eq);
        value = eq < 0 ? (struct span){NULL, 0} : span_part(pair, (size_t)eq + 1, pair.n);
        rc = decode(a, name, &q.v[q.n].name);
        if (!rc)
            rc = decode(a, value, &q.v[q.n].value);
        if (rc)
            return rc;
        for (size_t i = 0; i < q.n; i++)
            if (span_eq(q.v[i].name, q.v[q.n].name))
                return ST_MALFORMED;
        q.n++;
    }
    *ret = q;
    return 0;
}

const struct span *query_get(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (span_eq(q->v[i].name, span_str(name)))
            return &q->v[i].value;
    return NULL;
}

bool cookie_find(struct span header, const char *name, struct span *ret)
{
    struct span found = {NULL, 0};
    unsigned times = 0;

    while (header.n) {
        ptrdiff_t end = span_find_byte(header, ';', 0), eq;
        struct span one = span_trim(span_part(header, 0, end < 0 ? header.n : (size_t)end));
        header = end < 0 ? (struct span){NULL, 0} : span_part(header, (size_t)end + 1, header.n);
        eq = span_find_byte(one, '=', 0);
        if (eq < 0 || !span_eq(span_part(one, 0, (size_t)eq), span_str(name)))
            continue;
        found = span_part(one, (size_t)eq + 1, one.n);
        times++;
    }
    if (times != 1)
        return false;
    *ret = found;
    return true;
}

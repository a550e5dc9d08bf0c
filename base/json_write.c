/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "base/text.h"

#include <math.h>

void jw_init(struct jw *j, struct writer *w)
{
    *j = (struct jw){.w = w};
}

/* The comma before a value, unless it is the first of its level or stands behind its key. */
static void before(struct jw *j)
{
    uint64_t bit = 1ull << (j->depth & 63);

    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->more & bit)
        writer_u8(j->w, ',');
    j->more |= bit;
}

static void open_level(struct jw *j, uint8_t c)
{
    before(j);
    writer_u8(j->w, c);
    j->depth++;
    gh_check(j->depth < 64);
    j->more &= ~(1ull << j->depth);
}

static void close_level(struct jw *j, uint8_t c)
{
    gh_check(j->depth > 0);
    j->depth--;
    writer_u8(j->w, c);
}

void jw_obj(struct jw *j)
{
    open_level(j, '{');
}

void jw_arr(struct jw *j)
{
    open_level(j, '[');
}

void jw_end_obj(struct jw *j)
{
    close_level(j, '}');
}

void jw_end_arr(struct jw *j)
{
    close_level(j, ']');
}

void jw_end_karr(struct jw *j, const char *key)
{
    bool empty = !(j->more >> (j->depth & 63) & 1);
    size_t start = strlen(key) + strlen("\"\":[");

    if (!empty || !writer_ok(j->w)) {
        jw_end_arr(j);
        return;
    }
    gh_check(j->depth > 0 && j->w->n >= start);
    j->depth--;
    j->w->n -= start;
    if (j->w->n && j->w->p[j->w->n - 1] == ',')
        j->w->n--;
    else
        j->more &= ~(1ull << (j->depth & 63));
}

/* Per byte: 0 plain, 1 must be escaped, 2 part of a multi-byte sequence. */
static const uint8_t byte_class[256] = {
    [0 ... 31] = 1, ['"'] = 1, ['\\'] = 1, [127] = 1, [128 ... 255] = 2,
};

static void escape(struct jw *j, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    char two[2] = {'\\', 0};

    switch (c) {
    case '"':
    case '\\':
        two[1] = (char)c;
        break;
    case '\n':
        two[1] = 'n';
        break;
    case '\r':
        two[1] = 'r';
        break;
    case '\t':
        two[1] = 't';
        break;
    default: {
        char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        writer_bytes(j->w, six, 6);
        return;
    }
    }
    writer_bytes(j->w, two, 2);
}

static void quoted(struct jw *j, struct span s)
{
    size_t i = 0, run = 0;

    writer_u8(j->w, '"');
    while (i < s.n && byte_class[s.p[i]] == 0)
        i++;
    while (i < s.n) {
        uint8_t class = byte_class[s.p[i]];
        if (class == 0) {
            i++;
            continue;
        }
        if (class == 1) {
            writer_bytes(j->w, s.p + run, i - run);
            escape(j, s.p[i++]);
            run = i;
            continue;
        }
        size_t at = i;
        uint32_t cp = text_next(s, &i);
        if (cp == TEXT_REPLACEMENT && i - at == 1) {
            writer_bytes(j->w, s.p + run, at - run);
            text_put(j->w, TEXT_REPLACEMENT);
            run = i;
        }
    }
    writer_bytes(j->w, s.n ? s.p + run : s.p, i - run);
    writer_u8(j->w, '"');
}

void jw_key_plain(struct jw *j, const char *key, size_t n)
{
    uint8_t *to;

    before(j);
    to = writer_reserve(j->w, n + 3); /* in one piece: events are mostly keys */
    if (to) {
        to[0] = '"';
        memcpy(to + 1, key, n);
        to[n + 1] = '"';
        to[n + 2] = ':';
        writer_advance(j->w, n + 3);
    }
    j->after_key = true;
}

void jw_key_span(struct jw *j, struct span key)
{
    before(j);
    quoted(j, key);
    writer_u8(j->w, ':');
    j->after_key = true;
}

void jw_str(struct jw *j, struct span s)
{
    before(j);
    quoted(j, s);
}

void jw_plain(struct jw *j, struct span plain)
{
    uint8_t *to;

    before(j);
    to = writer_reserve(j->w, plain.n + 2);
    if (to) {
        to[0] = '"';
        memcpy(to + 1, plain.p, plain.n);
        to[plain.n + 1] = '"';
        writer_advance(j->w, plain.n + 2);
    }
}

void jw_cstr(struct jw *j, const char *s)
{
    if (s)
        jw_str(j, span_str(s));
    else
        jw_null(j);
}

void jw_u64(struct jw *j, uint64_t v)
{
    before(j);
    writer_dec(j->w, v);
}

void jw_i64(struct jw *j, int64_t v)
{
    before(j);
    if (v < 0)
        writer_u8(j->w, '-');
    writer_dec(j->w, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void jw_f64(struct jw *j, double v)
{
    before(j);
    if (!isfinite(v))
        v = 0;
    writer_printf(j->w, "%.6g", v);
}

void jw_bool(struct jw *j, bool v)
{
    before(j);
    writer_str(j->w, v ? "true" : "false");
}

void jw_null(struct jw *j)
{
    before(j);
    writer_bytes(j->w, "null", 4);
}

void jw_raw(struct jw *j, struct span s)
{
    before(j);
    writer_put(j->w, s);
}

void jw_hex(struct jw *j, const void *p, size_t n)
{
    before(j);
    writer_u8(j->w, '"');
    writer_hex(j->w, p, n);
    writer_u8(j->w, '"');
}

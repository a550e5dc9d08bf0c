/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ole_biff.h"

#include "rules/charset.h"

#include <stdio.h>

#define CONTINUE 0x3C

bool biff_init(struct biff *b, struct ole *o)
{
    b->o = o;
    b->codepage = 1252;
    b->version = 8;
    b->page = 0;
    b->row = UINT32_MAX;
    writer_init(&b->strings, BIFF_STRINGS_MAX);
    writer_init(&b->index, BIFF_STRINGS_MAX);
    b->fonts = arena_array(o->arena, BIFF_FONTS_MAX, sizeof(*b->fonts));
    b->formats = arena_array(o->arena, BIFF_FONTS_MAX, sizeof(*b->formats));
    return b->fonts && b->formats;
}

void biff_done(struct biff *b)
{
    biff_row_end(b);
    if (!writer_ok(&b->strings) || !writer_ok(&b->index))
        extract_unread(b->o->x, UNREAD_TOO_LARGE);
    writer_done(&b->strings);
    writer_done(&b->index);
}

/* ---- records in parts ---- */

void biff_parts_init(struct biff_parts *p, struct reader *stream, size_t size)
{
    p->stream = stream;
    p->r = reader_sub(stream, size);
}

bool biff_parts_next(struct biff_parts *p)
{
    struct reader peek = *p->stream;
    size_t size;

    if (reader_left(&peek) < 4 || reader_le16(&peek) != CONTINUE)
        return false;
    size = reader_le16(&peek);
    size = size < reader_left(&peek) ? size : reader_left(&peek);
    p->r = reader_sub(&peek, size);
    *p->stream = peek;
    return true;
}

void biff_chars(struct biff_parts *p, size_t n, bool wide, struct writer *out)
{
    while (n) {
        size_t there = reader_left(&p->r) / (wide ? 2 : 1), take = n < there ? n : there;
        struct span s = reader_take(&p->r, take * (wide ? 2 : 1));

        charset_decode(s, wide ? "utf-16le" : "iso-8859-1",
                       out); /* one byte is the lower half of a UTF-16 unit */
        n -= take;
        if (!n)
            return;
        if (!biff_parts_next(p))
            return;
        wide = reader_u8(&p->r) & 1;
    }
}

/* Goes past n bytes that may run over part borders. */
static void skip(struct biff_parts *p, uint64_t n)
{
    while (n > reader_left(&p->r)) {
        n -= reader_left(&p->r);
        if (!biff_parts_next(p))
            return;
    }
    reader_skip(&p->r, (size_t)n);
}

void biff_string(struct biff *b, struct reader *r, unsigned length_bytes, struct writer *out)
{
    size_t n = (size_t)reader_le(r, length_bytes);
    char name[16];

    if (b->version == 8) {
        uint8_t flags = reader_u8(r);
        bool wide = flags & 1;
        if (flags & 8)
            reader_skip(r, 2);
        if (flags & 4)
            reader_skip(r, 4);
        size_t bytes = wide ? n * 2 : n;
        charset_decode(reader_take(r, bytes < reader_left(r) ? bytes : reader_left(r)),
                       wide ? "utf-16le" : "iso-8859-1", out);
        return;
    }
    snprintf(name, sizeof(name), "cp%u",
             b->codepage == 0x8000   ? 10000
             : b->codepage == 0x8001 ? 1252
                                     : b->codepage);
    charset_decode(reader_take(r, n < reader_left(r) ? n : reader_left(r)),
                   charset_known(name) ? name : "windows-1252", out);
}

/* Strings with runs and phonetic text behind them, all of which may be cut by part borders (MS-XLS 2.5.293).
 */
void biff_shared_strings(struct biff *b, struct biff_parts *p)
{
    uint32_t n;

    if (b->index.n)
        return;
    reader_skip(&p->r, 4);
    n = reader_le32(&p->r);
    writer_le(&b->index, 0, 4);
    for (uint32_t i = 0; i < n && writer_ok(&b->strings) && writer_ok(&b->index); i++) {
        uint16_t chars;
        uint8_t flags;
        uint64_t behind = 0;

        if (!reader_left(&p->r) && !biff_parts_next(p))
            break;
        chars = reader_le16(&p->r);
        flags = reader_u8(&p->r);
        if (flags & 8)
            behind += 4ull * reader_le16(&p->r);
        if (flags & 4)
            behind += reader_le32(&p->r);
        if (!reader_ok(&p->r)) {
            extract_unread(b->o->x, UNREAD_CORRUPT);
            break;
        }
        biff_chars(p, chars, flags & 1, &b->strings);
        skip(p, behind);
        writer_le(&b->index, b->strings.n, 4);
        b->n_strings++;
        if ((i & 0x3FFF) == 0x3FFF && extract_expired(b->o->x))
            break;
    }
    if (b->n_strings < n)
        extract_unread(b->o->x, UNREAD_CORRUPT);
}

/* ---- fonts ---- */

void biff_font(struct biff *b, struct reader r)
{
    struct writer w, name;

    if (b->n_fonts >= BIFF_FONTS_MAX)
        return;
    if (b->n_fonts == 4) /* number 4 is left out */
        b->n_fonts++;
    reader_skip(&r, b->version >= 5 ? 14 : b->version == 2 ? 4 : 6);
    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, 1, &w);
    writer_fixed(&name, b->fonts[b->n_fonts++], BIFF_FONT - 1);
    writer_put(&name, span_part(writer_span(&w), 0, BIFF_FONT - 1));
    writer_done(&w);
}

void biff_format(struct biff *b, struct reader r)
{
    if (b->n_formats < BIFF_FONTS_MAX)
        b->formats[b->n_formats++] = reader_le16(&r);
}

static const char *font_now(const struct biff *b)
{
    unsigned font = b->format < b->n_formats ? b->formats[b->format] : BIFF_FONTS_MAX;

    return font < b->n_fonts && b->fonts[font][0] ? b->fonts[font] : NULL;
}

/* ---- cells ---- */

static enum place place_now(const struct biff *b)
{
    return b->hidden ? PLACE_HIDDEN : PLACE_BODY;
}

void biff_cell(struct biff *b, struct span text)
{
    if (!text.n)
        return;
    if (b->said++)
        extract_text(b->o->x, place_now(b), b->page, span_str("\t"), NULL);
    extract_text(b->o->x, place_now(b), b->page, text, font_now(b));
}

void biff_cell_shared(struct biff *b, uint32_t i)
{
    struct reader r = reader_span(writer_span(&b->index));
    size_t from, to;

    if (i >= b->n_strings) {
        extract_unread(b->o->x, UNREAD_CORRUPT);
        return;
    }
    reader_seek(&r, (size_t)i * 4);
    from = reader_le32(&r);
    to = reader_le32(&r);
    biff_cell(b, span_part(writer_span(&b->strings), from, to - from));
}

void biff_row_end(struct biff *b)
{
    if (b->said)
        extract_line(b->o->x, place_now(b), b->page);
    b->said = 0;
}

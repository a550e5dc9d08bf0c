/* SPDX-License-Identifier: GPL-3.0-or-later
 * Shared strings and cells, whatever they were read from. */
#include "rules/x_ooxml_sheet.h"

#include <stdlib.h>

struct sheet_strings *sheet_strings_new(struct ooxml *o)
{
    struct sheet_strings *t = arena_alloc(o->arena, sizeof(*t));

    if (!t || o->strings) {
        extract_unread(o->x, t ? UNREAD_CORRUPT : UNREAD_TOO_LARGE);
        return NULL;
    }
    writer_init(&t->runs, SHEET_STRINGS_MAX);
    writer_init(&t->index, SHEET_STRINGS_MAX);
    writer_init(&t->used, SHEET_STRINGS_MAX);
    writer_le(&t->index, 0, 4);
    o->strings = t;
    return t;
}

void sheet_string_run(struct sheet_strings *t, struct span text, const char *font)
{
    size_t n = font ? strnlen(font, SHEET_FONT_MAX - 1) : 0, before = t->runs.n;

    writer_u8(&t->runs, (uint8_t)n);
    writer_bytes(&t->runs, font, n);
    writer_le(&t->runs, text.n, 4);
    writer_put(&t->runs, text);
    if (!writer_ok(&t->runs))
        t->runs.n = before;
}

void sheet_string_end(struct sheet_strings *t)
{
    writer_le(&t->index, t->runs.n, 4);
    writer_u8(&t->used, 0);
    if (writer_ok(&t->index) && writer_ok(&t->used))
        t->n++;
}

static struct reader string_runs(const struct sheet_strings *t, size_t i)
{
    struct reader r = reader_span(writer_span(&t->index));
    size_t from, to;

    reader_seek(&r, i * 4);
    from = reader_le32(&r);
    to = reader_le32(&r);
    return reader_span(span_part(writer_span(&t->runs), from, to - from));
}

static bool next_run(struct reader *r, char font[SHEET_FONT_MAX], struct span *ret_text)
{
    size_t n;

    if (!reader_left(r))
        return false;
    n = reader_u8(r);
    if (n >= SHEET_FONT_MAX)
        return false;
    reader_copy(r, font, n);
    font[n] = 0;
    *ret_text = reader_take(r, reader_le32(r));
    return reader_ok(r);
}

void sheet_strings_done(struct ooxml *o)
{
    struct sheet_strings *t = o->strings;
    char font[SHEET_FONT_MAX];
    struct span text;

    if (!t)
        return;
    if (!writer_ok(&t->runs) || !writer_ok(&t->index) || !writer_ok(&t->used))
        extract_unread(o->x, UNREAD_TOO_LARGE);
    for (size_t i = 0; i < t->n; i++) {
        struct reader r = string_runs(t, i);
        if (t->used.p[i])
            continue;
        while (next_run(&r, font, &text))
            extract_text(o->x, PLACE_HIDDEN, 0, text, font[0] ? font : NULL);
        extract_line(o->x, PLACE_HIDDEN, 0);
    }
    writer_done(&t->runs);
    writer_done(&t->index);
    writer_done(&t->used);
    o->strings = NULL;
}

static enum place cell_place(struct sheet_out *out, bool hidden)
{
    hidden |= out->row_hidden || out->part->hidden;
    enum place place = hidden ? PLACE_HIDDEN : out->part->class->place;

    if (out->cells[hidden]++)
        extract_text(out->o->x, place, out->part->page, span_str("\t"), NULL);
    return place;
}

void sheet_cell(struct sheet_out *out, bool hidden, struct span text, const char *font)
{
    if (text.n)
        extract_text(out->o->x, cell_place(out, hidden), out->part->page, text, font);
}

void sheet_cell_more(struct sheet_out *out, bool hidden, struct span text, const char *font)
{
    hidden |= out->row_hidden || out->part->hidden;
    extract_text(out->o->x, hidden ? PLACE_HIDDEN : out->part->class->place, out->part->page, text, font);
}

void sheet_cell_shared(struct sheet_out *out, bool hidden, uint64_t i, uint64_t format)
{
    struct sheet_strings *t = out->o->strings;
    const char *cell_font = sheet_font(out->o, format);
    char font[SHEET_FONT_MAX];
    struct span text;
    struct reader r;
    enum place place;

    if (!t || i >= t->n) {
        extract_unread(out->o->x, UNREAD_CORRUPT);
        return;
    }
    t->used.p[i] = 1;
    r = string_runs(t, (size_t)i);
    if (!reader_left(&r))
        return;
    place = cell_place(out, hidden);
    while (next_run(&r, font, &text))
        extract_text(out->o->x, place, out->part->page, text, font[0] ? font : cell_font);
}

void sheet_row_end(struct sheet_out *out)
{
    if (out->cells[0])
        extract_line(out->o->x, out->part->class->place, out->part->page);
    if (out->cells[1])
        extract_line(out->o->x, PLACE_HIDDEN, out->part->page);
    out->cells[0] = out->cells[1] = 0;
}

const char *sheet_font(const struct ooxml *o, uint64_t format)
{
    const struct sheet_fonts *f = o->fonts;

    if (!f || format >= f->n_formats || f->format[format] >= f->n_fonts || !f->font[f->format[format]][0])
        return NULL;
    return f->font[f->format[format]];
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * SpreadsheetML (ECMA-376-1, 18). */
#include "rules/x_ooxml_sheet.h"

#include <stdio.h>
#include <stdlib.h>

#define SHEETS_MAX 10000
#define HIDDEN_COLUMNS_MAX 256
#define VALUE_MAX (1u << 20) /* of one cell */

/* ---- workbook: names, order and visibility of the sheets ---- */

struct book {
    struct ooxml *o;
    struct rel *rels;
    unsigned sheets;
    bool name_open; /* in definedName */
};

static void book_start(void *ctx, struct sax *s, const char *name)
{
    struct book *b = ctx;
    const char *title = sax_attr(s, "name"), *state = sax_attr(s, "state");
    const struct rel *rel;
    bool hidden = state && strcmp(state, "visible") != 0;

    b->name_open = strcmp(name, "definedName") == 0;
    if (strcmp(name, "sheet") != 0 || b->sheets >= SHEETS_MAX)
        return;
    b->sheets++;
    rel = ooxml_rel(b->rels, sax_attr_in(s, "relationships", "id"));
    ooxml_number(b->o, rel, b->sheets, hidden);
    extract_text(b->o->x, hidden ? PLACE_HIDDEN : PLACE_BODY, b->sheets, span_str(title ? title : ""), NULL);
    extract_line(b->o->x, hidden ? PLACE_HIDDEN : PLACE_BODY, b->sheets);
}

static void book_text(void *ctx, struct sax *s, struct span utf8)
{
    struct book *b = ctx;

    if (!b->name_open || span_find_byte(utf8, '"', 0) < 0)
        return;
    extract_text(b->o->x, PLACE_HIDDEN, 0, utf8, NULL);
    extract_line(b->o->x, PLACE_HIDDEN, 0);
}

void ooxml_workbook(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {book_start, NULL, book_text};
    struct book b = {.o = o, .rels = ooxml_rels(o, part)};

    sax_read(o->x, bytes, &handler, &b);
}

/* ---- fonts of the cell formats ---- */

struct fonts {
    struct ooxml *o;
    struct sheet_fonts *to;
    bool in_fonts, in_formats;
};

static void fonts_start(void *ctx, struct sax *s, const char *name)
{
    struct fonts *f = ctx;
    const char *value = sax_attr(s, "val"), *id = sax_attr(s, "fontId");

    if (strcmp(name, "fonts") == 0) {
        f->in_fonts = true;
    } else if (strcmp(name, "cellXfs") == 0) {
        f->in_formats = true;
    } else if (f->in_fonts && strcmp(name, "font") == 0 && f->to->n_fonts < SHEET_FONTS_MAX) {
        f->to->n_fonts++;
    } else if (f->in_fonts && strcmp(name, "name") == 0 && value && f->to->n_fonts) {
        snprintf(f->to->font[f->to->n_fonts - 1], SHEET_FONT_MAX, "%s", value);
    } else if (f->in_formats && strcmp(name, "xf") == 0 && f->to->n_formats < SHEET_FONTS_MAX) {
        uint64_t n = 0;
        span_number(span_str(id ? id : "0"), SHEET_FONTS_MAX - 1, &n);
        f->to->format[f->to->n_formats++] = (uint16_t)n;
    }
}

static void fonts_end(void *ctx, struct sax *s, const char *name)
{
    struct fonts *f = ctx;

    if (strcmp(name, "fonts") == 0)
        f->in_fonts = false;
    if (strcmp(name, "cellXfs") == 0)
        f->in_formats = false;
}

void ooxml_sheet_fonts(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {fonts_start, fonts_end, NULL};
    struct fonts f = {.o = o, .to = arena_alloc(o->arena, sizeof(*f.to))};

    if (f.to) {
        f.to->font = arena_array(o->arena, SHEET_FONTS_MAX, sizeof(*f.to->font));
        f.to->format = arena_array(o->arena, SHEET_FONTS_MAX, sizeof(*f.to->format));
    }
    if (!f.to || !f.to->font || !f.to->format) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    sax_read(o->x, bytes, &handler, &f);
    o->fonts = f.to;
}

/* ---- shared strings ---- */

struct strings {
    struct ooxml *o;
    struct sheet_strings *to;
    struct writer value;
    char font[SHEET_FONT_MAX];
    unsigned phonetic;
};

static void strings_start(void *ctx, struct sax *s, const char *name)
{
    struct strings *t = ctx;
    const char *value = sax_attr(s, "val");

    if (strcmp(name, "si") == 0 || strcmp(name, "r") == 0)
        t->font[0] = 0;
    if (strcmp(name, "rFont") == 0 && value)
        snprintf(t->font, sizeof(t->font), "%s", value);
    if (strcmp(name, "rPh") == 0)
        t->phonetic++;
    writer_clear(&t->value);
}

static void strings_end(void *ctx, struct sax *s, const char *name)
{
    struct strings *t = ctx;

    if (strcmp(name, "t") == 0) {
        if (!writer_ok(&t->value))
            extract_unread(t->o->x, UNREAD_TOO_LARGE);
        if (t->phonetic) {
            extract_text(t->o->x, PLACE_HIDDEN, 0, writer_span(&t->value), NULL);
            extract_line(t->o->x, PLACE_HIDDEN, 0);
        } else {
            sheet_string_run(t->to, writer_span(&t->value), t->font);
        }
    }
    if (strcmp(name, "rPh") == 0 && t->phonetic)
        t->phonetic--;
    if (strcmp(name, "si") == 0)
        sheet_string_end(t->to);
    writer_clear(&t->value);
}

static void strings_text(void *ctx, struct sax *s, struct span utf8)
{
    struct strings *t = ctx;

    writer_put(&t->value, utf8);
}

void ooxml_sheet_strings(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {strings_start, strings_end, strings_text};
    struct strings t = {.o = o, .to = sheet_strings_new(o)};

    if (!t.to)
        return;
    writer_init(&t.value, VALUE_MAX);
    sax_read(o->x, bytes, &handler, &t);
    writer_done(&t.value);
}

/* ---- sheet ---- */

enum cell_type { CELL_VALUE, CELL_SHARED, CELL_INLINE };
struct sheet {
    struct sheet_out out;
    struct {
        uint64_t from, to;
    } columns[HIDDEN_COLUMNS_MAX]; /* hidden ones */
    size_t n_columns;
    enum cell_type type;
    uint64_t format, column;
    unsigned phonetic;
    unsigned runs;             /* of the inline string at hand */
    char font[SHEET_FONT_MAX]; /* of its run */
    struct writer value;
};

static uint64_t number(const char *s, uint64_t max)
{
    uint64_t n = 0;

    if (s)
        span_number(span_str(s), max, &n);
    return n;
}

/* "AB12": 28; 0 when there is no such reference. */
static uint64_t column_of(const char *ref)
{
    uint64_t n = 0;

    for (; ref && *ref >= 'A' && *ref <= 'Z' && n < 100000; ref++)
        n = n * 26 + (uint64_t)(*ref - 'A') + 1;
    return n;
}

static bool column_hidden(const struct sheet *t)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->column >= t->columns[i].from && t->column <= t->columns[i].to)
            return true;
    return false;
}

static void cell_start(struct sheet *t, struct sax *s)
{
    const char *type = sax_attr(s, "t"), *ref = sax_attr(s, "r");

    t->type = !type                            ? CELL_VALUE
              : strcmp(type, "s") == 0         ? CELL_SHARED
              : strcmp(type, "inlineStr") == 0 ? CELL_INLINE
                                               : CELL_VALUE;
    t->format = number(sax_attr(s, "s"), SHEET_FONTS_MAX);
    t->column = ref ? column_of(ref) : t->column + 1;
    t->runs = 0;
    t->font[0] = 0;
}

/* A run of an inline string; all of them are one cell. */
static void cell_run(struct sheet *t, struct span text)
{
    const char *font = t->font[0] ? t->font : sheet_font(t->out.o, t->format);

    if (text.n && t->runs++)
        sheet_cell_more(&t->out, t->phonetic > 0 || column_hidden(t), text, font);
    else
        sheet_cell(&t->out, t->phonetic > 0 || column_hidden(t), text, font);
}

static void cell_value(struct sheet *t, struct span value)
{
    uint64_t i;

    if (!writer_ok(&t->value))
        extract_unread(t->out.o->x, UNREAD_TOO_LARGE);
    if (t->type != CELL_SHARED)
        sheet_cell(&t->out, column_hidden(t), value, sheet_font(t->out.o, t->format));
    else if (span_number(span_trim(value), UINT32_MAX, &i))
        sheet_cell_shared(&t->out, column_hidden(t), i, t->format);
    else
        extract_unread(t->out.o->x, UNREAD_CORRUPT);
}

/* Prompts of data validation: shown only when a cell is entered. */
static void say_attributes(struct sheet *t, struct sax *s)
{
    static const char *const names[] = {"promptTitle", "prompt", "errorTitle", "error", "tooltip", "display"};

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        const char *value = sax_attr(s, names[i]);
        if (!value || !*value)
            continue;
        extract_text(t->out.o->x, PLACE_HIDDEN, t->out.part->page, span_str(value), NULL);
        extract_line(t->out.o->x, PLACE_HIDDEN, t->out.part->page);
    }
}

static void sheet_start(void *ctx, struct sax *s, const char *name)
{
    struct sheet *t = ctx;

    if (strcmp(name, "c") == 0) {
        cell_start(t, s);
    } else if (strcmp(name, "row") == 0) {
        t->out.row_hidden = sax_true(sax_attr(s, "hidden"), false);
        t->column = 0;
    } else if (strcmp(name, "col") == 0 && sax_true(sax_attr(s, "hidden"), false)) {
        if (t->n_columns < HIDDEN_COLUMNS_MAX) {
            t->columns[t->n_columns].from = number(sax_attr(s, "min"), UINT32_MAX);
            t->columns[t->n_columns++].to = number(sax_attr(s, "max"), UINT32_MAX);
        }
    } else if (strcmp(name, "rPh") == 0) {
        t->phonetic++;
    } else if (strcmp(name, "r") == 0) {
        t->font[0] = 0;
    } else if (strcmp(name, "rFont") == 0) {
        snprintf(t->font, sizeof(t->font), "%s", sax_attr(s, "val") ? sax_attr(s, "val") : "");
    } else if (strcmp(name, "dataValidation") == 0 || strcmp(name, "hyperlink") == 0) {
        say_attributes(t, s);
    }
    writer_clear(&t->value);
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), k = strlen(tail);

    return n >= k && strcmp(s + n - k, tail) == 0;
}

static void sheet_end(void *ctx, struct sax *s, const char *name)
{
    struct sheet *t = ctx;
    struct span value = writer_span(&t->value);

    if (strcmp(name, "v") == 0) {
        cell_value(t, value);
    } else if (strcmp(name, "t") == 0 && t->type == CELL_INLINE) {
        cell_run(t, value);
    } else if (strcmp(name, "f") == 0 &&
               (span_find_byte(value, '"', 0) >= 0 || span_find_byte(value, '|', 0) >= 0)) {
        extract_text(t->out.o->x, PLACE_HIDDEN, t->out.part->page, value, NULL);
        extract_text(t->out.o->x, PLACE_HIDDEN, t->out.part->page, span_str("\n"), NULL);
    } else if (strcmp(name, "row") == 0) {
        sheet_row_end(&t->out);
        t->out.row_hidden = false;
    } else if (strcmp(name, "rPh") == 0 && t->phonetic) {
        t->phonetic--;
    } else if (value.n && (ends_with(name, "Header") || ends_with(name, "Footer"))) {
        sheet_header_text(t->out.o->x, ends_with(name, "Header") ? PLACE_HEADER : PLACE_FOOTER,
                          t->out.part->page, value);
    }
    writer_clear(&t->value);
}

static void sheet_text(void *ctx, struct sax *s, struct span utf8)
{
    struct sheet *t = ctx;

    writer_put(&t->value, utf8);
}

void ooxml_sheet(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {sheet_start, sheet_end, sheet_text};
    struct sheet *t = arena_alloc(o->arena, sizeof(*t));

    if (!t) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    t->out.o = o;
    t->out.part = part;
    writer_init(&t->value, VALUE_MAX);
    sax_read(o->x, bytes, &handler, t);
    sheet_row_end(&t->out);
    writer_done(&t->value);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Fonts of a Word document. Pages of 512 bytes (FKP) hold the formats of runs and the styles of paragraphs by
 * file offset; a style sheet holds the fonts of styles; a table the names of fonts
 * (MS-DOC 2.4.6, 2.8, 2.9.271). */
#include "rules/x_ole_word.h"

#include "rules/charset.h"

#include <stdlib.h>

#define PAGE 512
#define CHAIN_MAX 12 /* styles based on one another */

enum { FIB_STYLES = 0xA2, FIB_CHPX = 0xFA, FIB_PAPX = 0x102, FIB_FONTS = 0x112 };
enum { SPRM_FONT = 0x4A4F, SPRM_HIDDEN = 0x083C, SPRM_DELETED = 0x0800 };
enum { STYLE_NONE = 0x0FFF };

static uint32_t u32(struct span s, size_t at)
{
    struct reader r = reader_span(span_part(s, at, 4));
    return reader_le32(&r);
}

/* What the table stream holds for the pair of offset and length at that place of the FIB. */
static struct span part(struct span main, struct span table, size_t at)
{
    return span_part(table, u32(main, at), u32(main, at + 4));
}

/* ---- property modifiers (2.6.1) ---- */

static size_t operand_size(uint16_t sprm, struct reader *r)
{
    static const uint8_t sizes[8] = {1, 1, 2, 4, 2, 2, 0, 3};
    unsigned kind = sprm >> 13;

    return kind == 6 ? reader_u8(r) : sizes[kind];
}

static void modifiers(struct span list, int16_t *font, int8_t *hidden)
{
    struct reader r = reader_span(list);

    while (reader_left(&r) >= 3) {
        uint16_t sprm = reader_le16(&r);
        size_t size = operand_size(sprm, &r);
        struct reader value = reader_sub(&r, size);
        if (sprm == SPRM_FONT)
            *font = (int16_t)reader_le16(&value);
        else if (sprm == SPRM_HIDDEN || sprm == SPRM_DELETED)
            *hidden = reader_u8(&value) & 1 ? 1 : *hidden > 0 ? *hidden : 0;
    }
}

/* ---- names ---- */

static void names(struct ole *o, struct span in, struct doc_fonts *f)
{
    struct reader r = reader_span(in);
    unsigned n = reader_le16(&r);

    reader_skip(&r, 2);
    n = n < WORD_FONT_NAMES_MAX ? n : WORD_FONT_NAMES_MAX;
    f->names = arena_array(o->arena, n + 1, sizeof(*f->names));
    for (unsigned i = 0; f->names && i < n && reader_left(&r); i++) {
        struct reader font = reader_sub(&r, reader_u8(&r));
        struct writer w;
        size_t end = 0;

        reader_skip(&font, 39); /* family, weight, character set, panose, signature */
        while (end + 1 < reader_left(&font) && (reader_peek(&font, end) || reader_peek(&font, end + 1)))
            end += 2;
        writer_fixed(&w, f->names[i], WORD_FONT_NAME - 1);
        charset_decode(reader_take(&font, end), "utf-16le", &w);
        f->names[i][w.n] = 0;
        f->n_names = i + 1;
    }
}

/* ---- styles ---- */

struct raw_style {
    uint16_t based;
    int16_t font;
    int8_t hidden;
};

/* The lists of modifiers behind a style's name: for a paragraph style the second is about characters, for a
 * character style the first and only one. */
static void style_lists(struct reader *r, unsigned kind, unsigned count, struct raw_style *s)
{
    for (unsigned i = 0; i < count && i < 3 && reader_left(r); i++) {
        struct span list = reader_take(r, reader_le16(r));
        if (list.n % 2 && reader_left(r))
            reader_skip(r, 1);
        if ((kind == 1 && i == 1) || (kind == 2 && i == 0))
            modifiers(list, &s->font, &s->hidden);
    }
}

static void style(struct span in, size_t base, struct raw_style *s)
{
    struct reader r = reader_span(in);
    uint16_t w1, w2;
    unsigned kind, count;
    size_t name;

    *s = (struct raw_style){STYLE_NONE, -1, -1};
    reader_skip(&r, 2);
    w1 = reader_le16(&r);
    w2 = reader_le16(&r);
    kind = w1 & 15;
    s->based = w1 >> 4;
    count = w2 & 15;
    reader_seek(&r, base);
    name = (size_t)reader_le16(&r) * 2 + 2;
    reader_skip(&r, name);
    if (reader_ok(&r))
        style_lists(&r, kind, count, s);
}

static void styles(struct ole *o, struct span in, struct doc_fonts *f)
{
    struct reader r = reader_span(in), head = reader_sub(&r, reader_le16(&r));
    unsigned n = reader_le16(&head), base = reader_le16(&head);
    struct raw_style *raw;
    int16_t fallback;

    n = n < WORD_STYLES_MAX ? n : WORD_STYLES_MAX;
    raw = arena_array(o->arena, n + 1, sizeof(*raw));
    f->styles = arena_array(o->arena, n + 1, sizeof(*f->styles));
    if (!raw || !f->styles)
        return;
    reader_skip(&head, 8);
    fallback = (int16_t)reader_le16(&head); /* font of text that no style gives one */
    for (unsigned i = 0; i < n; i++) {
        struct span one = reader_take(&r, reader_le16(&r));
        if (one.n % 2)
            reader_skip(&r, 1);
        style(one, base, &raw[i]);
    }
    for (unsigned i = 0; i < n; i++) {
        f->styles[i] = (struct doc_style){reader_ok(&head) ? fallback : -1, false};
        bool font = false, hidden = false;
        for (unsigned k = i, steps = 0; k < n && steps < CHAIN_MAX; k = raw[k].based, steps++) {
            if (!font && raw[k].font >= 0) {
                f->styles[i].font = raw[k].font;
                font = true;
            }
            if (!hidden && raw[k].hidden >= 0) {
                f->styles[i].hidden = raw[k].hidden;
                hidden = true;
            }
        }
    }
    f->n_styles = n;
}

/* ---- runs and paragraphs ---- */

/* The pages that the table of a kind names: positions first, page numbers behind them. */
static size_t page_count(struct span plc)
{
    return plc.n >= 4 ? (plc.n - 4) / 8 : 0;
}

static struct span page(struct span main, struct span plc, size_t i)
{
    size_t n = page_count(plc);
    uint64_t number = u32(plc, (n + 1) * 4 + i * 4) & 0x3FFFFF;

    return number * PAGE + PAGE <= main.n ? span_part(main, (size_t)number * PAGE, PAGE) : span_of(NULL, 0);
}

static void run_page(struct span p, struct doc_fonts *f)
{
    unsigned n = p.n == PAGE ? p.p[PAGE - 1] : 0;

    for (unsigned i = 0; i < n && (n + 1) * 4 + n <= PAGE && f->n_runs < WORD_RUNS_MAX; i++) {
        struct doc_run *run = &f->runs[f->n_runs++];
        size_t at = (size_t)p.p[(n + 1) * 4 + i] * 2;
        *run = (struct doc_run){u32(p, i * 4), u32(p, i * 4 + 4), -1, -1};
        if (at && at < PAGE)
            modifiers(span_part(p, at + 1, p.p[at]), &run->font, &run->hidden);
    }
}

static void paragraph_page(struct span p, struct doc_fonts *f)
{
    unsigned n = p.n == PAGE ? p.p[PAGE - 1] : 0;

    for (unsigned i = 0; i < n && (n + 1) * 4 + n * 13 <= PAGE && f->n_paragraphs < WORD_RUNS_MAX; i++) {
        struct doc_paragraph *para = &f->paragraphs[f->n_paragraphs++];
        size_t at = (size_t)p.p[(n + 1) * 4 + i * 13] * 2;
        *para = (struct doc_paragraph){u32(p, i * 4), u32(p, i * 4 + 4), 0};
        if (at && at + 3 < PAGE) /* a count of 0 means that the next byte counts */
            para->style = (uint16_t)(u32(p, at + (p.p[at] ? 1 : 2)) & 0xFFFF);
    }
}

static int run_compare(const void *a, const void *b)
{
    const struct doc_run *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static int paragraph_compare(const void *a, const void *b)
{
    const struct doc_paragraph *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

void doc_fonts_read(struct ole *o, struct span main, struct span table, struct doc_fonts *ret)
{
    struct span runs = part(main, table, FIB_CHPX), paragraphs = part(main, table, FIB_PAPX);
    size_t n_runs = page_count(runs) * (PAGE / 5), n_paragraphs = page_count(paragraphs) * (PAGE / 17);

    names(o, part(main, table, FIB_FONTS), ret);
    styles(o, part(main, table, FIB_STYLES), ret);
    n_runs = n_runs < WORD_RUNS_MAX ? n_runs : WORD_RUNS_MAX;
    n_paragraphs = n_paragraphs < WORD_RUNS_MAX ? n_paragraphs : WORD_RUNS_MAX;
    ret->runs = arena_array(o->arena, n_runs + PAGE, sizeof(*ret->runs));
    ret->paragraphs = arena_array(o->arena, n_paragraphs + PAGE, sizeof(*ret->paragraphs));
    if (!ret->runs || !ret->paragraphs)
        return;
    for (size_t i = 0; i < page_count(runs) && ret->n_runs < n_runs; i++)
        run_page(page(main, runs, i), ret);
    for (size_t i = 0; i < page_count(paragraphs) && ret->n_paragraphs < n_paragraphs; i++)
        paragraph_page(page(main, paragraphs, i), ret);
    qsort(ret->runs, ret->n_runs, sizeof(*ret->runs), run_compare);
    qsort(ret->paragraphs, ret->n_paragraphs, sizeof(*ret->paragraphs), paragraph_compare);
}

static const struct doc_run *run_at(const struct doc_fonts *f, uint32_t at, uint32_t *ret_next)
{
    size_t low = 0, high = f->n_runs;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->runs[mid].from <= at)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_next = low < f->n_runs ? f->runs[low].from : UINT32_MAX;
    return low && f->runs[low - 1].to > at ? &f->runs[low - 1] : NULL;
}

static const struct doc_paragraph *paragraph_at(const struct doc_fonts *f, uint32_t at, uint32_t *ret_next)
{
    size_t low = 0, high = f->n_paragraphs;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->paragraphs[mid].from <= at)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_next = low < f->n_paragraphs ? f->paragraphs[low].from : UINT32_MAX;
    return low && f->paragraphs[low - 1].to > at ? &f->paragraphs[low - 1] : NULL;
}

struct doc_format doc_format_at(const struct doc_fonts *f, uint32_t at)
{
    uint32_t next_run, next_paragraph;
    const struct doc_run *run = run_at(f, at, &next_run);
    const struct doc_paragraph *para = paragraph_at(f, at, &next_paragraph);
    struct doc_format out = {.end = next_run < next_paragraph ? next_run : next_paragraph};
    unsigned style = para ? para->style : 0;
    int font = style < f->n_styles ? f->styles[style].font : -1;

    out.hidden = style < f->n_styles && f->styles[style].hidden;
    if (run) {
        font = run->font >= 0 ? run->font : font;
        out.hidden = run->hidden >= 0 ? run->hidden : out.hidden;
        out.end = run->to < out.end ? run->to : out.end;
    }
    if (para && para->to < out.end)
        out.end = para->to;
    if (out.end <= at)
        out.end = at + 1;
    if (font >= 0 && (unsigned)font < f->n_names && f->names[font][0])
        out.font = f->names[font];
    return out;
}

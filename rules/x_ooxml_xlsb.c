/* SPDX-License-Identifier: GPL-3.0-or-later
 * Binary workbooks (MS-XLSB 2.1.4): records with a type and a size of 7 bits a byte. */
#include "rules/x_ooxml_sheet.h"

#include "rules/charset.h"

#define STRING_MAX 32767u /* characters of a cell; longer is a lie */
#define HEADERS 6
#define NUMBER_MAX 40

enum { /* 2.3.2 */
       BRT_ROW = 0,
       BRT_CELL_RK = 2,
       BRT_CELL_REAL = 5,
       BRT_CELL_STRING = 6,
       BRT_CELL_SHARED = 7,
       BRT_FORMULA_STRING = 8,
       BRT_FORMULA_NUMBER = 9,
       BRT_STRING_ITEM = 19,
       BRT_CELL_RICH = 62,
       BRT_SHEET = 156,
       BRT_HEADER_FOOTER = 479,
       BRT_COMMENT_AUTHOR = 632,
       BRT_COMMENT_TEXT = 637
};

static uint32_t varint(struct reader *r, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++) {
        uint8_t b = reader_u8(r);
        v |= (uint32_t)(b & 0x7F) << (7 * i);
        if (!(b & 0x80))
            break;
    }
    return v;
}

/* The next record; false at the end, or when the last one is cut (reported). */
static bool record(struct ooxml *o, struct reader *r, unsigned *ret_type, struct reader *ret_body)
{
    uint32_t type, size;
    uint8_t b;

    if (!reader_left(r))
        return false;
    b = reader_u8(r);
    type = b & 0x7F;
    if (b & 0x80)
        type |= (uint32_t)(reader_u8(r) & 0x7F) << 7;
    size = varint(r, 4);
    *ret_type = type;
    *ret_body = reader_sub(r, size);
    if (!reader_ok(r))
        extract_unread(o->x, UNREAD_CORRUPT);
    return reader_ok(r);
}

/* XLWideString, or XLNullableWideString, as UTF-8 in out (cleared first). */
static struct span wide(struct reader *r, struct writer *out)
{
    uint32_t n = reader_le32(r);

    writer_clear(out);
    if (n == UINT32_MAX || n > STRING_MAX * 2)
        return span_of("", 0);
    charset_decode(reader_take(r, (size_t)n * 2), "utf-16le", out);
    return writer_span(out);
}

void ooxml_strings_bin(struct ooxml *o, const struct part *part, struct span bytes)
{
    struct sheet_strings *t = sheet_strings_new(o);
    struct reader r = reader_span(bytes), body;
    struct writer w;
    unsigned type;

    if (!t)
        return;
    writer_init(&w, STRING_MAX * 8);
    while (record(o, &r, &type, &body)) {
        if (type != BRT_STRING_ITEM)
            continue;
        reader_skip(&body, 1);
        sheet_string_run(t, wide(&body, &w), NULL);
        sheet_string_end(t);
    }
    writer_done(&w);
}

void ooxml_book_bin(struct ooxml *o, const struct part *part, struct span bytes)
{
    struct reader r = reader_span(bytes), body;
    struct rel *rels = ooxml_rels(o, part);
    struct writer id, name;
    unsigned type, sheets = 0;

    writer_init(&id, STRING_MAX * 8);
    writer_init(&name, STRING_MAX * 8);
    while (record(o, &r, &type, &body)) {
        bool hidden;
        if (type != BRT_SHEET)
            continue;
        hidden = reader_le32(&body) != 0;
        reader_skip(&body, 4);
        wide(&body, &id);
        wide(&body, &name);
        ooxml_number(o, ooxml_rel(rels, writer_cstr(&id)), ++sheets, hidden);
        extract_text(o->x, hidden ? PLACE_HIDDEN : PLACE_BODY, sheets, writer_span(&name), NULL);
        extract_line(o->x, hidden ? PLACE_HIDDEN : PLACE_BODY, sheets);
    }
    writer_done(&id);
    writer_done(&name);
}

static double real(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof(d));
    return d;
}

/* RkNumber (2.5.122): the upper 30 bits of a double, or an integer; maybe in hundredths. */
static double rk(uint32_t v)
{
    double d = v & 2 ? (double)((int32_t)v >> 2) : real((uint64_t)(v & ~3u) << 32);

    return v & 1 ? d / 100 : d;
}

static void cell_number(struct sheet_out *out, double d, uint64_t format)
{
    uint8_t buf[NUMBER_MAX];
    struct writer w;

    writer_fixed(&w, buf, sizeof(buf));
    writer_printf(&w, "%.15g", d);
    sheet_cell(out, false, writer_span(&w), sheet_font(out->o, format));
}

static void cell(struct sheet_out *out, unsigned type, struct reader *body, struct writer *w)
{
    uint64_t format;

    reader_skip(body, 4); /* column */
    format = reader_le(body, 3);
    reader_skip(body, 1);
    switch (type) {
    case BRT_CELL_RK:
        cell_number(out, rk(reader_le32(body)), format);
        break;
    case BRT_CELL_REAL:
    case BRT_FORMULA_NUMBER:
        cell_number(out, real(reader_le64(body)), format);
        break;
    case BRT_CELL_SHARED:
        sheet_cell_shared(out, false, reader_le32(body), format);
        break;
    case BRT_CELL_RICH:
        reader_skip(body, 1);
        sheet_cell(out, false, wide(body, w), sheet_font(out->o, format));
        break;
    default:
        sheet_cell(out, false, wide(body, w), sheet_font(out->o, format));
    }
}

static void header_footer(struct sheet_out *out, struct reader *body, struct writer *w)
{
    reader_skip(body, 2);
    for (unsigned i = 0; i < HEADERS && reader_left(body); i++)
        sheet_header_text(out->o->x, i % 2 ? PLACE_FOOTER : PLACE_HEADER, out->part->page, wide(body, w));
}

void ooxml_sheet_bin(struct ooxml *o, const struct part *part, struct span bytes)
{
    struct sheet_out out = {.o = o, .part = part};
    struct reader r = reader_span(bytes), body;
    struct writer w;
    unsigned type;

    writer_init(&w, STRING_MAX * 8);
    while (record(o, &r, &type, &body)) {
        if (type == BRT_ROW) {
            sheet_row_end(&out);
            reader_skip(&body, 11);
            out.row_hidden = reader_u8(&body) & 0x10;
        } else if (type == BRT_CELL_RK || (type >= BRT_CELL_REAL && type <= BRT_FORMULA_NUMBER) ||
                   type == BRT_CELL_RICH) {
            cell(&out, type, &body, &w);
        } else if (type == BRT_HEADER_FOOTER) {
            header_footer(&out, &body, &w);
        }
    }
    sheet_row_end(&out);
    writer_done(&w);
}

void ooxml_comment_bin(struct ooxml *o, const struct part *part, struct span bytes)
{
    struct reader r = reader_span(bytes), body;
    struct writer w;
    unsigned type;

    writer_init(&w, STRING_MAX * 8);
    while (record(o, &r, &type, &body)) {
        if (type != BRT_COMMENT_TEXT && type != BRT_COMMENT_AUTHOR)
            continue;
        reader_skip(&body, type == BRT_COMMENT_TEXT);
        extract_text(o->x, PLACE_COMMENT, part->page, wide(&body, &w), NULL);
        extract_line(o->x, PLACE_COMMENT, part->page);
    }
    writer_done(&w);
}

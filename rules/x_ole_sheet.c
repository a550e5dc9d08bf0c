/* SPDX-License-Identifier: GPL-3.0-or-later
 * Excel's binary records, BIFF2 to BIFF8 (MS-XLS, and OpenOffice's documentation of the older ones). */
#include "rules/x_ole.h"

#include "rules/charset.h"
#include "rules/x_ole_biff.h"
#include "rules/x_ole_rc4.h"
#include "rules/x_ooxml_header.h"

#include <stdio.h>

#define SHEETS_MAX 4096

enum {
    R_FORMULA = 0x06,
    R_EOF = 0x0A,
    R_HEADER = 0x14,
    R_FOOTER = 0x15,
    R_FILEPASS = 0x2F,
    R_CONTINUE = 0x3C,
    R_FONT = 0x31,
    R_CODEPAGE = 0x42,
    R_OBJECT = 0x5D,
    R_BOUNDSHEET = 0x85,
    R_MULRK = 0xBD,
    R_PIVOT_STRING = 0xCD,
    R_RSTRING = 0xD6,
    R_XF = 0xE0,
    R_XF_OLD = 0x43, /* BIFF2 to BIFF4 */
    R_SST = 0xFC,
    R_LABELSST = 0xFD,
    R_SUPBOOK = 0x1AE,
    R_TEXT_OBJECT = 0x1B6,
    R_NUMBER = 0x03,
    R_LABEL = 0x04,
    R_STRING = 0x07,
    R_BOF = 0x09,
    R_INTEGER = 0x02,
    R_NOTE = 0x1C,
    R_RK = 0x7E,
    R_ROW = 0x08
};

/* The low byte of a record that came in several versions (0x0204 is the LABEL of BIFF3 and later), else its
 * number. */
static unsigned kind_of_record(unsigned type)
{
    static const uint16_t versioned[] = {0x0203, 0x0204, 0x0206, 0x0406, 0x0207, 0x0208, 0x0209,
                                         0x0409, 0x0809, 0x0231, 0x027E, 0x0243, 0x0443};

    for (size_t i = 0; i < GH_COUNT(versioned); i++)
        if (versioned[i] == type)
            return type & 0xFF;
    return type;
}

/* ---- cells ---- */

/* Two coordinates and the format; in BIFF2 three bytes of attributes in its place. */
static void cell_head(struct biff *b, struct reader *r)
{
    uint16_t row = reader_le16(r);

    reader_skip(r, 2);
    if (b->version == 2) {
        reader_skip(r, 3);
        b->format = 0;
    } else {
        b->format = reader_le16(r);
    }
    if (row != b->row)
        biff_row_end(b);
    b->row = row;
}

static void label(struct biff *b, struct reader r)
{
    struct writer w;

    cell_head(b, &r);
    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, b->version == 2 ? 1 : 2, &w);
    biff_cell(b, writer_span(&w));
    writer_done(&w);
}

static double real(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof(d));
    return d;
}

static void number(struct biff *b, double d)
{
    uint8_t buf[40];
    struct writer w;

    writer_fixed(&w, buf, sizeof(buf));
    writer_printf(&w, "%.15g", d);
    biff_cell(b, writer_span(&w));
}

static double rk(uint32_t v)
{
    double d = v & 2 ? (double)((int32_t)v >> 2) : real((uint64_t)(v & ~3u) << 32);

    return v & 1 ? d / 100 : d;
}

static void formula(struct biff *b, struct reader r)
{
    uint64_t bits;

    cell_head(b, &r);
    bits = reader_le64(&r);
    if (bits >> 48 != 0xFFFF)
        number(b, real(bits));
}

static void row_of_numbers(struct biff *b, struct reader r)
{
    uint16_t row = reader_le16(&r);

    reader_skip(&r, 2);
    if (row != b->row)
        biff_row_end(b);
    b->row = row;
    while (reader_left(&r) >= 8) {
        b->format = reader_le16(&r);
        number(b, rk(reader_le32(&r)));
    }
}

/* ---- the workbook ---- */

static void bound_sheet(struct biff *b, struct reader r)
{
    struct biff_sheet *s;
    struct writer w;
    uint8_t type;

    if (b->n_sheets >= SHEETS_MAX)
        return;
    s = &b->sheets[b->n_sheets++];
    s->offset = reader_le32(&r);
    s->hidden = (reader_u8(&r) & 3) != 0;
    type = reader_u8(&r);
    if (type == 1 || type == 6)
        b->o->macros++;
    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, 1, &w);
    extract_text(b->o->x, s->hidden ? PLACE_HIDDEN : PLACE_BODY, b->n_sheets, writer_span(&w), NULL);
    extract_line(b->o->x, s->hidden ? PLACE_HIDDEN : PLACE_BODY, b->n_sheets);
    writer_done(&w);
}

static void begin(struct biff *b, unsigned type, struct reader r, size_t at)
{
    uint16_t version = reader_le16(&r);

    biff_row_end(b);
    b->row = UINT32_MAX;
    b->hidden = false;
    b->version = type == 0x0009 ? 2 : type == 0x0209 ? 3 : type == 0x0409 ? 4 : version >= 0x0600 ? 8 : 5;
    if (b->version < 5) {
        b->page = 1;
        return;
    }
    for (unsigned i = 0; i < b->n_sheets; i++)
        if (b->sheets[i].offset == at) {
            b->page = i + 1;
            b->hidden = b->sheets[i].hidden;
        }
}

static void header(struct biff *b, enum place place, struct reader r)
{
    struct writer w;

    if (!reader_left(&r))
        return;
    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, b->version == 8 ? 2 : 1, &w);
    sheet_header_text(b->o->x, b->hidden ? PLACE_HIDDEN : place, b->page, writer_span(&w));
    writer_done(&w);
}

/* References to other workbooks and to DDE servers; those to the workbook itself and to add-ins are marked.
 */
static void supporting_book(struct biff *b, struct reader r)
{
    uint16_t mark;

    reader_skip(&r, 2);
    mark = reader_le16(&r);
    if (reader_ok(&r) && mark != 0x0401 && mark != 0x3A01)
        b->o->external++;
}

/* Text of a box or a comment: in the continuation records behind it. */
static void text_object(struct biff *b, struct reader r, struct biff_parts *parts)
{
    enum place place = b->object == 0x19 ? PLACE_COMMENT : PLACE_BODY;
    struct writer w;
    uint16_t n;

    reader_skip(&r, 10);
    n = reader_le16(&r);
    writer_init(&w, BIFF_STRING_MAX);
    if (n && biff_parts_next(parts))
        biff_chars(parts, n, reader_u8(&parts->r) & 1, &w);
    extract_text(b->o->x, b->hidden ? PLACE_HIDDEN : place, b->page, writer_span(&w), NULL);
    extract_line(b->o->x, b->hidden ? PLACE_HIDDEN : place, b->page);
    writer_done(&w);
}

/* A comment of BIFF2 to BIFF5: row, column, length, bytes. */
static void note(struct biff *b, struct reader r)
{
    struct writer w;

    if (b->version == 8)
        return;
    reader_skip(&r, 4);
    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, 2, &w);
    extract_text(b->o->x, PLACE_COMMENT, b->page, writer_span(&w), NULL);
    extract_line(b->o->x, PLACE_COMMENT, b->page);
    writer_done(&w);
}

static void plain_string(struct biff *b, struct reader r)
{
    struct writer w;

    writer_init(&w, BIFF_STRING_MAX);
    biff_string(b, &r, b->version == 2 ? 1 : 2, &w);
    biff_cell(b, writer_span(&w));
    writer_done(&w);
}

/* What follows is cipher text. With Excel's own password the stream is read on in plain, else not at all. */
static void file_pass(struct biff *b, struct reader r)
{
    size_t from = b->behind;

    extract_feature(b->o->x, FEATURE_ENCRYPTED, 1);
    if (b->plain.n || !ole_rc4_sheet(b->o->x, reader_rest(&r), b->stream, from, &b->plain))
        b->encrypted = true;
}

/* One record; parts holds it and the CONTINUE records behind it. */
static void record(struct biff *b, unsigned type, struct biff_parts *parts, size_t at)
{
    struct reader r = parts->r;

    switch (kind_of_record(type)) {
    case R_BOF:
        begin(b, type, r, at);
        break;
    case R_FILEPASS:
        file_pass(b, r);
        break;
    case R_CODEPAGE:
        b->codepage = reader_le16(&r);
        break;
    case R_BOUNDSHEET:
        bound_sheet(b, r);
        break;
    case R_FONT:
        biff_font(b, r);
        break;
    case R_XF:
        biff_format(b, r);
        break;
    case R_XF_OLD:
        if (b->n_formats < BIFF_FONTS_MAX)
            b->formats[b->n_formats++] = reader_u8(&r);
        break;
    case R_SST:
        biff_shared_strings(b, parts);
        break;
    case R_LABELSST:
        cell_head(b, &r);
        biff_cell_shared(b, reader_le32(&r));
        break;
    case R_LABEL:
    case R_RSTRING:
        label(b, r);
        break;
    case R_STRING: /* result of the formula before it */
    case R_PIVOT_STRING:
        plain_string(b, r);
        break;
    case R_FORMULA:
        formula(b, r);
        break;
    case R_NUMBER:
        cell_head(b, &r);
        number(b, real(reader_le64(&r)));
        break;
    case R_INTEGER:
        cell_head(b, &r);
        number(b, reader_le16(&r));
        break;
    case R_RK:
        cell_head(b, &r);
        number(b, rk(reader_le32(&r)));
        break;
    case R_MULRK:
        row_of_numbers(b, r);
        break;
    case R_HEADER:
        header(b, PLACE_HEADER, r);
        break;
    case R_FOOTER:
        header(b, PLACE_FOOTER, r);
        break;
    case R_OBJECT:
        reader_skip(&r, 4);
        b->object = reader_le16(&r);
        break;
    case R_TEXT_OBJECT:
        text_object(b, r, parts);
        break;
    case R_NOTE:
        note(b, r);
        break;
    case R_SUPBOOK:
        supporting_book(b, r);
        break;
    default:
        break;
    }
}

void ole_sheet(struct ole *o, struct span in)
{
    struct biff *b = arena_alloc(o->arena, sizeof(*b));
    struct reader r = reader_span(in);
    unsigned n = 0;

    if (b)
        b->sheets = arena_array(o->arena, SHEETS_MAX, sizeof(*b->sheets));
    if (!b || !b->sheets || !biff_init(b, o)) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    b->stream = in;
    writer_init(&b->plain, OLE_STREAM_MAX);
    while (reader_left(&r) >= 4 && !b->encrypted) {
        struct biff_parts parts;
        size_t at = r.pos;
        unsigned type = reader_le16(&r);
        size_t size = reader_le16(&r);

        if (reader_left(&r) < size) {
            extract_unread(o->x, UNREAD_CORRUPT);
            size = reader_left(&r);
        }
        biff_parts_init(&parts, &r, size);
        b->behind = at + 4 + size;
        record(b, type, &parts, at);
        if (b->plain.n && r.p != b->plain.p) {
            size_t pos = r.pos;
            r = reader_span(writer_span(&b->plain));
            reader_seek(&r, pos);
        }
        if ((++n & 0xFFF) == 0 && extract_expired(o->x)) {
            extract_unread(o->x, UNREAD_TIMEOUT);
            break;
        }
    }
    if (b->encrypted)
        extract_unread_all(o->x, UNREAD_ENCRYPTED);
    writer_done(&b->plain);
    biff_done(b);
}

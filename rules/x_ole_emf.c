/* SPDX-License-Identifier: GPL-3.0-or-later
 * Enhanced metafiles (MS-EMF): the pictures that office programs keep of embedded objects. Their text records
 * are text, pieced together by place; bitmaps in them are not read, and said so. */
#include "rules/formats.h"

#include "rules/charset.h"

#include <math.h>

#define RECORDS_MAX 2000000
#define CHARS_MAX 65536u
#define GAP 0.3  /* of a run's mean advance: more between two runs is a blank */
#define LINE 1.0 /* the same: more up or down is a new line */

enum {
    R_EOF = 14,
    R_BITBLT = 76,
    R_STRETCHBLT = 77,
    R_SETDIBITS = 80,
    R_STRETCHDIBITS = 81,
    R_TEXT_A = 83,
    R_TEXT_W = 84,
    R_SMALL_TEXT = 108,
    R_ALPHABLEND = 114
};

struct emf {
    struct extract *x;
    bool any, bitmaps;
    double end, y, advance; /* of the last run */
};

/* A run at x, y with the sum of its advances. */
static void run(struct emf *e, double x, double y, double width, size_t chars, struct span text,
                const char *charset)
{
    struct writer w;

    if (e->any && fabs(y - e->y) > LINE * e->advance)
        extract_line(e->x, PLACE_BODY, 0);
    else if (e->any && x - e->end > GAP * e->advance)
        extract_text(e->x, PLACE_BODY, 0, span_str(" "), NULL);
    writer_init(&w, text.n * 4 + 16);
    charset_decode(text, charset, &w);
    extract_text(e->x, PLACE_BODY, 0, writer_span(&w), NULL);
    writer_done(&w);
    e->any = true;
    e->y = y;
    e->end = x + width;
    e->advance = width / (double)chars;
}

/* EMR_EXTTEXTOUTW and A (2.3.5.7): offsets count from the record's beginning. */
static void text(struct emf *e, struct span record, bool wide)
{
    struct reader r = reader_span(record), dx = r;
    int32_t x, y;
    uint32_t n, at, advances;
    double width = 0;
    struct span chars;

    reader_skip(&r, 8 + 16 + 12);
    x = (int32_t)reader_le32(&r);
    y = (int32_t)reader_le32(&r);
    n = reader_le32(&r);
    at = reader_le32(&r);
    reader_skip(&r, 4 + 16);
    advances = reader_le32(&r);
    if (!reader_ok(&r) || !n || n > CHARS_MAX)
        return;
    chars = span_part(record, at, wide ? (size_t)n * 2 : n);
    reader_seek(&dx, advances);
    for (uint32_t i = 0; i < n && reader_left(&dx) >= 4; i++)
        width += (int32_t)reader_le32(&dx);
    run(e, x, y, width, n, chars, wide ? "utf-16le" : "windows-1252");
}

/* EMR_SMALLTEXTOUT (2.3.5.37): no advances; one byte a character when bit 9 of the options says so. */
static void small_text(struct emf *e, struct span record)
{
    struct reader r = reader_span(record);
    int32_t x, y;
    uint32_t n, options;
    bool wide;

    reader_skip(&r, 8);
    x = (int32_t)reader_le32(&r);
    y = (int32_t)reader_le32(&r);
    n = reader_le32(&r);
    options = reader_le32(&r);
    reader_skip(&r, 12 + (options & 0x100 ? 0 : 16)); /* a rectangle, unless there is none */
    wide = !(options & 0x200);
    if (!reader_ok(&r) || !n || n > CHARS_MAX)
        return;
    run(e, x, y, 0, n, reader_take(&r, wide ? (size_t)n * 2 : n), wide ? "utf-16le" : "windows-1252");
}

static bool is_bitmap(uint32_t type, size_t size)
{
    /* Block transfers without a bitmap behind them only fill a rectangle. */
    return (type == R_SETDIBITS || type == R_STRETCHDIBITS || type == R_ALPHABLEND) ||
           ((type == R_BITBLT || type == R_STRETCHBLT) && size > 120);
}

void x_emf(struct extract *x, struct span in)
{
    struct emf e = {.x = x};
    struct reader r = reader_span(in);
    bool ended = false;

    for (unsigned n = 0; n < RECORDS_MAX && !ended && reader_left(&r) >= 8; n++) {
        size_t at = r.pos;
        uint32_t type = reader_le32(&r), size = reader_le32(&r);

        if (size < 8 || size % 4 || size - 8 > reader_left(&r))
            break;
        if ((n & 0xFFF) == 0xFFF && extract_expired(x)) {
            extract_unread(x, UNREAD_TIMEOUT);
            return;
        }
        if (type == R_TEXT_W || type == R_TEXT_A)
            text(&e, span_part(in, at, size), type == R_TEXT_W);
        else if (type == R_SMALL_TEXT)
            small_text(&e, span_part(in, at, size));
        e.bitmaps |= is_bitmap(type, size);
        ended = type == R_EOF;
        reader_skip(&r, size - 8);
    }
    extract_line(x, PLACE_BODY, 0);
    if (!ended)
        extract_unread(x, UNREAD_CORRUPT);
    if (e.bitmaps && !e.any)
        extract_unread_all(x, UNREAD_UNSUPPORTED);
    else if (e.bitmaps)
        extract_unread(x, UNREAD_UNSUPPORTED);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/line.h"

void line_init(struct line *l, size_t max)
{
    *l = (struct line){0};
    writer_init(&l->part, max);
}

void line_done(struct line *l)
{
    writer_done(&l->part);
}

enum line_taken line_take(struct line *l, struct span *in, size_t max, struct span *ret)
{
    ptrdiff_t lf = span_find_byte(*in, '\n', 0);
    struct span piece = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);
    size_t room = max > l->part.n ? max - l->part.n : 0;
    bool fits = piece.n <= room;

    piece = span_part(piece, 0, room);
    *in = span_part(*in, piece.n + (fits && lf >= 0), in->n);
    if (fits && lf >= 0 && !l->part.n) {
        *ret = piece;
        return LINE_WHOLE;
    }
    writer_put(&l->part, piece);
    *ret = writer_span(&l->part);
    return !fits ? LINE_LONG : lf >= 0 ? LINE_WHOLE : LINE_PART;
}

bool line_next(struct line *l, struct span *in, struct span *ret)
{
    if (l->skip) {
        ptrdiff_t lf = span_find_byte(*in, '\n', 0);
        *in = span_part(*in, lf < 0 ? in->n : (size_t)lf + 1, in->n);
        l->skip = lf < 0;
        writer_clear(&l->part);
        return false;
    }
    switch (line_take(l, in, l->part.max, ret)) {
    case LINE_WHOLE:
        return true;
    case LINE_LONG:
        l->skip = true;
        return true;
    case LINE_PART:
        break;
    }
    return false;
}

struct span line_no_cr(struct span line)
{
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

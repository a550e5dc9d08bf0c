/* SPDX-License-Identifier: GPL-3.0-or-later
 * line: lines of text protocols out of feeds that are cut anywhere. A line that lies in one feed is not
 * copied; what is incomplete is kept, at most the writer's ceiling. Value type, decode thread only. */
#ifndef GH_SENSOR_LINE_H
#define GH_SENSOR_LINE_H

#include "base/writer.h"

struct line {
    struct writer part; /* a line that is not complete */
    bool skip;          /* the rest of a line that is too long, or whose beginning is missing, comes */
};

enum line_taken {
    LINE_WHOLE, /* the line, without its LF */
    LINE_PART,  /* what has come of it; the feed is used up */
    LINE_LONG   /* its first max bytes; the rest is still in the feed */
};

void line_init(struct line *l, size_t max);
void line_done(struct line *l); /* frees; the line can be used again */
/* Forgets what was taken: to be called when the result of one of the functions below is no longer needed. */
static inline void line_clear(struct line *l)
{
    writer_clear(&l->part);
}
static inline bool line_empty(const struct line *l)
{
    return l->part.n == 0;
}
/* Takes the next line off *in; max is at most the ceiling. */
enum line_taken line_take(struct line *l, struct span *in, size_t max, struct span *ret);
/* As line_take, for who wants lines only: true when there is one, of which what is longer than the ceiling is
 * skipped. False: the feed is used up, or a skipped rest was taken off it. */
bool line_next(struct line *l, struct span *in, struct span *ret);
/* Without the CRs at its end. */
struct span line_no_cr(struct span line);

#endif

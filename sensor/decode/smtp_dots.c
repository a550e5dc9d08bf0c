/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smtp_dots.h"

void smtp_dots_start(struct smtp_dots *d, bool lf_only, enum direction dir, const char *oddity)
{
    *d = (struct smtp_dots){.lf_only = lf_only, .dir = dir, .oddity = oddity, .line_start = true};
}

void smtp_dots_gap(struct smtp_dots *d)
{
    *d = (struct smtp_dots){.lf_only = d->lf_only, .dir = d->dir, .oddity = d->oddity};
}

static void pass(struct mime *m, struct span s)
{
    if (m && s.n)
        mime_feed(m, s);
}

/* The byte c stands behind a dot that began its line, or behind such a dot and CR. True: that was the end. */
static bool behind_dot(struct smtp_dots *d, struct proto_ctx *cx, struct mime *m, uint8_t c)
{
    bool exact = d->dot == 2 && !d->bare;

    if (c == '\n') {
        if (!exact)
            proto_anomaly(cx, d->dir, d->oddity);
        if (exact || d->lf_only)
            return true;
    }
    if (d->dot == 2) /* the CR was text after all */
        pass(m, span_str("\r"));
    d->cr = d->dot == 2;
    d->dot = 0;
    return false;
}

bool smtp_dots_feed(struct smtp_dots *d, struct proto_ctx *cx, struct mime *m, struct span *in)
{
    size_t start = 0, i = 0; /* text from start to i is not passed on yet */

    while (i < in->n) {
        uint8_t c = in->p[i];
        if (d->line_start && c == '.') { /* the dot itself is never text */
            pass(m, span_part(*in, start, i - start));
            start = ++i;
            d->line_start = false;
            d->dot = 1;
            continue;
        }
        d->line_start = false;
        if (d->dot == 1 && c == '\r') {
            start = ++i;
            d->dot = 2;
            continue;
        }
        if (d->dot && behind_dot(d, cx, m, c)) {
            *in = span_part(*in, i + 1, in->n);
            return true;
        }
        ptrdiff_t lf = span_find_byte(*in, '\n', i);
        if (lf < 0) {
            d->cr = in->p[in->n - 1] == '\r';
            break;
        }
        d->bare = !((size_t)lf > i ? in->p[lf - 1] == '\r' : d->cr);
        d->cr = false;
        d->line_start = true;
        i = (size_t)lf + 1;
    }
    pass(m, span_part(*in, start, in->n));
    *in = (struct span){0};
    return false;
}

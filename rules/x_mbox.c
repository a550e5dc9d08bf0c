/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_mbox: a mailbox (RFC 4155): each message a member, named by its number. A line "From " begins one when a
 * blank line or the file's beginning stands before it. */
#include "rules/formats.h"

#include <stdio.h>

/* Offset of the next such line at or after from, or -1. */
static ptrdiff_t next_from(struct span in, size_t from)
{
    for (ptrdiff_t at; (at = span_find(in, span_str("\nFrom "), from)) >= 0; from = (size_t)at + 1) {
        size_t before = (size_t)at;
        if (before && in.p[before - 1] == '\r')
            before--;
        if (before && in.p[before - 1] == '\n')
            return at + 1;
    }
    return -1;
}

void x_mbox(struct extract *x, struct span in)
{
    size_t at = 0;
    ptrdiff_t next;
    unsigned n = 0;

    do {
        struct span message, line;
        struct reader r;
        char name[32];
        next = next_from(in, at);
        message = span_part(in, at, next < 0 ? in.n : (size_t)next - at);
        r = reader_span(message);
        if (reader_line(&r, &line)) {
            snprintf(name, sizeof(name), "message-%u.eml", ++n);
            if (extract_child(x, span_str(name), reader_rest(&r)) != 0)
                return;
        }
        at = next < 0 ? in.n : (size_t)next;
    } while (next >= 0);
}

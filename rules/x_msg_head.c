/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_msg_head.h"

#define HEADERS_MAX 2000 /* lines looked at */
#define HEADER_MAX 65536u

static bool is_label(struct span name)
{
    static const char *const pieces[] = {"label", "classif", "marking", "sensitivity", "titus"};
    uint8_t buf[64];
    size_t n = name.n < sizeof(buf) ? name.n : sizeof(buf);

    for (size_t i = 0; i < n; i++)
        buf[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i];
    for (size_t i = 0; i < GH_COUNT(pieces); i++)
        if (span_find(span_of(buf, n), span_str(pieces[i]), 0) >= 0)
            return true;
    return false;
}

/* One header, its lines joined. */
static void header(struct extract *x, struct span line)
{
    ptrdiff_t colon = span_find_byte(line, ':', 0);

    if (colon > 0 && is_label(span_part(line, 0, (size_t)colon)))
        extract_label(x, "header", span_part(line, 0, (size_t)colon),
                      span_trim(span_part(line, (size_t)colon + 1, line.n)));
}

void msg_head_labels(struct extract *x, struct span text)
{
    struct reader r = reader_span(text);
    struct writer whole;
    struct span line;

    writer_init(&whole, HEADER_MAX);
    for (unsigned n = 0; n < HEADERS_MAX && reader_line(&r, &line); n++) {
        if (line.n && line.p[0] != ' ' && line.p[0] != '\t') {
            header(x, writer_span(&whole));
            writer_clear(&whole);
        }
        writer_put(&whole, line);
    }
    header(x, writer_span(&whole));
    writer_done(&whole);
}

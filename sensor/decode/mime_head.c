/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_head.h"

static const char *const names[HEAD_COUNT] = {
#define X(name, text) [HEAD_##name] = text,
    MIME_HEAD_FIELDS(X)
#undef X
};

void mime_head_init(struct mime_head *h)
{
    *h = (struct mime_head){.current = -1};
    for (int i = 0; i < HEAD_COUNT; i++)
        writer_init(&h->field[i], HEAD_FIELD_MAX);
}

void mime_head_clear(struct mime_head *h)
{
    h->current = -1;
    h->bytes = 0;
    for (int i = 0; i < HEAD_COUNT; i++)
        writer_clear(&h->field[i]);
}

void mime_head_done(struct mime_head *h)
{
    for (int i = 0; i < HEAD_COUNT; i++)
        writer_done(&h->field[i]);
}

/* As much as fits: a field cut at its end still names its type. */
static void put(struct writer *w, struct span s)
{
    writer_put(w, span_part(s, 0, w->max - w->n));
}

bool mime_head_line(struct mime_head *h, struct span line)
{
    if (h->bytes > MIME_HEAD_MAX)
        return false;
    h->bytes += line.n + 2;
    if (line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
        if (h->current >= 0) {
            put(&h->field[h->current], span_str("\r\n"));
            put(&h->field[h->current], line);
        }
        return true;
    }
    h->current = -1;
    ptrdiff_t colon = span_find_byte(line, ':', 0);
    if (colon < 0)
        return true;
    struct span name = span_trim(span_part(line, 0, (size_t)colon));
    for (int i = 0; i < HEAD_COUNT; i++)
        if (!h->field[i].n && span_eq_nocase(name, names[i])) {
            h->current = i;
            put(&h->field[i], span_part(line, (size_t)colon + 1, line.n));
            break;
        }
    return true;
}

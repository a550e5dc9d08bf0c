/* SPDX-License-Identifier: GPL-3.0-or-later
 * A ring of the bytes that were passed on last, that later copies are compared with. */
#include "sensor/decode/stream_page.h"

#include <stdlib.h>

#define RECALL_MIN 1024u /* grows with the stream */
#define RECALL_MAX 16384u

void stream_recall_free(struct streams *all, struct stream *s)
{
    free(s->recall);
    budget_give(all->budget, s->recall_size);
    s->recall = NULL;
    s->recall_size = 0;
}

/* The part of the ring that offset off falls into, at most n bytes long. */
static struct span recall_at(const struct stream *s, uint64_t off, size_t n)
{
    size_t at = (size_t)(off & (s->recall_size - 1));

    if (n > s->recall_size - at)
        n = s->recall_size - at;
    return span_of(s->recall + at, n);
}

/* A larger ring when there is more to remember; without memory the old one stays. */
static void recall_grow(struct streams *all, struct stream *s, uint64_t want)
{
    uint32_t size = s->recall_size ? s->recall_size : RECALL_MIN, old = s->recall_size;
    uint8_t *fresh;

    while (size < RECALL_MAX && size < want)
        size *= 2;
    if (size == old || !budget_take(all->budget, size))
        return;
    fresh = malloc(size);
    if (!fresh) {
        budget_give(all->budget, size);
        return;
    }
    for (uint64_t off = s->recall_from; old && off < s->next;) {
        struct span part = recall_at(s, off, (size_t)(s->next - off));
        size_t at = (size_t)(off & (size - 1));
        if (part.n > size - at)
            part.n = size - at;
        memcpy(fresh + at, part.p, part.n);
        off += part.n;
    }
    stream_recall_free(all, s);
    s->recall = fresh;
    s->recall_size = size;
}

void stream_recall_add(struct streams *all, struct stream *s, struct span bytes)
{
    uint64_t off = s->next, end = off + bytes.n;

    if (s->recall_size < RECALL_MAX && end - s->recall_from > s->recall_size)
        recall_grow(all, s, end - s->recall_from);
    if (!s->recall_size) {
        s->recall_from = end;
        return;
    }
    if (bytes.n > s->recall_size) {
        bytes = span_part(bytes, bytes.n - s->recall_size, s->recall_size);
        off = end - s->recall_size;
    }
    while (bytes.p && bytes.n) {
        struct span to = recall_at(s, off, bytes.n);
        memcpy((uint8_t *)to.p, bytes.p, to.n);
        off += to.n;
        bytes = span_part(bytes, to.n, bytes.n);
    }
    if (end - s->recall_from > s->recall_size)
        s->recall_from = end - s->recall_size;
}

bool stream_recall_same(const struct stream *s, uint64_t off, struct span bytes)
{
    if (off < s->recall_from) {
        bytes = span_part(bytes, s->recall_from - off < bytes.n ? (size_t)(s->recall_from - off) : bytes.n,
                          bytes.n);
        off = s->recall_from;
    }
    while (bytes.p && bytes.n && s->recall_size) {
        struct span then = recall_at(s, off, bytes.n);
        if (memcmp(then.p, bytes.p, then.n) != 0)
            return false;
        off += then.n;
        bytes = span_part(bytes, then.n, bytes.n);
    }
    return true;
}

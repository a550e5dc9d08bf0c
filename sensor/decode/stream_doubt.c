/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/stream_page.h"

#include <stdlib.h>

#define COST 512u /* that each counts for beside its bytes: the list is walked with every packet */

bool stream_doubt_keep(struct streams *all, struct stream *s, uint64_t off, const struct stream_segment *seg)
{
    struct stream_doubt **link = &s->doubts, *d;
    size_t n = seg->payload.n, size = sizeof(*d) + n;

    if (n + COST > STREAM_DOUBTFUL_MAX - s->doubtful || size > all->stream_max ||
        !budget_take(all->budget, size))
        return false;
    d = malloc(size);
    if (!d) {
        budget_give(all->budget, size);
        return false;
    }
    *d = (struct stream_doubt){.off = off, .since_us = seg->now_us, .n = (uint32_t)n, .fin = seg->fin};
    if (n)
        memcpy(d->bytes, seg->payload.p, n);
    while (*link)
        link = &(*link)->next;
    *link = d;
    s->doubtful += (uint32_t)n + COST;
    return true;
}

static bool is_over(const struct stream *s, const struct stream_doubt *d, uint64_t now_us, uint64_t wait_us)
{
    uint64_t end = d->off + d->n;

    return (d->n && end <= s->next) || s->acked >= end + d->fin ||
           (!s->peer_seen && now_us > d->since_us + wait_us);
}

struct stream_doubt *stream_doubt_over(struct stream *s, uint64_t now_us, uint64_t wait_us, bool every_one)
{
    for (struct stream_doubt **link = &s->doubts; *link; link = &(*link)->next) {
        struct stream_doubt *d = *link;
        if (!every_one && !is_over(s, d, now_us, wait_us))
            continue;
        *link = d->next;
        s->doubtful -= d->n + COST;
        return d;
    }
    return NULL;
}

void stream_doubt_free(struct streams *all, struct stream_doubt *d)
{
    budget_give(all->budget, sizeof(*d) + d->n);
    free(d);
}

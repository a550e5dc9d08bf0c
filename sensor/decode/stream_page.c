/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/stream_page.h"

#include <stdlib.h>

#define SPARE_PAGES 64

static struct stream_page *page_new(struct streams *all, struct stream *s, uint64_t at)
{
    struct stream_page *p;

    if ((s->n_pages + 1) * sizeof(*p) > all->stream_max || !budget_take(all->budget, sizeof(*p)))
        return NULL;
    p = all->spare;
    if (p) {
        all->spare = p->next;
        all->n_spare--;
    } else {
        p = malloc(sizeof(*p));
    }
    if (!p) {
        budget_give(all->budget, sizeof(*p));
        return NULL;
    }
    memset(p->have, 0, sizeof(p->have));
    p->at = at;
    p->next = NULL;
    s->n_pages++;
    return p;
}

static void page_free(struct streams *all, struct stream *s, struct stream_page *p)
{
    s->n_pages--;
    budget_give(all->budget, sizeof(*p));
    if (all->n_spare < SPARE_PAGES) {
        p->next = all->spare;
        all->spare = p;
        all->n_spare++;
    } else {
        free(p);
    }
}

/* The page that begins at that offset, made when it is not there. */
static struct stream_page *page_at(struct streams *all, struct stream *s, uint64_t at)
{
    struct stream_page **link = &s->pages, *p;

    if (s->last && s->last->at == at)
        return s->last;
    if (s->last && s->last->at < at)
        link = &s->last->next;
    while (*link && (*link)->at < at)
        link = &(*link)->next;
    if (*link && (*link)->at == at)
        return *link;
    p = page_new(all, s, at);
    if (!p)
        return NULL;
    p->next = *link;
    *link = p;
    if (!p->next)
        s->last = p;
    return p;
}

/* Bytes of one word of the map; from is the place in the page. */
static bool put_word(struct stream_page *p, size_t from, const uint8_t *bytes, size_t n)
{
    uint64_t mask = n == 64 ? UINT64_MAX : ((1ull << n) - 1) << (from % 64);
    uint64_t *have = &p->have[from / 64];
    bool differs = false;

    if (!(*have & mask)) {
        memcpy(p->bytes + from, bytes, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            if (!(*have >> ((from + i) % 64) & 1))
                p->bytes[from + i] = bytes[i];
            else if (p->bytes[from + i] != bytes[i])
                differs = true;
        }
    }
    *have |= mask;
    return differs;
}

bool stream_pages_put(struct streams *all, struct stream *s, uint64_t off, struct span bytes,
                      bool *ret_differs)
{
    size_t done = 0;

    while (done < bytes.n) {
        uint64_t at = (off + done) & ~(uint64_t)(STREAM_PAGE - 1);
        struct stream_page *p = page_at(all, s, at);
        size_t from = (size_t)(off + done - at), n = STREAM_PAGE - from;
        if (!p)
            return false;
        if (n > bytes.n - done)
            n = bytes.n - done;
        while (n) {
            size_t word = 64 - from % 64;
            if (word > n)
                word = n;
            *ret_differs |= put_word(p, from, bytes.p + done, word);
            from += word;
            done += word;
            n -= word;
        }
    }
    return true;
}

uint64_t stream_pages_first(const struct stream *s)
{
    size_t from = s->next > s->pages->at ? (size_t)(s->next - s->pages->at) : 0;

    for (const struct stream_page *p = s->pages; p; p = p->next, from = 0)
        for (size_t w = from / 64; w < GH_COUNT(p->have); w++) {
            uint64_t have = p->have[w];
            if (w == from / 64)
                have &= UINT64_MAX << (from % 64);
            if (have)
                return p->at + w * 64 + (size_t)__builtin_ctzll(have);
        }
    return s->next; /* not reached: stream_pages_trim leaves no page without waiting bytes */
}

struct span stream_pages_run(const struct stream *s)
{
    const struct stream_page *p = s->pages;
    size_t from, to;

    if (!p || p->at > s->next)
        return (struct span){NULL, 0};
    from = to = (size_t)(s->next - p->at);
    while (to < STREAM_PAGE) {
        uint64_t missing = ~p->have[to / 64] >> (to % 64);
        size_t run = missing ? (size_t)__builtin_ctzll(missing) : 64 - to % 64;
        if (run > 64 - to % 64)
            run = 64 - to % 64;
        to += run;
        if (missing && to % 64)
            break;
        if (!run)
            break;
    }
    return span_of(p->bytes + from, to - from);
}

/* Does it hold a byte at or behind that place? */
static bool holds_from(const struct stream_page *p, size_t from)
{
    for (size_t w = from / 64; w < GH_COUNT(p->have); w++)
        if (p->have[w] & (w == from / 64 ? UINT64_MAX << (from % 64) : UINT64_MAX))
            return true;
    return false;
}

void stream_pages_trim(struct streams *all, struct stream *s)
{
    while (s->pages) {
        struct stream_page *p = s->pages;
        if (p->at > s->next || (s->next - p->at < STREAM_PAGE && holds_from(p, (size_t)(s->next - p->at))))
            return;
        s->pages = p->next;
        page_free(all, s, p);
    }
    s->last = NULL;
}

void stream_pages_free(struct streams *all, struct stream *s)
{
    while (s->pages) {
        struct stream_page *p = s->pages;
        s->pages = p->next;
        page_free(all, s, p);
    }
    s->last = NULL;
}

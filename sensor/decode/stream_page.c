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
    memset(p->begin, 0, sizeof(p->begin));
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

static bool bit(const uint64_t *map, size_t i)
{
    return map[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *map, size_t i, bool on)
{
    uint64_t mask = 1ull << (i % 64);

    map[i / 64] = on ? map[i / 64] | mask : map[i / 64] & ~mask;
}

/* The bits of one word that lie in [from, from + n) of the page. */
static uint64_t word_mask(size_t word, size_t from, size_t n)
{
    uint64_t mask = UINT64_MAX;

    if (from > word * 64)
        mask <<= from - word * 64;
    if (from + n < word * 64 + 64)
        mask &= (1ull << (from + n - word * 64)) - 1;
    return mask;
}

static bool holds_any(const struct stream_page *p, size_t from, size_t n)
{
    for (size_t w = from / 64; w * 64 < from + n; w++)
        if (p->have[w] & word_mask(w, from, n))
            return true;
    return false;
}

/* A newer piece on its way into the pages. */
struct piece {
    uint64_t begin, end;
    bool newer;   /* it has the byte before */
    bool newest;  /* it wins over the older piece that is being passed */
    bool trimmed; /* and that one goes on behind */
};

/* How the older piece that begins with the newer one ends, against it. p: the page in which both begin. */
static int ends(const struct stream_page *p, const struct piece *piece)
{
    for (uint64_t off = piece->begin + 1;; off++) {
        if (off - p->at == STREAM_PAGE) {
            if (!p->next || p->next->at != off)
                return off < piece->end ? -1 : 0;
            p = p->next;
        }
        bool over = !bit(p->have, (size_t)(off - p->at)) || bit(p->begin, (size_t)(off - p->at));
        if (over)
            return off < piece->end ? -1 : 0;
        if (off == piece->end)
            return 1;
    }
}

/* Does the newer piece win over the older one that it meets at off? */
static bool newest(const struct stream *s, const struct stream_page *p, uint64_t off,
                   const struct piece *piece)
{
    enum target_policy policy = (enum target_policy)s->policy;
    int begins = off > piece->begin ? 1 : bit(p->begin, (size_t)(off - p->at)) ? 0 : -1;

    return target_newer_wins(policy, TARGET_TCP, begins, begins == 0 ? ends(p, piece) : 0);
}

static void tell_other(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes)
{
    if (all->sink.other && !s->off)
        all->sink.other(arg, (enum direction)s->dir, off, bytes);
}

/* Bytes of the piece for places of the page where others wait. True when some say something else. */
static bool put_contested(struct streams *all, struct stream *s, void *arg, struct stream_page *p,
                          size_t from, struct span bytes, struct piece *piece)
{
    uint8_t lost[STREAM_PAGE]; /* the copies that lose, from first on */
    size_t first = from, n_lost = 0;
    bool differ = false, any = false;

    for (size_t i = from, k = 0; k < bytes.n; i++, k++) {
        bool held = bit(p->have, i), before = piece->newest, meets;
        meets = held && (bit(p->begin, i) || p->at + i == piece->begin);
        if (meets)
            piece->newest = newest(s, p, p->at + i, piece);
        if (n_lost && (!held || piece->newest != before)) {
            if (differ)
                tell_other(all, s, arg, p->at + first, span_of(lost, n_lost));
            n_lost = 0;
            differ = false;
        }
        bool take = !held || piece->newest;
        if (held) {
            uint8_t older = p->bytes[i];
            first = n_lost ? first : i;
            lost[n_lost++] = take ? older : bytes.p[k];
            differ |= older != bytes.p[k];
            any |= differ;
        }
        if (take) {
            p->bytes[i] = bytes.p[k];
            set_bit(p->have, i, true);
            set_bit(p->begin, i, !piece->newer);
        }
        piece->newer = take;
        piece->trimmed = held && take;
    }
    if (n_lost && differ)
        tell_other(all, s, arg, p->at + first, span_of(lost, n_lost));
    return any;
}

/* The same where nobody waits. */
static void put_free(struct stream_page *p, size_t from, struct span bytes, struct piece *piece)
{
    memcpy(p->bytes + from, bytes.p, bytes.n);
    for (size_t w = from / 64; w * 64 < from + bytes.n; w++) {
        uint64_t mask = word_mask(w, from, bytes.n);
        p->have[w] |= mask;
        p->begin[w] &= ~mask;
    }
    if (!piece->newer)
        set_bit(p->begin, from, true);
    piece->newer = true;
    piece->trimmed = false;
}

/* What is left of an older piece behind the newer one begins there. */
static void begin_rest(const struct stream *s, uint64_t off)
{
    struct stream_page *p = s->pages;

    while (p && off - p->at >= STREAM_PAGE && off > p->at)
        p = p->next;
    if (p && off >= p->at && bit(p->have, (size_t)(off - p->at)))
        set_bit(p->begin, (size_t)(off - p->at), true);
}

bool stream_pages_put(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes,
                      bool *ret_differs)
{
    struct piece piece = {.begin = off, .end = off + bytes.n};

    for (size_t done = 0; done < bytes.n;) {
        uint64_t at = (off + done) & ~(uint64_t)(STREAM_PAGE - 1);
        struct stream_page *p = page_at(all, s, at);
        size_t from = (size_t)(off + done - at);
        struct span part = span_part(bytes, done, STREAM_PAGE - from);
        if (!p)
            return false;
        if (holds_any(p, from, part.n))
            *ret_differs |= put_contested(all, s, arg, p, from, part, &piece);
        else
            put_free(p, from, part, &piece);
        done += part.n;
    }
    if (piece.trimmed)
        begin_rest(s, piece.end);
    return true;
}

bool stream_pages_replaced(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes)
{
    bool any = false;

    for (const struct stream_page *p = s->pages; p && p->at < off + bytes.n; p = p->next) {
        size_t to = off + bytes.n - p->at < STREAM_PAGE ? (size_t)(off + bytes.n - p->at) : STREAM_PAGE;
        for (size_t i = off > p->at ? (size_t)(off - p->at) : 0; i < to;) {
            size_t from = i;
            while (i < to && bit(p->have, i))
                i++;
            if (i > from && memcmp(p->bytes + from, bytes.p + (p->at + from - off), i - from) != 0) {
                any = true;
                tell_other(all, s, arg, p->at + from, span_of(p->bytes + from, i - from));
            }
            i += i == from;
        }
    }
    return any;
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

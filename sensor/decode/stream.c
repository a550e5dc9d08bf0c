/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/stream_page.h"

#include <stdlib.h>

#define GAP_WAIT_US 2000000u      /* of packet time, for bytes that were acknowledged but not seen */
#define GAP_WAIT_BYTES (1u << 20) /* or as many bytes behind them */
#define AHEAD_MAX (16u << 20)     /* no window is larger in practice; farther on only what is acknowledged */
#define ACK_AHEAD_MAX (1u << 30)  /* largest window there can be (RFC 7323) */
#define RECALL_MIN 1024u          /* memory of passed bytes: grows with the stream */
#define RECALL_MAX 16384u

void streams_init(struct streams *all, const struct stream_sink *sink, struct budget *budget,
                  size_t stream_max)
{
    *all = (struct streams){.sink = *sink, .budget = budget, .stream_max = stream_max};
}

void streams_done(struct streams *all)
{
    while (all->spare) {
        struct stream_page *p = all->spare;
        all->spare = p->next;
        free(p);
    }
}

void stream_init(struct stream *s, enum direction dir, uint32_t first_seq)
{
    *s = (struct stream){.dir = (uint8_t)dir, .base = first_seq};
}

void stream_stop(struct stream *s)
{
    s->off = true;
}

/* ---- memory of what was passed on ---- */

static void recall_free(struct streams *all, struct stream *s)
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
    recall_free(all, s);
    s->recall = fresh;
    s->recall_size = size;
}

/* Remembers the bytes at next (before next moves on). */
static void recall_add(struct streams *all, struct stream *s, struct span bytes)
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

/* Do these bytes, passed on before, say the same as then? What is no longer remembered is taken for the same.
 */
static bool recall_same(const struct stream *s, uint64_t off, struct span bytes)
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

/* ---- passing on ---- */

static void oddity(struct streams *all, struct stream *s, void *arg, enum stream_oddity what)
{
    if (what == STREAM_OVERLAP_DIFFERS)
        all->counts.differing++;
    if (!s->off)
        all->sink.oddity(arg, (enum direction)s->dir, what);
}

static void pass(struct streams *all, struct stream *s, void *arg, struct span bytes)
{
    recall_add(all, s, bytes);
    s->next += bytes.n;
    if (!s->off)
        all->sink.data(arg, (enum direction)s->dir, bytes);
}

static void pass_gap(struct streams *all, struct stream *s, void *arg, uint64_t missing)
{
    s->next += missing;
    s->recall_from = s->next;
    all->counts.gaps++;
    all->counts.gap_bytes += missing;
    if (!s->off)
        all->sink.gap(arg, (enum direction)s->dir, missing);
}

static void settle(struct streams *all, struct stream *s)
{
    all->counts.held -= s->held_segments;
    all->counts.delivered += s->held_segments;
    s->held_segments = 0;
}

/* Everything that waits and follows next without a hole. */
static void drain(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    struct span run;

    s->hole_us = now_us; /* it went on: what is still missing is waited for from now on */
    while ((run = stream_pages_run(s)).n) {
        pass(all, s, arg, run);
        stream_pages_trim(all, s);
    }
    stream_pages_trim(all, s);
    if (!s->pages)
        settle(all, s);
}

static void check_end(struct streams *all, struct stream *s, void *arg)
{
    if (s->ended || !s->have_fin || s->next < s->fin)
        return;
    s->ended = true;
    stream_pages_free(all, s);
    settle(all, s);
    if (!s->off)
        all->sink.end(arg, (enum direction)s->dir);
}

/* Has the receiver what we miss, so that it will not be sent again? One whose packets we do not see, we
 * cannot ask. */
static bool hole_confirmed(const struct stream *s)
{
    return !s->peer_seen || s->acked >= stream_pages_first(s);
}

static void skip_hole(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    pass_gap(all, s, arg, stream_pages_first(s) - s->next);
    drain(all, s, arg, now_us);
}

static void consider_hole(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    while (s->pages && hole_confirmed(s) &&
           (now_us > s->hole_us + GAP_WAIT_US || (uint64_t)s->n_pages * STREAM_PAGE > GAP_WAIT_BYTES))
        skip_hole(all, s, arg, now_us);
}

/* ---- segments ---- */

static int64_t offset_of(const struct stream *s, uint32_t seq)
{
    return (int64_t)s->next + (int32_t)(seq - (s->base + (uint32_t)s->next));
}

/* Is the waiting room too full for so many bytes more? */
static bool is_full(const struct streams *all, const struct stream *s, size_t n)
{
    return (s->n_pages + 2 + n / STREAM_PAGE) * sizeof(struct stream_page) > all->stream_max;
}

/* Bytes that lie ahead of a hole wait. */
static void hold(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes,
                 uint64_t now_us)
{
    bool differs = false;

    if (off - s->next > AHEAD_MAX && s->peer_seen && off > s->acked) {
        all->counts.lost_outside++;
        oddity(all, s, arg, STREAM_OUTSIDE);
        return;
    }
    if (!s->pages)
        s->hole_us = now_us;
    if (stream_pages_put(all, s, arg, off, bytes, &differs)) {
        all->counts.held++;
        s->held_segments++;
    } else {
        all->counts.lost_memory++;
    }
    if (differs)
        oddity(all, s, arg, STREAM_OVERLAP_DIFFERS);
}

/* The part of a segment that was passed on before is only compared. */
static void compare_old(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span old)
{
    if (recall_same(s, off, old))
        return;
    oddity(all, s, arg, STREAM_OVERLAP_DIFFERS);
    if (all->sink.other && !s->off)
        all->sink.other(arg, (enum direction)s->dir, off, old);
}

/* The bytes at next, which are in order. What waits behind them begins behind them, so that for most
 * receivers they win; else only the bytes up to there go through. Returns how many did. */
static size_t take_next(struct streams *all, struct stream *s, void *arg, struct span bytes, uint64_t now_us)
{
    if (s->pages && stream_pages_first(s) - s->next < bytes.n) {
        if (!target_newer_wins((enum target_policy)s->policy, TARGET_TCP, 1, 0))
            bytes = span_part(bytes, 0, (size_t)(stream_pages_first(s) - s->next));
        else if (stream_pages_replaced(all, s, arg, s->next, bytes))
            oddity(all, s, arg, STREAM_OVERLAP_DIFFERS);
    }
    pass(all, s, arg, bytes);
    if (s->pages) {
        stream_pages_trim(all, s);
        drain(all, s, arg, now_us);
    }
    return bytes.n;
}

/* Old bytes are compared, those at next go through. Returns what lies ahead of a hole, *off moved to it. */
static struct span take_ready(struct streams *all, struct stream *s, void *arg, uint64_t *off,
                              struct span bytes, uint64_t now_us)
{
    if (bytes.n == 1 && *off + 1 == s->next)
        return span_part(bytes, 1, 0); /* a keep-alive may bear one byte of garbage (RFC 9293 3.8.4) */
    while (bytes.n && *off <= s->next) {
        struct span part = span_part(bytes, 0, s->next - *off < bytes.n ? (size_t)(s->next - *off) : bytes.n);
        if (part.n)
            compare_old(all, s, arg, *off, part);
        else
            part.n = take_next(all, s, arg, bytes, now_us);
        bytes = span_part(bytes, part.n, bytes.n);
        *off += part.n;
    }
    return bytes;
}

static void take_bytes(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes,
                       uint64_t now_us)
{
    uint64_t before = s->next;

    bytes = take_ready(all, s, arg, &off, bytes, now_us);
    while (bytes.n && s->pages && is_full(all, s, bytes.n) && hole_confirmed(s)) {
        skip_hole(all, s, arg, now_us); /* the oldest hole is given up */
        bytes = take_ready(all, s, arg, &off, bytes, now_us);
    }
    if (bytes.n) {
        hold(all, s, arg, off, bytes, now_us);
        return;
    }
    all->counts.delivered++;
    all->counts.repeated += s->next == before;
}

/* Cuts off what lies before offset 0 or behind the FIN. False when nothing is left: counted. */
static bool clip(struct streams *all, const struct stream *s, int64_t *off, struct span *bytes)
{
    if (s->ended || (s->have_fin && *off >= (int64_t)s->fin)) {
        all->counts.lost_after_end++;
        return false;
    }
    if (s->have_fin && *off + (int64_t)bytes->n > (int64_t)s->fin)
        *bytes = span_part(*bytes, 0, (size_t)((int64_t)s->fin - *off));
    if (*off < 0) {
        *bytes = span_part(*bytes, (uint64_t) - *off < bytes->n ? (size_t) - *off : bytes->n, bytes->n);
        *off = 0;
    }
    if (!bytes->n)
        all->counts.lost_before_start++;
    return bytes->n;
}

static void take_fin(struct stream *s, int64_t end)
{
    if (s->have_fin || end < (int64_t)s->next ||
        (end - (int64_t)s->next > (int64_t)AHEAD_MAX && end > (int64_t)s->acked))
        return;
    s->have_fin = true;
    s->fin = (uint64_t)end;
}

void stream_segment(struct streams *all, struct stream *s, void *arg, const struct stream_segment *seg)
{
    struct span bytes = seg->payload;
    int64_t off = offset_of(s, seg->seq);

    if (seg->fin)
        take_fin(s, off + (int64_t)bytes.n);
    if (bytes.n) {
        all->counts.in++;
        if (s->off)
            all->counts.delivered++;
        else if (clip(all, s, &off, &bytes))
            take_bytes(all, s, arg, (uint64_t)off, bytes, seg->now_us);
    }
    consider_hole(all, s, arg, seg->now_us);
    check_end(all, s, arg);
}

void stream_acked(struct streams *all, struct stream *s, void *arg, uint32_t ack, uint64_t now_us)
{
    int64_t off = offset_of(s, ack);

    s->peer_seen = true;
    if (off > (int64_t)s->acked && off - (int64_t)s->next <= (int64_t)ACK_AHEAD_MAX)
        s->acked = (uint64_t)off;
    if (s->pages) {
        consider_hole(all, s, arg, now_us);
        check_end(all, s, arg);
    }
}

void stream_tick(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    consider_hole(all, s, arg, now_us);
    check_end(all, s, arg);
}

void stream_flush(struct streams *all, struct stream *s, void *arg)
{
    if (s->ended)
        return;
    while (s->pages)
        skip_hole(all, s, arg, s->hole_us);
    if (s->have_fin && s->next < s->fin)
        pass_gap(all, s, arg, s->fin - s->next);
    else if (!s->have_fin && s->acked > s->next + 1) /* 1 may be a FIN that was not captured */
        pass_gap(all, s, arg, s->acked - s->next);
    s->ended = true;
    if (!s->off)
        all->sink.end(arg, (enum direction)s->dir);
}

void stream_done(struct streams *all, struct stream *s)
{
    stream_pages_free(all, s);
    settle(all, s);
    recall_free(all, s);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/stream_page.h"

#include <stdlib.h>

#define GAP_WAIT_US 2000000u      /* of packet time, for bytes that were acknowledged but not seen */
#define GAP_WAIT_BYTES (1u << 20) /* or as many bytes behind them */
#define AHEAD_MAX (16u << 20)     /* no window is larger in practice; farther on only what is acknowledged */
#define ACK_AHEAD_MAX (1u << 30)  /* largest window there can be (RFC 7323) */

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
    stream_recall_add(all, s, bytes);
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

/* The part of a segment that was passed on before is only compared. Is it the same? */
static bool compare_old(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span old)
{
    if (stream_recall_same(s, off, old))
        return true;
    oddity(all, s, arg, STREAM_OVERLAP_DIFFERS);
    if (all->sink.other && !s->off)
        all->sink.other(arg, (enum direction)s->dir, off, old);
    return false;
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

/* Other bytes came in its place, or the same ones. */
static void drop_doubt(struct streams *all, struct stream *s, void *arg, const struct stream_doubt *d)
{
    if (compare_old(all, s, arg, d->off, span_of(d->bytes, d->n))) {
        all->counts.delivered++;
        all->counts.repeated++;
    } else {
        all->counts.lost_checksum++;
        oddity(all, s, arg, STREAM_BAD_CHECKSUM);
    }
}

static void believe(struct streams *all, struct stream *s, void *arg, const struct stream_doubt *d,
                    uint64_t now_us)
{
    uint8_t policy = s->policy;
    struct span bytes = span_of(d->bytes, d->n);
    int64_t off = (int64_t)d->off;

    s->policy = TARGET_FIRST; /* what is known to be right wins */
    if (d->n && clip(all, s, &off, &bytes))
        take_bytes(all, s, arg, (uint64_t)off, bytes, now_us);
    if (d->fin)
        take_fin(s, (int64_t)(d->off + d->n));
    s->policy = policy;
}

/* Segments about which there is no doubt any more, or every one. */
static void take_doubts(struct streams *all, struct stream *s, void *arg, uint64_t now_us, bool every_one)
{
    struct stream_doubt *d;

    while (s->doubts && (d = stream_doubt_over(s, now_us, GAP_WAIT_US, every_one))) {
        all->counts.held -= d->n != 0;
        if (d->n && d->off + d->n <= s->next)
            drop_doubt(all, s, arg, d);
        else
            believe(all, s, arg, d, now_us);
        stream_doubt_free(all, d);
    }
}

static void consider_hole(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    while (s->pages && hole_confirmed(s) &&
           (now_us > s->hole_us + GAP_WAIT_US || (uint64_t)s->n_pages * STREAM_PAGE > GAP_WAIT_BYTES)) {
        if (s->doubts) /* better than a hole */
            take_doubts(all, s, arg, now_us, true);
        else
            skip_hole(all, s, arg, now_us);
    }
}

/* Is it to be waited with this one until it is known whether its receiver took it? */
static bool doubt(struct streams *all, struct stream *s, int64_t off, const struct stream_segment *seg)
{
    int64_t end = off + (int64_t)seg->payload.n;

    if (!seg->doubtful || s->off || s->ended || off < 0 || end - (int64_t)s->next > (int64_t)AHEAD_MAX ||
        (seg->payload.n && end <= (int64_t)s->next) || !stream_doubt_keep(all, s, (uint64_t)off, seg))
        return false;
    all->counts.in += seg->payload.n != 0;
    all->counts.held += seg->payload.n != 0;
    return true;
}

void stream_segment(struct streams *all, struct stream *s, void *arg, const struct stream_segment *seg)
{
    struct span bytes = seg->payload;
    int64_t off = offset_of(s, seg->seq);

    if (doubt(all, s, off, seg))
        return;
    if (seg->fin)
        take_fin(s, off + (int64_t)bytes.n);
    if (bytes.n) {
        all->counts.in++;
        if (s->off)
            all->counts.delivered++;
        else if (clip(all, s, &off, &bytes))
            take_bytes(all, s, arg, (uint64_t)off, bytes, seg->now_us);
    }
    take_doubts(all, s, arg, seg->now_us, false);
    consider_hole(all, s, arg, seg->now_us);
    check_end(all, s, arg);
}

void stream_acked(struct streams *all, struct stream *s, void *arg, uint32_t ack, uint64_t now_us)
{
    int64_t off = offset_of(s, ack);

    s->peer_seen = true;
    if (off > (int64_t)s->acked && off - (int64_t)s->next <= (int64_t)ACK_AHEAD_MAX)
        s->acked = (uint64_t)off;
    if (stream_waits(s)) {
        take_doubts(all, s, arg, now_us, false);
        consider_hole(all, s, arg, now_us);
        check_end(all, s, arg);
    }
}

void stream_tick(struct streams *all, struct stream *s, void *arg, uint64_t now_us)
{
    take_doubts(all, s, arg, now_us, false);
    consider_hole(all, s, arg, now_us);
    check_end(all, s, arg);
}

void stream_flush(struct streams *all, struct stream *s, void *arg)
{
    if (s->ended)
        return;
    take_doubts(all, s, arg, s->hole_us, true);
    check_end(all, s, arg);
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
    struct stream_doubt *d;

    while ((d = stream_doubt_over(s, 0, 0, true))) { /* nobody wants them any more */
        all->counts.held -= d->n != 0;
        all->counts.delivered += d->n != 0;
        stream_doubt_free(all, d);
    }
    stream_pages_free(all, s);
    settle(all, s);
    stream_recall_free(all, s);
}

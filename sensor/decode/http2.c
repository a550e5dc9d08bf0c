/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http2_impl.h"

#include <stdlib.h>

#define FRAME_LIKELY (1u << 20) /* a longer one, where bytes were lost, is no frame */
#define LOST_MAX 64u            /* borders found that were none */
#define PART_KEPT 8192u         /* bytes of a buffer that is kept for the next frame */

/* ---- buffers, charged as they grow ---- */

void http2_drop(struct http2 *c, struct writer *w)
{
    size_t max = w->max;

    proto_release(c->cx, w->cap);
    writer_done(w);
    writer_init(w, max);
}

bool http2_put(struct http2 *c, struct writer *w, struct span s)
{
    size_t cap = w->cap;

    writer_put(w, s);
    if (w->cap > cap && !proto_charge(c->cx, w->cap - cap)) {
        size_t max = w->max;
        writer_done(w);
        writer_init(w, max);
        w->bad = true;
        proto_release(c->cx, cap);
    }
    return writer_ok(w);
}

void http2_forget(struct http2 *c, struct writer *w)
{
    if (w->cap > PART_KEPT)
        http2_drop(c, w);
    else
        writer_clear(w);
}

/* ---- frames ---- */

/* Where frames begin is not known any more. */
static void lose(struct http2 *c, enum direction dir, struct http2_side *s)
{
    c->lossy = true;
    http2_lose_bodies(c, dir);
    http2_block_drop(c, dir);
    http2_forget(c, &s->part);
    http2_drop(c, &s->search);
    writer_clear(&s->head);
    s->search_next = 0;
    s->state = HTTP2_LOST;
}

/* Whatever this is, frames it has none. */
static void give_up(struct http2 *c, enum direction dir, struct http2_side *s)
{
    proto_anomaly(c->cx, dir, "http2.given_up");
    http2_halves_end(c, dir);
    s->state = HTTP2_DEAD;
}

/* The payload is over. */
static void frame_end(struct http2 *c, enum direction dir, struct http2_side *s)
{
    s->state = HTTP2_HEAD;
    if (s->frame.type == HTTP2_DATA && s->frame.flags & HTTP2_END_STREAM)
        http2_stream_end(c, dir, s->frame.stream);
}

/* Goes on behind the bytes of a body: with the padding, or the next frame. */
static void body_end(struct http2 *c, enum direction dir, struct http2_side *s)
{
    s->left = s->padding;
    s->padding = 0;
    s->state = HTTP2_SKIP;
    if (!s->left)
        frame_end(c, dir, s);
}

static void read_settings(struct http2 *c, struct span payload)
{
    struct reader r = reader_span(payload);

    while (reader_left(&r) >= 6) {
        uint16_t id = reader_be16(&r);
        uint32_t value = reader_be32(&r);
        if (id == HTTP2_SETTING_MAX_FRAME && value > c->max_frame && value < 1u << 24)
            c->max_frame = value;
    }
}

/* A gathered payload is there. */
static void payload_end(struct http2 *c, enum direction dir, struct http2_side *s, struct span payload)
{
    switch (s->frame.type) {
    case HTTP2_SETTINGS:
        read_settings(c, payload);
        break;
    case HTTP2_RST_STREAM:
        http2_stream_reset(c, s->frame.stream);
        break;
    default:
        http2_headers(c, dir, payload);
        break;
    }
    http2_forget(c, &s->part);
    frame_end(c, dir, s);
}

/* A header block is one run of frames: section 6.10. */
static bool in_order(struct http2 *c, enum direction dir, struct http2_side *s)
{
    bool continues = s->frame.type == HTTP2_CONTINUATION;

    if (s->block_stream ? continues && s->frame.stream == s->block_stream : !continues)
        return true;
    proto_anomaly(c->cx, dir, "http2.header_block_interrupted");
    http2_block_drop(c, dir);
    return !continues;
}

static void frame_begin(struct http2 *c, enum direction dir, struct http2_side *s)
{
    struct http2_frame *f = &s->frame;
    bool skip = false;

    *f = http2_frame_read(writer_span(&s->head));
    if (c->lossy && !http2_frame_plausible(f, FRAME_LIKELY)) {
        struct writer held = s->head;
        proto_anomaly(c->cx, dir, "http2.lost");
        writer_init(&s->head, HTTP2_PREFACE_SIZE);
        lose(c, dir, s);
        if (++s->times_lost > LOST_MAX)
            give_up(c, dir, s);
        else
            http2_put(c, &s->search, writer_span(&held));
        writer_done(&held);
        return;
    }
    writer_clear(&s->head);
    if (!http2_frame_valid(f)) {
        proto_anomaly(c->cx, dir, "http2.bad_frame");
        skip = true;
    }
    if (f->length > c->max_frame)
        proto_anomaly(c->cx, dir, "http2.frame_too_long");
    skip |= !in_order(c, dir, s);
    s->left = f->length;
    s->padding = 0;
    s->part_lost = false;
    s->state = HTTP2_SKIP;
    if (!skip && f->type == HTTP2_DATA)
        s->state = f->flags & HTTP2_PADDED ? HTTP2_PAD : HTTP2_BODY;
    else if (!skip &&
             (f->type == HTTP2_HEADERS || f->type == HTTP2_PUSH_PROMISE || f->type == HTTP2_CONTINUATION ||
              f->type == HTTP2_SETTINGS || f->type == HTTP2_RST_STREAM))
        s->state = HTTP2_PAYLOAD;
    if (s->left)
        return;
    if (s->state == HTTP2_PAYLOAD)
        payload_end(c, dir, s, span_of(NULL, 0));
    else
        frame_end(c, dir, s);
}

/* ---- states ---- */

/* Bytes of *in for s->head until it has n of them. */
static bool gather(struct http2_side *s, struct span *in, size_t n)
{
    struct span part = span_part(*in, 0, n - s->head.n);

    writer_put(&s->head, part);
    *in = span_part(*in, part.n, in->n);
    return s->head.n == n;
}

static void read_preface(struct http2 *c, enum direction dir, struct http2_side *s, struct span *in)
{
    struct span want = span_of(HTTP2_PREFACE, HTTP2_PREFACE_SIZE);
    bool whole = gather(s, in, HTTP2_PREFACE_SIZE);
    struct writer held;

    if (!span_eq(writer_span(&s->head), span_part(want, 0, s->head.n))) {
        held = s->head;
        writer_init(&s->head, HTTP2_PREFACE_SIZE);
        s->state = HTTP2_HEAD;
        if (!c->lossy)
            proto_anomaly(c->cx, dir, "http2.no_preface");
        c->lossy = true; /* it may be no HTTP/2 at all: frames have to show */
        http2_feed(c, dir, writer_span(&held));
        writer_done(&held);
    } else if (whole) {
        writer_clear(&s->head);
        s->state = HTTP2_HEAD;
        if (!c->decided)
            c->client = dir;
        c->decided = true;
    }
}

static void read_pad(struct http2 *c, enum direction dir, struct http2_side *s, struct span *in)
{
    s->padding = in->p[0];
    *in = span_part(*in, 1, in->n);
    s->left--;
    if (s->padding > s->left) {
        proto_anomaly(c->cx, dir, "http2.bad_padding");
        s->padding = 0; /* a body for who reads it in spite of that */
    }
    s->left -= s->padding;
    s->state = HTTP2_BODY;
    if (!s->left)
        body_end(c, dir, s);
}

static void read_payload(struct http2 *c, enum direction dir, struct http2_side *s, struct span *in)
{
    struct span part = span_part(*in, 0, s->left);

    *in = span_part(*in, part.n, in->n);
    s->left -= (uint32_t)part.n;
    if (!s->left && !s->part.n && !s->part_lost) {
        payload_end(c, dir, s, part);
        return;
    }
    if (!s->part_lost && !http2_put(c, &s->part, part)) {
        s->part_lost = true;
        proto_anomaly(c->cx, dir, "http2.header_block_too_long");
    }
    if (!s->left)
        payload_end(c, dir, s, writer_span(&s->part));
}

/* Gathers bytes until a frame border shows among them. */
static void search(struct http2 *c, enum direction dir, struct http2_side *s, struct span *in)
{
    uint32_t max = c->max_frame < HTTP2_FRAME_MAX ? c->max_frame : HTTP2_FRAME_MAX;
    struct span part = span_part(*in, 0, HTTP2_SEARCH_MAX - s->search.n);
    size_t at;
    bool found;

    *in = span_part(*in, part.n, in->n);
    if (!http2_put(c, &s->search, part)) {
        http2_drop(c, &s->search);
        s->search_next = 0;
        return;
    }
    if (s->searching || (s->search.n < s->search_next && s->search.n < HTTP2_SEARCH_MAX))
        return;
    s->searching = true; /* lost again while what was found is read: the loop goes on, not deeper */
    do {
        struct writer held = s->search; /* stays charged while it is read */
        found = http2_frame_find(writer_span(&held), max, &at);
        struct span rest = span_part(writer_span(&held), at, held.n);
        writer_init(&s->search, HTTP2_SEARCH_MAX);
        if (found) {
            s->state = HTTP2_HEAD;
            http2_feed(c, dir, rest);
        } else if (rest.n) {
            http2_put(c, &s->search, rest);
        }
        http2_drop(c, &held);
    } while (found && s->state == HTTP2_LOST);
    s->searching = false;
    /* Looking again at every byte that comes would cost the square of their number. */
    s->search_next = (uint32_t)(s->search.n + s->search.n / 8);
}

void http2_feed(struct http2 *c, enum direction dir, struct span in)
{
    struct http2_side *s = &c->side[dir];
    struct span part;

    s->spoke |= in.n != 0;
    while (in.n) {
        switch (s->state) {
        case HTTP2_START:
            read_preface(c, dir, s, &in);
            break;
        case HTTP2_HEAD:
            if (gather(s, &in, HTTP2_HEAD_SIZE))
                frame_begin(c, dir, s);
            break;
        case HTTP2_PAD:
            read_pad(c, dir, s, &in);
            break;
        case HTTP2_BODY:
        case HTTP2_SKIP:
            part = span_part(in, 0, s->left);
            in = span_part(in, part.n, in.n);
            s->left -= (uint32_t)part.n;
            if (s->state == HTTP2_BODY)
                http2_data(c, dir, s->frame.stream, part);
            if (!s->left)
                body_end(c, dir, s);
            break;
        case HTTP2_PAYLOAD:
            read_payload(c, dir, s, &in);
            break;
        case HTTP2_LOST:
            search(c, dir, s, &in);
            break;
        case HTTP2_DEAD:
            return;
        }
    }
}

/* A hole within one frame. */
static void gap_inside(struct http2 *c, enum direction dir, struct http2_side *s, uint32_t missing)
{
    uint32_t part = missing < s->left ? missing : s->left;

    c->lossy = true;
    s->left -= part;
    if (s->state == HTTP2_BODY || s->state == HTTP2_PAD) {
        s->state = HTTP2_BODY; /* padding whose length is missing is taken for a part of the body */
        http2_data_gap(c, dir, s->frame.stream, part);
        s->padding -= missing - part;
    }
    s->part_lost |= s->state == HTTP2_PAYLOAD;
    if (s->left)
        return;
    if (s->state == HTTP2_PAYLOAD)
        payload_end(c, dir, s, writer_span(&s->part));
    else
        body_end(c, dir, s);
}

void http2_gap(struct http2 *c, enum direction dir, uint64_t missing)
{
    struct http2_side *s = &c->side[dir];
    bool inside = s->state == HTTP2_PAD || s->state == HTTP2_BODY || s->state == HTTP2_PAYLOAD ||
                  s->state == HTTP2_SKIP;

    if (!missing || s->state == HTTP2_DEAD)
        return;
    if (inside && missing <= (uint64_t)s->left + s->padding)
        gap_inside(c, dir, s, (uint32_t)missing);
    else
        lose(c, dir, s);
}

void http2_end(struct http2 *c, enum direction dir)
{
    http2_halves_end(c, dir);
}

/* ---- life ---- */

struct http2 *http2_new(struct proto_ctx *cx, enum direction client)
{
    struct http2 *c;

    if (!proto_charge(cx, HTTP2_CONN_CHARGE))
        return NULL;
    c = calloc(1, sizeof(*c));
    if (!c) {
        proto_release(cx, HTTP2_CONN_CHARGE);
        return NULL;
    }
    *c = (struct http2){.cx = cx,
                        .client = client,
                        .decided = !cx->midstream,
                        .lossy = cx->midstream,
                        .max_frame = HTTP2_FRAME_MAX};
    for (int i = 0; i < 2; i++) {
        struct http2_side *s = &c->side[i];
        s->state = i == (int)client || cx->midstream ? HTTP2_START : HTTP2_HEAD;
        writer_init(&s->head, HTTP2_PREFACE_SIZE);
        writer_init(&s->part, HTTP2_BLOCK_MAX);
        writer_init(&s->block, HTTP2_BLOCK_MAX);
        writer_init(&s->search, HTTP2_SEARCH_MAX);
        s->hpack = hpack_new(cx); /* without one, fields are unknown */
    }
    return c;
}

void http2_upgraded(struct http2 *c, const struct http_tx *request)
{
    http2_stream_first(c, request);
}

void http2_free(struct http2 *c)
{
    struct proto_ctx *cx;

    if (!c)
        return;
    cx = c->cx;
    http2_streams_free(c);
    for (int i = 0; i < 2; i++) {
        struct http2_side *s = &c->side[i];
        writer_done(&s->head);
        http2_drop(c, &s->part);
        http2_drop(c, &s->block);
        http2_drop(c, &s->search);
        hpack_free(s->hpack);
    }
    free(c);
    proto_release(cx, HTTP2_CONN_CHARGE);
}

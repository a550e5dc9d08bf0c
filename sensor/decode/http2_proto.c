/* SPDX-License-Identifier: GPL-3.0-or-later
 * HTTP/2 with prior knowledge, or joined in the middle, as a parser of proto.h. */
#include "sensor/decode/http2.h"
#include "sensor/decode/http2_frame.h"

struct state {
    struct http2 *c;
};

/* "PRI * HTTP/2.0": enough that nobody else speaks so. */
#define PREFACE_KNOWN 14u

/* One frame alone, exactly as long as what came: only types that have a fixed length, or SETTINGS. */
static bool telling(struct span first)
{
    struct http2_frame f = http2_frame_read(first);

    return f.type == HTTP2_SETTINGS
               ? f.length || f.flags
               : f.type == HTTP2_WINDOW_UPDATE || f.type == HTTP2_PING || f.type == HTTP2_RST_STREAM;
}

/* Servers may speak first: SETTINGS. Where the beginning was not seen frames in a row tell. */
static enum probe probe_frames(const struct proto_ctx *cx, struct span first)
{
    struct http2_frame f = http2_frame_read(first);
    bool exact;
    unsigned n;

    if (!cx->midstream && f.type != HTTP2_SETTINGS)
        return PROBE_NO;
    n = http2_frame_chain(first, HTTP2_FRAME_MAX, &exact);
    if (!n)
        return PROBE_NO;
    if (n >= 3 || (n >= 2 && (exact || !cx->midstream)))
        return PROBE_YES;
    if (exact)
        return telling(first) ? PROBE_YES : PROBE_MORE;
    return PROBE_MORE;
}

static enum probe http2_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct span want = span_of(HTTP2_PREFACE, PREFACE_KNOWN), seen = span_part(first, 0, PREFACE_KNOWN);

    if ((dir == TO_SERVER || cx->midstream) && span_eq(seen, span_part(want, 0, seen.n)))
        return seen.n == PREFACE_KNOWN ? PROBE_YES : PROBE_MORE;
    if (dir == TO_SERVER && !cx->midstream)
        return PROBE_NO;
    if (first.n < HTTP2_HEAD_SIZE) /* no frame but in pieces: its length is below 2^20 */
        return first.p[0] ? PROBE_NO : PROBE_MORE;
    return probe_frames(cx, first);
}

static int http2_open(void *state, struct proto_ctx *cx)
{
    struct state *s = state;

    s->c = http2_new(cx, TO_SERVER);
    return s->c ? 0 : ST_LIMIT;
}

static void proto_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct state *s = state;

    http2_feed(s->c, dir, bytes);
}

static void proto_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct state *s = state;

    http2_gap(s->c, dir, missing);
}

static void proto_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct state *s = state;

    http2_end(s->c, dir);
}

static void proto_close(void *state, struct proto_ctx *cx)
{
    struct state *s = state;

    http2_free(s->c);
}

const struct proto http2_proto = {
    .name = "http2",
    .state_size = sizeof(struct state),
    .probe = http2_probe,
    .open = http2_open,
    .feed = proto_feed,
    .gap = proto_gap,
    .end = proto_end,
    .close = proto_close,
};

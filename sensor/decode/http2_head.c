/* SPDX-License-Identifier: GPL-3.0-or-later
 * Header blocks: HEADERS, PUSH_PROMISE and CONTINUATION (RFC 9113 sections 4.3, 6.2, 6.6, 6.10). */
#include "sensor/decode/http2_impl.h"

void http2_fields_init(struct http2_fields *f)
{
    *f = (struct http2_fields){0};
    http_head_init(&f->head);
    writer_init(&f->method, HTTP_VALUE_MAX);
    writer_init(&f->path, HTTP_VALUE_MAX);
    writer_init(&f->authority, HTTP_VALUE_MAX);
    writer_init(&f->protocol, HTTP_VALUE_MAX);
}

void http2_fields_done(struct http2_fields *f)
{
    http_head_done(&f->head);
    writer_done(&f->method);
    writer_done(&f->path);
    writer_done(&f->authority);
    writer_done(&f->protocol);
}

/* The first one counts. */
static void put_once(struct writer *w, struct span s)
{
    if (!w->n)
        writer_put(w, span_part(s, 0, w->max));
}

static void on_field(void *arg, struct span name, struct span value)
{
    struct http2_fields *f = arg;
    uint64_t status = 0;

    f->head.bytes += name.n + value.n;
    if (!name.n || f->head.bytes > HTTP_HEAD_MAX)
        return;
    if (name.p[0] != ':') {
        /* What frames say about the body needs no second opinion (section 8.2.2). */
        if (!span_eq_nocase(name, "transfer-encoding"))
            http_head_field(&f->head, name, span_trim(value));
        return;
    }
    if (span_eq_nocase(name, ":method"))
        put_once(&f->method, value);
    else if (span_eq_nocase(name, ":path"))
        put_once(&f->path, value);
    else if (span_eq_nocase(name, ":authority"))
        put_once(&f->authority, value);
    else if (span_eq_nocase(name, ":protocol"))
        put_once(&f->protocol, value);
    else if (span_eq_nocase(name, ":status") && !f->has_status) {
        f->has_status = true;
        f->status = span_number(value, 999, &status) ? (unsigned)status : 0;
    }
}

/* The authority is the host, without what names a user (RFC 9113 section 8.3.1 forbids that). */
static void conclude(struct http2 *c, enum direction dir, struct http2_fields *f)
{
    struct span host = writer_span(&f->authority);
    ptrdiff_t at;

    f->has_method = f->method.n != 0;
    for (at = span_find_byte(host, '@', 0); at >= 0; at = span_find_byte(host, '@', 0)) {
        proto_anomaly(c->cx, dir, "http2.userinfo_in_authority");
        host = span_part(host, (size_t)at + 1, host.n);
    }
    if (host.n) {
        writer_clear(&f->head.field[HTTP_HOST]);
        http_head_field(&f->head, span_str("host"), host);
    }
    http_head_end(&f->head);
}

static void block_end(struct http2 *c, enum direction dir, struct http2_side *s, struct span block)
{
    struct http2_fields *f = &c->fields;
    uint32_t id = s->block_stream, promised = s->block_promised;
    bool ends = s->block_ends;

    http2_fields_init(f);
    if (s->block_lost || !s->hpack) {
        hpack_lost(s->hpack);
        proto_anomaly(c->cx, dir, "http2.header_block_lost");
    } else {
        switch (hpack_block(s->hpack, block, on_field, f)) {
        case HPACK_OK:
            break;
        case HPACK_UNKNOWN:
            proto_anomaly(c->cx, dir, "http2.header_fields_unknown");
            break;
        case HPACK_MALFORMED:
            proto_anomaly(c->cx, dir, "http2.bad_header_block");
            break;
        }
    }
    if (f->head.bytes > HTTP_HEAD_MAX)
        proto_anomaly(c->cx, dir, "http2.head_too_long");
    conclude(c, dir, f);
    s->block_stream = s->block_promised = 0;
    s->block_lost = s->block_ends = false;
    http2_forget(c, &s->block);
    if (promised)
        http2_promise(c, dir, promised);
    else
        http2_message(c, dir, id, ends);
    http2_fields_done(f);
}

void http2_block_drop(struct http2 *c, enum direction dir)
{
    struct http2_side *s = &c->side[dir];

    hpack_lost(s->hpack);
    s->block_stream = s->block_promised = 0;
    s->block_lost = s->block_ends = false;
    http2_forget(c, &s->block);
}

/* The fragment of the block in a HEADERS or PUSH_PROMISE frame, which begins it. */
static struct span block_begin(struct http2 *c, enum direction dir, struct http2_side *s, struct span payload)
{
    const struct http2_frame *f = &s->frame;
    struct reader r = reader_span(payload);
    uint8_t padding = f->flags & HTTP2_PADDED ? reader_u8(&r) : 0;

    s->block_stream = f->stream;
    s->block_ends = f->type == HTTP2_HEADERS && f->flags & HTTP2_END_STREAM;
    if (f->type == HTTP2_HEADERS && f->flags & HTTP2_WITH_PRIORITY)
        reader_skip(&r, 5);
    if (f->type == HTTP2_PUSH_PROMISE)
        s->block_promised = reader_be32(&r) & 0x7fffffff;
    if (reader_ok(&r) && padding <= reader_left(&r))
        return reader_take(&r, reader_left(&r) - padding);
    if (!s->part_lost)
        proto_anomaly(c->cx, dir, "http2.bad_padding");
    s->block_lost = true;
    return (struct span){0};
}

void http2_headers(struct http2 *c, enum direction dir, struct span payload)
{
    struct http2_side *s = &c->side[dir];
    bool last = s->frame.flags & HTTP2_END_HEADERS;
    struct span fragment = payload;

    if (s->frame.type != HTTP2_CONTINUATION)
        fragment = block_begin(c, dir, s, payload);
    s->block_lost |= s->part_lost;
    if (last && !s->block.n) {
        block_end(c, dir, s, fragment);
        return;
    }
    if (!s->block_lost && !http2_put(c, &s->block, fragment)) {
        proto_anomaly(c->cx, dir, "http2.header_block_too_long");
        s->block_lost = true;
    }
    if (last)
        block_end(c, dir, s, writer_span(&s->block));
}

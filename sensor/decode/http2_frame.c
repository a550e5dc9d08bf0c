/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http2_frame.h"

#define CHAIN 3u /* frames in a row are no chance, nor are two that end with the bytes */
#define STREAM_LIKELY (1u << 24)
#define EXTENSION_LIKELY 4096u /* bytes of an ALTSVC, ORIGIN or PRIORITY_UPDATE */
#define SETTINGS_LIKELY 192u
#define TYPE_ALTSVC 0x0a
#define TYPE_ORIGIN 0x0c
#define TYPE_PRIORITY_UPDATE 0x10

enum on { ON_STREAM, ON_CONNECTION, ON_ANY };

/* What each type asks for: section 6. */
static const struct {
    enum on on;
    uint8_t flags; /* that mean something */
    uint32_t least, most;
} rules[] = {
    [HTTP2_DATA] = {ON_STREAM, HTTP2_END_STREAM | HTTP2_PADDED, 0, UINT32_MAX},
    [HTTP2_HEADERS] = {ON_STREAM, HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_WITH_PRIORITY,
                       0, UINT32_MAX},
    [HTTP2_PRIORITY] = {ON_STREAM, 0, 5, 5},
    [HTTP2_RST_STREAM] = {ON_STREAM, 0, 4, 4},
    [HTTP2_SETTINGS] = {ON_CONNECTION, HTTP2_ACK, 0, UINT32_MAX},
    [HTTP2_PUSH_PROMISE] = {ON_STREAM, HTTP2_END_HEADERS | HTTP2_PADDED, 4, UINT32_MAX},
    [HTTP2_PING] = {ON_CONNECTION, HTTP2_ACK, 8, 8},
    [HTTP2_GOAWAY] = {ON_CONNECTION, 0, 8, UINT32_MAX},
    [HTTP2_WINDOW_UPDATE] = {ON_ANY, 0, 4, 4},
    [HTTP2_CONTINUATION] = {ON_STREAM, HTTP2_END_HEADERS, 0, UINT32_MAX},
};

struct http2_frame http2_frame_read(struct span head)
{
    struct reader r = reader_span(head);
    struct http2_frame f;

    f.length = reader_be24(&r);
    f.type = reader_u8(&r);
    f.flags = reader_u8(&r);
    f.stream = reader_be32(&r) & 0x7fffffff;
    return f;
}

bool http2_frame_valid(const struct http2_frame *f)
{
    if (f->type >= GH_COUNT(rules))
        return true;
    if (f->type == HTTP2_SETTINGS && (f->length % 6 || (f->flags & HTTP2_ACK && f->length)))
        return false;
    return f->length >= rules[f->type].least && f->length <= rules[f->type].most &&
           (rules[f->type].on == ON_ANY || (rules[f->type].on == ON_CONNECTION) == !f->stream);
}

bool http2_frame_plausible(const struct http2_frame *f, uint32_t max)
{
    if (f->length > max || f->stream >= STREAM_LIKELY || !http2_frame_valid(f))
        return false;
    switch (f->type) {
    case HTTP2_DATA:
        return (f->length || f->flags & HTTP2_END_STREAM) && !(f->flags & ~rules[f->type].flags);
    case HTTP2_HEADERS:
    case HTTP2_CONTINUATION:
        return f->length && !(f->flags & ~rules[f->type].flags);
    case HTTP2_SETTINGS:
        return f->length <= SETTINGS_LIKELY && f->flags <= HTTP2_ACK;
    case TYPE_ALTSVC:
    case TYPE_ORIGIN:
    case TYPE_PRIORITY_UPDATE:
        return f->length && f->length <= EXTENSION_LIKELY && !f->flags;
    default:
        return f->type < GH_COUNT(rules) && !(f->flags & ~rules[f->type].flags);
    }
}

unsigned http2_frame_chain(struct span s, uint32_t max, bool *ret_exact)
{
    unsigned n = 0;

    *ret_exact = false;
    while (s.n >= HTTP2_HEAD_SIZE && n < CHAIN) {
        struct http2_frame f = http2_frame_read(s);
        if (!http2_frame_plausible(&f, max))
            return 0;
        n++;
        if (s.n - HTTP2_HEAD_SIZE < f.length)
            return n;
        s = span_part(s, HTTP2_HEAD_SIZE + f.length, s.n);
        *ret_exact = !s.n;
    }
    return n;
}

bool http2_frame_find(struct span s, uint32_t max, size_t *ret)
{
    size_t pending = s.n; /* the first place that may begin a chain */
    bool exact;

    for (size_t i = 0; i < s.n; i++) {
        struct span rest = span_part(s, i, s.n);
        unsigned n = http2_frame_chain(rest, max, &exact);
        if (n >= CHAIN || (n >= 2 && exact)) {
            *ret = i;
            return true;
        }
        if ((n || rest.n < HTTP2_HEAD_SIZE) && pending == s.n)
            pending = i;
    }
    *ret = pending;
    return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_host/frames.h"

static void ethernet(struct writer *w, int from, uint16_t vlan)
{
    writer_bytes(w, from ? "\2\0\0\0\0\1" : "\2\0\0\0\0\2", 6);
    writer_bytes(w, from ? "\2\0\0\0\0\2" : "\2\0\0\0\0\1", 6);
    if (vlan) {
        writer_be(w, 0x8100, 2);
        writer_be(w, vlan, 2);
    }
    writer_be(w, 0x0800, 2);
}

static void ip(struct writer *w, int from, uint8_t proto, size_t n, uint8_t net, uint16_t pair, uint16_t far)
{
    uint8_t a[4] = {net, (uint8_t)(pair >> 8), (uint8_t)pair, 1};
    uint8_t b[4] = {net, (uint8_t)(far >> 8), (uint8_t)far, 2};

    writer_be(w, 0x4500, 2);
    writer_be(w, 20 + n, 2);
    writer_be(w, 0x00010000, 4);
    writer_u8(w, 64);
    writer_u8(w, proto);
    writer_be(w, 0, 2);
    writer_bytes(w, from ? b : a, 4);
    writer_bytes(w, from ? a : b, 4);
}

static void udp(struct writer *w, uint16_t sp, uint16_t dp, size_t n)
{
    writer_be(w, sp, 2);
    writer_be(w, dp, 2);
    writer_be(w, 8 + n, 2);
    writer_be(w, 0, 2);
}

/* Everything before the inner transport header. */
static void begin(struct conv *c, int from, uint8_t proto, size_t n)
{
    writer_fixed(&c->w, c->buf, sizeof(c->buf));
    if (c->vxlan) {
        ethernet(&c->w, from, 0);
        ip(&c->w, from, 17, 8 + 8 + 14 + 20 + n, 192, c->outer, c->outer);
        udp(&c->w, 55555, 4789, 8 + 14 + 20 + n);
        writer_be(&c->w, 0x0800000000002a00, 8);
    }
    ethernet(&c->w, from, c->vlan[from]);
    ip(&c->w, from, proto, n, 10, c->pair, c->far ? c->far : c->pair);
}

struct span frame_tcp(struct conv *c, int from, uint8_t flags, uint32_t seq, uint32_t ack, const char *text,
                      size_t n)
{
    begin(c, from, 6, 20 + n);
    writer_be(&c->w, from ? c->sp : c->cp, 2);
    writer_be(&c->w, from ? c->cp : c->sp, 2);
    writer_be(&c->w, seq, 4);
    writer_be(&c->w, ack, 4);
    writer_u8(&c->w, 0x50);
    writer_u8(&c->w, flags);
    writer_be(&c->w, 0xffff0000, 4);
    writer_be(&c->w, 0, 2);
    writer_bytes(&c->w, text, n);
    return writer_span(&c->w);
}

struct span frame_udp(struct conv *c, int from, const char *text, size_t n)
{
    begin(c, from, 17, 8 + n);
    udp(&c->w, from ? c->sp : c->cp, from ? c->cp : c->sp, n);
    writer_bytes(&c->w, text, n);
    return writer_span(&c->w);
}

struct span frame_fragment(struct conv *c, struct span frame, uint16_t id, size_t from, size_t n)
{
    struct span all = span_part(frame, 34, frame.n), part = span_part(all, from, n);

    writer_fixed(&c->w, c->buf, sizeof(c->buf));
    writer_put(&c->w, span_part(frame, 0, 16));
    writer_be(&c->w, 20 + part.n, 2);
    writer_be(&c->w, id, 2);
    writer_be(&c->w, (from + part.n < all.n ? 0x2000u : 0u) | from / 8, 2);
    writer_put(&c->w, span_part(frame, 22, 12));
    writer_put(&c->w, part);
    return writer_span(&c->w);
}

struct span frame_next(struct conv *c, int from, uint8_t flags, const char *text)
{
    size_t n = strlen(text);
    struct span f = frame_tcp(c, from, flags, c->seq[from], flags & 16 ? c->seq[!from] : 0, text, n);

    c->seq[from] += (uint32_t)n + !!(flags & 2) + !!(flags & 1);
    return f;
}

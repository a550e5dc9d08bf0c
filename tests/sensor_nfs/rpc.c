/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_nfs/rpc.h"

#include <stdlib.h>

void wire_open(struct wire *w, bool udp, size_t step, size_t fragment)
{
    *w = (struct wire){
        .h = fake_new(&nfs_proto, NULL), .udp = udp, .step = step, .fragment = fragment, .xid = 100};
    w->h->cx.udp = udp;
    w->h->cx.now_us = 1;
    writer_init(&w->m, 1 << 20);
}

void wire_close(struct wire *w)
{
    writer_done(&w->m);
    fake_free(w->h);
}

void u32(struct wire *w, uint32_t v)
{
    writer_be(&w->m, v, 4);
}

void u64(struct wire *w, uint64_t v)
{
    writer_be(&w->m, v, 8);
}

void zeros(struct wire *w, size_t n)
{
    while (n--)
        writer_u8(&w->m, 0);
}

void opaque(struct wire *w, const char *s)
{
    u32(w, (uint32_t)strlen(s));
    writer_str(&w->m, s);
    zeros(w, (4 - strlen(s) % 4) % 4);
}

void content(struct wire *w, uint64_t offset, size_t n)
{
    u32(w, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        writer_u8(&w->m, (uint8_t)((offset + i) * 7));
    zeros(w, (4 - n % 4) % 4);
}

void call(struct wire *w, uint32_t version, uint32_t procedure, enum rpc_kind kind)
{
    writer_clear(&w->m);
    u32(w, w->xid);
    u32(w, 0);
    u32(w, 2);
    u32(w, 100003);
    u32(w, version);
    u32(w, procedure);
    if (kind == PLAIN) {
        u32(w, 1);
        u32(w, 28);
        u32(w, 0);
        opaque(w, "pc7");
        u32(w, 1000);
        u32(w, 100);
        u32(w, 1);
        u32(w, 5);
    } else {
        u32(w, 6);
        u32(w, 20);
        u32(w, 1);
        u32(w, 0);
        u32(w, 9);
        u32(w, kind == INTEGRITY ? 2 : 3);
        u32(w, 0);
    }
    u32(w, 0);
    u32(w, 0);
    if (kind == INTEGRITY) {
        u32(w, 1000);
        u32(w, 9);
    }
}

void reply(struct wire *w, uint32_t status)
{
    writer_clear(&w->m);
    u32(w, w->xid);
    u32(w, 1);
    u32(w, 0);
    u32(w, 0);
    u32(w, 0);
    u32(w, 0);
    u32(w, status);
}

void send_it(struct wire *w, enum direction dir)
{
    struct reader r = reader_span(writer_span(&w->m));

    if (w->udp) {
        uint8_t *exact = malloc(w->m.n);
        gh_check(exact);
        memcpy(exact, w->m.p, w->m.n);
        nfs_proto.datagram(w->h->state, &w->h->cx, dir, span_of(exact, w->m.n));
        free(exact);
        return;
    }
    while (reader_left(&r)) {
        size_t n = w->fragment && w->fragment < reader_left(&r) ? w->fragment : reader_left(&r);
        struct writer f;
        writer_init(&f, 1 << 20);
        struct span part = reader_take(&r, n);
        writer_be(&f, n | (reader_left(&r) ? 0 : 0x80000000u), 4);
        writer_put(&f, part);
        fake_feed(w->h, dir, f.p, f.n, w->step);
        writer_done(&f);
    }
}

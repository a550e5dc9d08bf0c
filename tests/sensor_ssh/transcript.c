/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transcript.h"
#include "sensor/decode/tunnel.h"

#include <stdio.h>
#include <stdlib.h>

static void feed(const struct proto *p, void *state, struct proto_ctx *cx, enum direction dir, struct span s,
                 size_t piece)
{
    if (cx->udp) {
        p->datagram(state, cx, dir, s);
        return;
    }
    while (s.n) {
        struct span part = span_part(s, 0, piece ? piece : SIZE_MAX);
        p->feed(state, cx, dir, part);
        s = span_part(s, part.n, SIZE_MAX);
    }
}

static void play(const struct proto *p, bool udp, struct span all, size_t piece, size_t most,
                 struct proto_host *host)
{
    struct reader in = reader_span(all);
    void *state = calloc(1, p->state_size);
    struct proto_ctx cx;

    gh_check(state != NULL);
    fake_start(host, &cx, udp, 40000, 4000);
    cx.app_proto = p->name;
    if (most) /* under the fuzzer: what a tunnel holds is for other parsers, which have targets of their own
               */
        cx.depth = TUNNEL_DEPTH;
    gh_check(p->open(state, &cx) == 0);
    while (reader_left(&in) > 3) {
        uint8_t how = reader_u8(&in);
        size_t n = reader_be16(&in);
        enum direction dir = how & 1 ? TO_CLIENT : TO_SERVER;
        struct span s;
        cx.now_us += 1000;
        cx.pcap_cnt++;
        if (how & 2 && !udp) {
            p->gap(state, &cx, dir, n + 1);
            continue;
        }
        s = reader_take(&in, n < reader_left(&in) ? n : reader_left(&in));
        if (most)
            p->probe(&cx, dir, s);
        feed(p, state, &cx, dir, s, piece);
        gh_check(!most || host->charged <= most);
    }
    for (int d = 0; d < 2 && p->end; d++)
        p->end(state, &cx, (enum direction)d);
    p->close(state, &cx);
    free(state);
}

const char *transcript_play(const struct proto *p, bool udp, struct span all, size_t piece,
                            struct proto_host *host)
{
    play(p, udp, all, piece, 0, host);
    return fake_said(host);
}

void transcript_fuzz(const struct proto *p, bool udp, const uint8_t *data, size_t size, size_t most)
{
    struct proto_host host;

    play(p, udp, span_of(data, size), size % 7, most, &host);
    gh_check(fake_said(&host) != NULL);
    fake_done(&host);
}

void transcript_add(struct writer *w, int how, const void *bytes, size_t n)
{
    writer_u8(w, (uint8_t)how);
    writer_be(w, n, 2);
    writer_bytes(w, bytes, n);
}

void transcript_load(const char *path, struct writer *ret)
{
    FILE *f = fopen(path, "rb");
    uint8_t buf[4096];
    size_t n;

    writer_init(ret, 1 << 20);
    if (!f) {
        perror(path);
        exit(1);
    }
    while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
        writer_bytes(ret, buf, n);
    fclose(f);
}

void transcript_damage(const struct proto *p, bool udp, struct span all)
{
    for (size_t n = 0; n < all.n; n += 1 + n / 512)
        transcript_fuzz(p, udp, all.p, n, SIZE_MAX);
    for (size_t at = 0; at < all.n; at += 17) {
        uint8_t *copy = malloc(all.n);
        gh_check(copy != NULL);
        memcpy(copy, all.p, all.n);
        copy[at] ^= (uint8_t)(1 + at * 31);
        transcript_fuzz(p, udp, copy, all.n, SIZE_MAX);
        free(copy);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * frames: builds Ethernet frames for the tests of the pipeline. */
#ifndef GH_TESTS_FRAMES_H
#define GH_TESTS_FRAMES_H

#include "base/writer.h"

/* One connection between 10.0.0.1 (client) and 10.0.0.2 (server), and the frame being built. */
struct conv {
    uint16_t pair;    /* other ends: 10.x.y.1 and 10.x.y.2 for x * 256 + y */
    uint16_t far;     /* not 0: the server is that of another pair */
    uint16_t outer;   /* the same for those around a tunnel, 192.x.y.1 and 2 */
    uint16_t cp, sp;  /* ports */
    uint32_t seq[2];  /* next sequence number of client and server */
    uint16_t vlan[2]; /* tag of each direction, 0: none */
    bool vxlan;       /* wrapped */
    uint8_t buf[4096];
    struct writer w;
};
/* Frames; the result is valid until the next one. from: 0 client, 1 server. */
struct span frame_tcp(struct conv *c, int from, uint8_t flags, uint32_t seq, uint32_t ack, const char *text,
                      size_t n);
struct span frame_udp(struct conv *c, int from, const char *text, size_t n);
/* A part of an IPv4 frame that one of these made, as a fragment: its payload from on, n bytes (a multiple of
 * 8, or what is left). In c->buf as well: frame is a copy of the caller's. */
struct span frame_fragment(struct conv *c, struct span frame, uint16_t id, size_t from, size_t n);
/* The next segment in order, with ACK; moves seq on. */
struct span frame_next(struct conv *c, int from, uint8_t flags, const char *text);

#endif

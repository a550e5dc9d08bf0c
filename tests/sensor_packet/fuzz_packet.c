/* SPDX-License-Identifier: GPL-3.0-or-later
 * Two bytes of link type, then the frame; spans must lie inside it, and a tunnel must have a packet around
 * it. */
#include "sensor/decode/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct span s, struct span whole)
{
    return !s.n || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet p = {.number = 1, .wire_bytes = size}, outer;
    struct span frame;

    if (size < 2)
        return 0;
    frame = span_of(data + 2, size - 2);
    if (packet_decode(&p, (unsigned)data[0] << 8 | data[1], frame) != PACKET_OK)
        return 0;
    gh_check(p.l3.n >= 20 && inside(p.l3, frame) && inside(p.l4, p.l3) && inside(p.payload, p.l4));
    gh_check(p.l3_header <= p.l3.n && p.n_vlan <= 2);
    gh_check(!p.tunnel == !packet_outer(&p, &outer));
    return 0;
}

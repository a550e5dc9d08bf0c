/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte: RTSP or SIP, TCP or UDP. Then a conversation: two bytes of command (direction, hole or bytes,
 * length) before each stretch. */
#include "sensor/decode/rtsp.h"
#include "tests/sensor_carve/fake_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    struct reader r = reader_of(data, size);
    uint8_t kind = reader_u8(&r);
    const struct proto *p = kind & 1 ? &sip_proto : &rtsp_proto;
    struct proto_host *h = fake_new(p, &o);

    h->cx.udp = (kind & 3) == 3;
    while (reader_left(&r)) {
        uint8_t what = reader_u8(&r);
        size_t n = (size_t)(what >> 3) << 8 | reader_u8(&r);
        enum direction dir = what & 1 ? TO_CLIENT : TO_SERVER;
        if ((what & 6) == 6 && !h->cx.udp) {
            fake_gap(h, dir, n);
            continue;
        }
        if ((what & 6) == 4)
            n = reader_left(&r);
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        p->probe(&h->cx, dir, s);
        if (h->cx.udp)
            p->datagram(h->state, &h->cx, dir, s);
        else
            fake_feed(h, dir, s.p, s.n, (what & 6) == 2 ? 3 : 0);
    }
    fake_free(h);
    return 0;
}

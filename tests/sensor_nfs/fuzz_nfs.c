/* SPDX-License-Identifier: GPL-3.0-or-later
 * Two bytes of command (direction, hole, datagram or stream; length) before each stretch. A stream's records
 * get their marks here, so that what is found is about what they hold; every eighth is raw. */
#include "sensor/decode/nfs.h"
#include "tests/sensor_carve/fake_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct proto_host *h, enum direction dir, struct span s)
{
    uint8_t mark[4] = {0x80, 0, (uint8_t)(s.n >> 8), (uint8_t)s.n};

    fake_feed(h, dir, mark, sizeof(mark), 0);
    fake_feed(h, dir, s.p, s.n, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    struct proto_host *h = fake_new(&nfs_proto, &o);
    struct reader r = reader_of(data, size);

    nfs_proto.probe(&h->cx, TO_SERVER, span_of(data, size));
    nfs_proto.probe(&h->cx, TO_CLIENT, span_of(data, size));
    while (reader_left(&r)) {
        uint8_t what = reader_u8(&r);
        size_t n = (size_t)(what >> 6) << 8 | reader_u8(&r);
        enum direction dir = what & 1 ? TO_CLIENT : TO_SERVER;
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        h->cx.now_us += (uint64_t)(what & 32) << 16;
        if ((what & 14) == 14) {
            fake_gap(h, dir, n);
        } else if ((what & 14) == 12) {
            fake_feed(h, dir, s.p, s.n, 3);
        } else if (what & 16) {
            feed(h, dir, s);
        } else {
            uint8_t *exact = malloc(s.n ? s.n : 1);
            gh_check(exact);
            if (s.n)
                memcpy(exact, s.p, s.n);
            nfs_proto.datagram(h->state, &h->cx, dir, span_of(exact, s.n));
            free(exact);
        }
    }
    fake_free(h);
    return 0;
}

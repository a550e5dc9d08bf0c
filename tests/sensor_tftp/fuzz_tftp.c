/* SPDX-License-Identifier: GPL-3.0-or-later
 * Datagrams of one flow: a byte of command (direction) and one of length before each. */
#include "sensor/decode/tftp.h"
#include "tests/sensor_carve/fake_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    struct proto_host *h = fake_new(&tftp_proto, &o);
    struct reader r = reader_of(data, size);

    tftp_proto.probe(&h->cx, TO_SERVER, span_of(data, size));
    while (reader_left(&r)) {
        enum direction dir = reader_u8(&r) & 1 ? TO_CLIENT : TO_SERVER;
        size_t n = reader_u8(&r);
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        uint8_t *exact = malloc(s.n ? s.n : 1);
        gh_check(exact);
        if (s.n)
            memcpy(exact, s.p, s.n);
        tftp_proto.datagram(h->state, &h->cx, dir, span_of(exact, s.n));
        free(exact);
    }
    fake_free(h);
    return 0;
}

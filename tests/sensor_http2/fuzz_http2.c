/* SPDX-License-Identifier: GPL-3.0-or-later
 * A connection: the first byte says how it began (bit 0 joined in the middle, bit 1 by way of HTTP/1), then
 * two bytes of command (direction, hole, piecemeal or all; length) before each stretch. */
#include "sensor/decode/http.h"
#include "sensor/decode/http2.h"
#include "tests/sensor_carve/fake_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    struct proto_host *h = fake_new(NULL, &o);
    struct reader r = reader_of(data, size);
    uint8_t how = reader_u8(&r);

    h->cx.midstream = how & 1;
    h->proto = how & 2 ? &http_proto : &http2_proto;
    h->state = calloc(1, h->proto->state_size);
    if (!h->state || h->proto->open(h->state, &h->cx) != 0)
        abort();
    while (reader_left(&r)) {
        uint8_t what = reader_u8(&r);
        size_t n = (size_t)(what >> 3) << 8 | reader_u8(&r);
        enum direction dir = what & 1 ? TO_CLIENT : TO_SERVER;
        if ((what & 6) == 6) {
            fake_gap(h, dir, n);
            continue;
        }
        if ((what & 6) == 4)
            n = reader_left(&r);
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        fake_feed(h, dir, s.p, s.n, (what & 6) == 2 ? 3 : 0);
    }
    fake_free(h);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte: bit 0 UDP, bit 1 a gap in the middle. UDP: one datagram. TCP: the bytes twice, whole and in two
 * pieces, one in each direction. */
#include "fake_host.h"
#include "sensor/decode/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proto_host h;
    struct proto_ctx cx;
    void *state = calloc(1, proto_dns.state_size);
    struct span s;

    if (!size || !state) {
        free(state);
        return 0;
    }
    s = span_of(data + 1, size - 1);
    fake_start(&h, &cx, data[0] & 1, 1000, data[0] & 4 ? 53 : 5300);
    proto_dns.probe(&cx, TO_SERVER, s);
    gh_check(proto_dns.open(state, &cx) == 0);
    if (cx.udp) {
        proto_dns.datagram(state, &cx, TO_SERVER, s);
        gh_check(h.lines.n < 100000);
    } else {
        proto_dns.feed(state, &cx, TO_SERVER, s);
        proto_dns.feed(state, &cx, TO_CLIENT, span_part(s, 0, s.n / 2));
        if (data[0] & 2)
            proto_dns.gap(state, &cx, TO_CLIENT, data[0]);
        proto_dns.feed(state, &cx, TO_CLIENT, span_part(s, s.n / 2, SIZE_MAX));
        proto_dns.end(state, &cx, TO_SERVER);
    }
    proto_dns.close(state, &cx);
    gh_check(fake_said(&h) != NULL);
    fake_done(&h);
    free(state);
    return 0;
}

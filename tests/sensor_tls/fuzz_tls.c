/* SPDX-License-Identifier: GPL-3.0-or-later
 * A transcript: direction (bit 0; bit 1: a gap instead of bytes), 16-bit length, bytes; over and over. And
 * all of it as one certificate. */
#include "../sensor_dns/fake_host.h"
#include "sensor/decode/tls.h"
#include "sensor/decode/tls_cert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_of(data, size);
    struct proto_host h;
    struct proto_ctx cx;
    struct tls_cert cert;
    void *state = calloc(1, proto_tls.state_size);

    if (!state)
        return 0;
    tls_cert_read(span_of(data, size), &cert);
    fake_start(&h, &cx, false, 1000, 443);
    gh_check(proto_tls.open(state, &cx) == 0);
    while (reader_left(&in) > 3) {
        uint8_t how = reader_u8(&in);
        size_t n = reader_be16(&in);
        struct span s = reader_take(&in, n < reader_left(&in) ? n : reader_left(&in));
        proto_tls.probe(&cx, how & 1, s);
        if (how & 2)
            proto_tls.gap(state, &cx, how & 1, n);
        else
            proto_tls.feed(state, &cx, how & 1, s);
        gh_check(h.charged < 256 * 1024);
    }
    proto_tls.close(state, &cx);
    gh_check(fake_said(&h) != NULL);
    fake_done(&h);
    free(state);
    return 0;
}

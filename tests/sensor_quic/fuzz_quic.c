/* SPDX-License-Identifier: GPL-3.0-or-later
 * The conversation as it is, and its bytes as CRYPTO frames in the clear: a random packet never opens. */
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/quic.h"
#include "sensor/decode/quic_crypto.h"
#include "sensor/decode/quic_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quic_crypto *c = calloc(1, sizeof(*c));
    struct reader in = reader_of(data, size);
    struct quic_long p;
    struct span body;
    uint8_t type;

    if (!c)
        return 0;
    transcript_fuzz(&quic_proto, true, data, size, 64 * 1024);
    while (quic_long_read(&in, &p))
        gh_check(p.packet.n && p.number_at <= p.packet.n);
    in = reader_of(data, size);
    while (reader_left(&in) > 3) {
        uint64_t offset = quic_varint(&in);
        uint8_t n = reader_u8(&in);
        quic_crypto_add(c, offset, reader_take(&in, n < reader_left(&in) ? n : reader_left(&in)));
        while (quic_crypto_message(c, &type, &body))
            gh_check(c->read <= c->whole && c->whole <= QUIC_CRYPTO_MAX);
    }
    free(c);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/quic_crypto.h"

static bool seen(const struct quic_crypto *c, size_t at)
{
    return c->seen[at / 8] >> (at % 8) & 1;
}

bool quic_crypto_add(struct quic_crypto *c, uint64_t offset, struct span data)
{
    struct reader in;
    bool fits = offset <= QUIC_CRYPTO_MAX && data.n <= QUIC_CRYPTO_MAX - offset;

    if (offset >= QUIC_CRYPTO_MAX)
        return false;
    in = reader_span(span_part(data, 0, QUIC_CRYPTO_MAX - (size_t)offset));
    for (size_t at = (size_t)offset; reader_left(&in); at++) {
        uint8_t b = reader_u8(&in);
        if (seen(c, at))
            continue;
        c->bytes[at] = b;
        c->seen[at / 8] |= (uint8_t)(1u << (at % 8));
    }
    while (c->whole < QUIC_CRYPTO_MAX && seen(c, c->whole))
        c->whole++;
    return fits;
}

bool quic_crypto_message(struct quic_crypto *c, uint8_t *ret_type, struct span *ret_body)
{
    struct reader in = reader_span(span_part(span_of(c->bytes, c->whole), c->read, SIZE_MAX));
    uint8_t type = reader_u8(&in);
    struct span body = reader_take(&in, reader_be24(&in));

    if (!reader_ok(&in))
        return false;
    c->read += in.pos;
    *ret_type = type;
    *ret_body = body;
    return true;
}

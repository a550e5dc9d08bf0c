/* SPDX-License-Identifier: GPL-3.0-or-later
 * quic_crypto: puts the CRYPTO frames of one direction in order (RFC 9000 section 19.6). The first copy of a
 * byte wins. Fixed size, allocated by the owner. */
#ifndef GH_SENSOR_QUIC_CRYPTO_H
#define GH_SENSOR_QUIC_CRYPTO_H

#include "base/reader.h"

#define QUIC_CRYPTO_MAX 8192u

struct quic_crypto {
    size_t whole; /* bytes from the start without a hole */
    size_t read;  /* of these: already given out */
    uint8_t bytes[QUIC_CRYPTO_MAX];
    uint8_t seen[QUIC_CRYPTO_MAX / 8]; /* a bit for each byte */
};

/* False when it reaches past QUIC_CRYPTO_MAX: what fits is kept. */
bool quic_crypto_add(struct quic_crypto *c, uint64_t offset, struct span data);
/* Next whole handshake message: its type, and its body, which points into c. False when there is none yet. */
bool quic_crypto_message(struct quic_crypto *c, uint8_t *ret_type, struct span *ret_body);

#endif

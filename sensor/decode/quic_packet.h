/* SPDX-License-Identifier: GPL-3.0-or-later
 * quic_packet: long headers (RFC 9000 section 17.2) and the protection of Initial packets (RFC 9001 section
 * 5). Pure. */
#ifndef GH_SENSOR_QUIC_PACKET_H
#define GH_SENSOR_QUIC_PACKET_H

#include "base/cipher.h"

#define QUIC_CID_MAX 20u
#define QUIC_PACKET_MAX 9216u /* a jumbo frame */

enum quic_type { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION, QUIC_OTHER };

struct quic_long {
    enum quic_type type;
    uint32_t version;
    struct span dcid, scid;
    struct span packet; /* all of it, its header first */
    size_t number_at;   /* where the protected packet number stands in it (Initial only) */
};
/* A variable-length integer (RFC 9000 section 16). */
uint64_t quic_varint(struct reader *in);
/* Next packet of a datagram, and past it. False: no long header, or damaged (reader_ok tells which); in is
 * then of no further use. Of an unknown version only the connection ids are known (RFC 8999): QUIC_OTHER. */
bool quic_long_read(struct reader *in, struct quic_long *ret);

struct quic_keys {
    uint8_t key[CIPHER_KEY], hp[CIPHER_KEY], iv[CIPHER_NONCE];
};
/* Both sides' keys from the connection id that the client's first Initial was sent to; false: unknown
 * version. */
bool quic_keys_derive(uint32_t version, struct span dcid, struct quic_keys *ret_client,
                      struct quic_keys *ret_server);
/* Opens an Initial packet. buf holds QUIC_PACKET_MAX bytes, *ret points into it. *largest: greatest packet
 * number seen of this direction, updated. False when it is not authentic, too short or too long. */
bool quic_open(const struct quic_keys *k, const struct quic_long *p, uint64_t *largest, uint8_t *buf,
               struct span *ret);

#endif

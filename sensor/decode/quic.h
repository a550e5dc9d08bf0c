/* SPDX-License-Identifier: GPL-3.0-or-later
 * quic: what everybody on the way can read of QUIC (RFC 9000, 9001, 9369; drafts 21 to 34): Initial packets,
 * whose keys follow from the client's connection id, to the ClientHello and ServerHello in their CRYPTO
 * frames, to one EVE `quic` event for each connection. It goes out with the ServerHello, when packets show
 * that the handshake went on without us, or with what is known when the flow ends. ALPN names stand under
 * gatehouse.quic, as those of tls do.
 *
 * A flow is QUIC when an Initial packet opens with the client's keys: who is client is thereby proven.
 * Google's QUIC of before TLS (Q043 to Q050) is not read, nor are Initials of a version reserved to force
 * negotiation (RFC 9000 section 15): no connection comes of them.
 *
 * Ceilings: QUIC_PACKET_MAX bytes of one packet, QUIC_CRYPTO_MAX bytes of CRYPTO data a direction,
 * QUIC_REKEYS changes of the connection id (Retry), about 12 KiB of facts; all let go of with the event. */
#ifndef GH_SENSOR_QUIC_H
#define GH_SENSOR_QUIC_H

#include "sensor/decode/proto.h"

#define QUIC_REKEYS 4u

extern const struct proto quic_proto;

#endif

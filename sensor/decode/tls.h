/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls: the readable part of SSL 3.0 to TLS 1.3 over TCP: records to handshake messages to one EVE `tls` event
 * for each connection, when the handshake turns to ciphertext or, unfinished, when the connection ends. The
 * client is who sent the ClientHello, whatever the flow believes. ALPN names stand under gatehouse.tls,
 * because the standard schema has no place.
 *
 * A parser whose connection turns to TLS (STARTTLS, CONNECT) may run this one inside itself: state_size
 * zeroed bytes, then open, feed, gap, end and close with its own context.
 *
 * Ceilings: 64 KiB of one handshake message, about 11 KiB of facts; both are let go of with the event. */
#ifndef GH_SENSOR_TLS_H
#define GH_SENSOR_TLS_H

#include "sensor/decode/proto.h"

extern const struct proto proto_tls;

#endif

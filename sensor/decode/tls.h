/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls: the readable part of SSL 3.0 to TLS 1.3 over TCP: records to handshake messages to one EVE `tls` event
 * for each connection, when the handshake turns to ciphertext or, unfinished, when the connection ends. The
 * client is who sent the ClientHello, whatever the flow believes. ALPN names stand under gatehouse.tls,
 * because the standard schema has no place.
 *
 * Ceilings: 64 KiB of one handshake message, about 10 KiB of facts; both are let go of with the event. */
#ifndef GH_SENSOR_TLS_H
#define GH_SENSOR_TLS_H

#include "sensor/decode/proto.h"

extern const struct proto proto_tls;

#endif

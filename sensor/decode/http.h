/* SPDX-License-Identifier: GPL-3.0-or-later
 * http: HTTP/1.x (RFC 9110, 9112) and HTTP/0.9 as a parser of proto.h. Every body of a request or a response
 * is a document, every part of a form upload, too.
 *
 * Works on whole connections, on one direction alone and from the middle; after a hole it goes on with the
 * next message. Where a message can be read in two ways (length and chunks at once, chunks announced and none
 * there, more bytes than the length says) the bytes on the wire decide, and an anomaly "http.…" tells. An
 * upgrade to HTTP/2 or WebSocket and a CONNECT that are agreed are followed, see http_upgrade.h. Memory:
 * proto_charge'd per transaction and decoder; see http_side.h for ceilings. */
#ifndef GH_SENSOR_HTTP_H
#define GH_SENSOR_HTTP_H

#include "sensor/decode/proto.h"

extern const struct proto http_proto;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * websocket: what follows an upgrade to WebSocket (RFC 6455), permessage-deflate undone (RFC 7692). Every
 * message of WEBSOCKET_USEFUL bytes or more is a document under the name of the upgrade's URL, joined from
 * its fragments; shorter ones (pings, acknowledgements, keystrokes) are none.
 *
 * After a hole the frames are looked for at the beginning of what comes next; a compressed stream whose
 * context is lost cannot be read on: its messages are carved as they crossed. Memory: WEBSOCKET_CHARGE, and
 * 64 KiB for the decoder of a direction; bodies are carve's. Decode thread only. */
#ifndef GH_SENSOR_WEBSOCKET_H
#define GH_SENSOR_WEBSOCKET_H

#include "sensor/decode/http_tx.h"
#include "sensor/decode/proto.h"

#define WEBSOCKET_USEFUL 32u
#define WEBSOCKET_CHARGE 4096u

struct websocket;
/* Do these bytes begin with a frame as a client sends it? */
bool websocket_begins(struct span bytes);
/* client: the direction in which the client speaks; request: the upgrade, copied; extensions: what the server
 * agreed to in Sec-WebSocket-Extensions. NULL when memory is short. */
struct websocket *websocket_new(struct proto_ctx *cx, enum direction client, const struct http_tx *request,
                                struct span extensions);
void websocket_feed(struct websocket *w, enum direction dir, struct span bytes);
/* missing: UINT64_MAX when nobody knows how many. */
void websocket_gap(struct websocket *w, enum direction dir, uint64_t missing);
void websocket_end(struct websocket *w, enum direction dir);
void websocket_free(struct websocket *w); /* NULL is fine */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_upgrade: what an HTTP/1.1 connection becomes when that was agreed (RFC 9110 sections 7.8 and 9.3.6):
 * HTTP/2, WebSocket, or a tunnel. Other protocols that it is upgraded to are not read. Decode thread only. */
#ifndef GH_SENSOR_HTTP_UPGRADE_H
#define GH_SENSOR_HTTP_UPGRADE_H

#include "sensor/decode/http_side.h"

/* The last request, with that head, was read. */
void http_upgrade_asked(struct http *h, const struct http_head *head);
/* It asked for WebSocket, and these bytes of a client that begin no request are that: the answer was not
 * seen, or comes later. True: they are to be fed. */
bool http_upgrade_unanswered(struct http *h, enum direction dir, struct span bytes);
/* The response to tx, with that head, says 101, or agrees to a CONNECT. */
void http_upgrade(struct http *h, const struct http_tx *tx, const struct http_head *head);
/* A client speaks HTTP/2 without being asked, or before the answer was seen: the line "PRI * HTTP/2.0" was
 * read in that direction. False: memory is short. */
bool http_upgrade_preface(struct http *h, enum direction dir);
/* What a side gets that is no HTTP/1 any more. */
void http_upgrade_feed(struct http *h, enum direction dir, struct span bytes);
void http_upgrade_gap(struct http *h, enum direction dir, uint64_t missing);
void http_upgrade_end(struct http *h, enum direction dir);
void http_upgrade_free(struct http *h);

#endif

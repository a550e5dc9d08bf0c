/* SPDX-License-Identifier: GPL-3.0-or-later
 * http2: HTTP/2 in clear (RFC 9113): with prior knowledge, upgraded from HTTP/1.1, or joined in the middle.
 * Every body of a request or a response is a document, as in http.h, whose events and bodies these are.
 *
 * Frames are read as they come; a body goes on as its DATA frames do, interleaved with others. A hole that
 * lies within a frame's payload costs that frame; after a larger one the next frames are looked for
 * (http2_frame.h), every body that was open in that direction has a gap, and header fields that refer to
 * what was missed are unknown (hpack.h). END_STREAM makes a document complete, RST_STREAM does not.
 *
 * Ceilings: HTTP2_STREAMS_MAX open streams, HTTP2_BLOCK_MAX bytes of a header block, see http2_impl.h; memory
 * is proto_charge'd. Decode thread only. */
#ifndef GH_SENSOR_HTTP2_H
#define GH_SENSOR_HTTP2_H

#include "sensor/decode/http_tx.h"
#include "sensor/decode/proto.h"

extern const struct proto http2_proto;

/* For the parser of HTTP/1, whose connection becomes one of HTTP/2. */
struct http2;
/* client: the direction in which the client speaks. NULL when memory is short. */
struct http2 *http2_new(struct proto_ctx *cx, enum direction client);
/* Stream 1 answers this request (RFC 7540 section 3.2). */
void http2_upgraded(struct http2 *c, const struct http_tx *request);
void http2_feed(struct http2 *c, enum direction dir, struct span bytes);
void http2_gap(struct http2 *c, enum direction dir, uint64_t missing);
void http2_end(struct http2 *c, enum direction dir);
/* Logs what is open. NULL is fine. */
void http2_free(struct http2 *c);

#endif

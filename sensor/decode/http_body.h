/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_body: one message body on its way to a document: content codings undone, then carved whole or, for an
 * upload as multipart/form-data, part by part (mime.h). Bounded by carve's document_max and decoded_max.
 * Decode thread only. */
#ifndef GH_SENSOR_HTTP_BODY_H
#define GH_SENSOR_HTTP_BODY_H

#include "sensor/decode/carve.h"
#include "sensor/decode/http_tx.h"

struct http_body;
/* The body of a message with that head; tx (which must outlive it) gives its fileinfo the http object. NULL
 * when memory is short (counted by carve). request: a body on its way to the server, which may be a form
 * upload. */
struct http_body *http_body_new(struct proto_ctx *cx, enum direction dir, const struct http_tx *tx,
                                const struct http_head *head, bool request);
void http_body_feed(struct http_body *b, struct span bytes); /* NULL body: nothing */
void http_body_gap(struct http_body *b, uint64_t missing);
/* The body has its length, and yet more bytes follow that begin no message. What it has becomes a document
 * that is complete, and a second one goes on with what follows, as a receiver sees it that does not count.
 * Coded bodies and forms stay one. */
void http_body_overrun(struct http_body *b);
uint64_t http_body_bytes(const struct http_body *b); /* as transferred, before decoding */
/* Ends and frees it. NULL is fine. */
void http_body_close(struct http_body *b, bool complete);

#endif

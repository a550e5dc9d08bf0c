/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_tx: one request and its response: what is remembered of it, its event and the names of its documents.
 * Memory: HTTP_TX_CHARGE is charged for each, and what its facts take beyond HTTP_TX_FACTS, at most 64 KiB.
 * Decode thread only. */
#ifndef GH_SENSOR_HTTP_TX_H
#define GH_SENSOR_HTTP_TX_H

#include "sensor/decode/http_head.h"
#include "sensor/decode/proto.h"

#define HTTP_TX_CHARGE 2048u
#define HTTP_TX_FACTS 1024u
#define HTTP_CONTEXT_MAX (16u << 10)
#define HTTP_EVENT_MAX (48u << 10) /* of the http object in its own event */

enum http_fact {
    FACT_METHOD,
    FACT_URL,
    FACT_PROTOCOL,
    FACT_HOST,
    FACT_USER_AGENT,
    FACT_REFERER,
    FACT_FORWARDED,
    FACT_REQUEST_TYPE,
    FACT_RESPONSE_TYPE,
    FACT_LOCATION,
    FACT_RANGE,
    FACT_ETAG,
    FACT_COUNT
};

struct http_tx {
    struct proto_ctx *cx;
    struct http_tx *next;
    uint32_t id;
    bool request_seen, request_done, response_seen, response_done;
    unsigned status;
    uint64_t response_bytes; /* body as transferred */
    uint32_t stream;         /* of HTTP/2, or 0 */
    struct writer text;      /* the facts, one behind the other */
    struct {
        uint32_t off, n;
    } fact[FACT_COUNT];
};

/* NULL when memory is short. */
struct http_tx *http_tx_new(struct proto_ctx *cx, uint32_t id);
void http_tx_free(struct proto_ctx *cx, struct http_tx *tx);
void http_tx_request(struct http_tx *tx, const struct http_start *start);
/* The facts of from's request become those of tx, which has none yet. */
void http_tx_copy(struct http_tx *tx, const struct http_tx *from);
/* The head of that message is known. */
void http_tx_head(struct http_tx *tx, bool response, const struct http_head *head);
struct span http_tx_fact(const struct http_tx *tx, enum http_fact f);
/* Name of the body: Content-Disposition, then the path of the URL, percent-decoded. */
void http_tx_name(const struct http_tx *tx, const struct http_head *head, struct writer *out);
/* "bytes 0-9/100" (RFC 9110 section 14.4): start, end and size, each with whether it is there. */
void http_range_parse(struct span raw, uint64_t v[static 3], bool have[static 3]);
/* "http":{…} without braces around it, for carve_context. */
void http_tx_context(const struct http_tx *tx, struct writer *out);
/* Sends the http event. */
void http_tx_log(struct proto_ctx *cx, const struct http_tx *tx, enum direction request_dir);

#endif

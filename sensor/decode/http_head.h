/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_head: start line and fields of one HTTP/1.x message (RFC 9110, 9112), line by line, and what they say
 * about the body.
 *
 * Senders, and attackers, write fields that receivers read differently. The head therefore keeps hints apart
 * from plain statements: "chunked" anywhere in a strange field is a hint, and whether the body is chunked is
 * decided by the body. */
#ifndef GH_SENSOR_HTTP_HEAD_H
#define GH_SENSOR_HTTP_HEAD_H

#include "sensor/decode/inflate.h"
#include "base/writer.h"

#define HTTP_CODINGS 8             /* content codings on top of one another */
#define HTTP_VALUE_MAX 8192u       /* bytes kept of one field's value */
#define HTTP_HEAD_MAX (512u << 10) /* bytes of one head; more is hostile */

/* FIELD(name, "field name") kept for events, names and bodies. */
#define HTTP_FIELDS(X)                                                                                       \
    X(HOST, "host")                                                                                          \
    X(USER_AGENT, "user-agent")                                                                              \
    X(REFERER, "referer")                                                                                    \
    X(CONTENT_TYPE, "content-type")                                                                          \
    X(DISPOSITION, "content-disposition")                                                                    \
    X(RANGE, "content-range")                                                                                \
    X(ETAG, "etag")                                                                                          \
    X(LOCATION, "location")                                                                                  \
    X(FORWARDED, "x-forwarded-for")                                                                          \
    X(CONTENT_LENGTH, "content-length")                                                                      \
    X(CONTENT_ENCODING, "content-encoding")                                                                  \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                                \
    X(UPGRADE, "upgrade")                                                                                    \
    X(EXTENSIONS, "sec-websocket-extensions")
enum http_field {
#define X(name, text) HTTP_##name,
    HTTP_FIELDS(X)
#undef X
        HTTP_FIELD_COUNT
};

/* The start line's parts; spans into the line. */
struct http_start {
    bool response;
    struct span method, url, protocol;
    unsigned status; /* 0 when unreadable */
};

struct http_head {
    struct writer field[HTTP_FIELD_COUNT]; /* values; several fields of one name are joined by ", " */
    struct writer line;                    /* the field that may still be folded */
    size_t bytes;
    bool chunked;      /* Transfer-Encoding says so in plain words */
    bool chunked_hint; /* "chunked" stands somewhere */
    bool has_length;
    uint64_t length;
    bool ambiguous;                   /* lengths that differ, length and chunked, odd field syntax */
    enum coding coding[HTTP_CODINGS]; /* in the order applied by the sender */
    unsigned n_coding;
    bool coding_unknown; /* a coding that we cannot undo */
};

/* True when line is a request line (response false) or a status line: "GET /x HTTP/1.1", "HTTP/1.1 200 OK".
 * Leading blanks and a wrong case are forgiven. HTTP/0.9 requests ("GET /x") only when strict is false. */
bool http_start_parse(struct span line, bool response, bool strict, struct http_start *ret);

void http_head_init(struct http_head *h);
void http_head_clear(struct http_head *h);
void http_head_done(struct http_head *h);
/* One line behind the start line, without its LF (a CR at its end is taken off), not the empty one. False:
 * HTTP_HEAD_MAX. */
bool http_head_line(struct http_head *h, struct span line);
/* One field whose name and value are told apart already (HTTP/2). */
void http_head_field(struct http_head *h, struct span name, struct span value);
/* The empty line came: reads the last field and concludes. */
void http_head_end(struct http_head *h);
static inline struct span http_head_get(const struct http_head *h, enum http_field f)
{
    return writer_span(&h->field[f]);
}
/* Length of a chunk from its line (RFC 9112 section 7.1). Forgiving: blanks and control bytes before it,
 * anything behind it; strict: nothing but it, blanks, CR and an extension. False when there is no number or
 * it is past 2^48. */
bool http_chunk_size(struct span line, bool strict, uint64_t *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_side: one direction of an HTTP/1.x connection: where its messages begin and end (RFC 9112 sections 2,
 * 6, 7), and what is done when they do not end as they say. Shared by http.c, http_side.c (heads) and
 * http_frame.c (bodies) only.
 *
 * Ceilings: a line of HTTP_LINE_MAX bytes (the rest of it is skipped), HTTP_HEAD_MAX of one head, HTTP_TX_MAX
 * requests that wait for their response. */
#ifndef GH_SENSOR_HTTP_SIDE_H
#define GH_SENSOR_HTTP_SIDE_H

#include "sensor/decode/http_body.h"
#include "sensor/decode/http_tx.h"
#include "sensor/decode/line.h"

#define HTTP_LINE_MAX (32u << 10)
#define HTTP_CHUNK_LINE_MAX 1024u
#define HTTP_RESYNC_LINE_MAX 8192u
#define HTTP_TX_MAX 1024u

enum http_state {
    HTTP_START,      /* start line */
    HTTP_HEAD,       /* fields */
    HTTP_LENGTH,     /* body of `left` bytes */
    HTTP_CLOSE,      /* body until the connection ends */
    HTTP_OVERRUN,    /* bytes behind a body that begin no message */
    HTTP_CHUNK_SIZE, /* line with a chunk's size */
    HTTP_CHUNK_DATA, /* `left` bytes of a chunk */
    HTTP_CHUNK_END,  /* line end behind a chunk */
    HTTP_TRAILERS,   /* fields behind the last chunk */
    HTTP_RESYNC,     /* lost: looks for a start line */
    HTTP_TUNNEL,     /* no HTTP/1 any more (CONNECT, 101) */
};

struct http_side {
    enum http_state state;
    bool response;
    bool first_chunk; /* no chunk was read: the body may turn out not to be chunked */
    bool lost;        /* HTTP_RESYNC because of a hole: what follows may be the rest of a body */
    uint64_t left;
    struct line line; /* of the head, of chunks */
    struct http_head head;
    struct http_tx *tx;
    struct http_body *body;
};

struct http2;
struct tunnel;
struct websocket;

struct http {
    struct proto_ctx *cx;
    struct http_side side[2];     /* by direction */
    struct http_tx *first, *last; /* oldest first */
    unsigned n_tx;
    unsigned orphans; /* responses that came before their request */
    bool reversed;    /* the server speaks TO_SERVER: the flow was joined midstream and guessed wrongly */
    bool decided;     /* reversed is known */
    bool request_seen;
    bool asks_websocket; /* the last request does */
    struct http2 *http2; /* what sides in HTTP_TUNNEL speak, or NULL: http_upgrade.h */
    struct websocket *websocket;
    struct tunnel *tunnel;
};

void http_side_init(struct http_side *s, bool response);
void http_side_done(struct http *h, enum direction dir);
void http_side_feed(struct http *h, enum direction dir, struct span bytes);
void http_side_gap(struct http *h, enum direction dir, uint64_t missing);
void http_side_end(struct http *h, enum direction dir);

/* A start line was read: its message begins. */
void http_begin(struct http *h, enum direction dir, struct http_side *s, const struct http_start *start);

/* http_frame.c. In all of them *in is what is left of the feed. */
/* Could these bytes, blank lines before them aside, begin a status line? */
bool http_may_be_status(struct span s);
/* Do more bytes stand directly behind a message that begin no next one? (Blanks alone begin none, either.) */
bool http_overruns(const struct http_side *s, struct span rest);
/* The message is over. complete: as its framing says. */
void http_message_end(struct http *h, struct http_side *s, bool complete);
void http_body_open(struct http *h, enum direction dir, struct http_side *s);
/* The head is known: the body begins as it says; rest is what came behind the head at once. */
void http_body_start(struct http *h, enum direction dir, struct http_side *s, struct span rest);
/* A message that has no body by its head; rest is what came behind it at once. */
void http_no_body(struct http *h, enum direction dir, struct http_side *s, struct span rest);
/* Bytes of a body that says its length, or of a chunk. */
void http_counted(struct http *h, enum direction dir, struct http_side *s, struct span *in);
void http_chunk_line(struct http *h, enum direction dir, struct http_side *s, struct span *in);
/* line is no chunk size: the body was never chunked, or is no more. It goes on as it is; whole: an LF stood
 * behind it. */
void http_not_chunked(struct http *h, enum direction dir, struct http_side *s, struct span line, bool whole);
/* The line end behind a chunk, and whatever stands before it. */
void http_chunk_end(struct http *h, enum direction dir, struct http_side *s, struct span *in);
/* Looks for the next start line. What comes before it behind a hole, fields aside, is the rest of a body
 * whose head or length is lost: a document with a gap. */
void http_resync(struct http *h, enum direction dir, struct http_side *s, struct span *in);
void http_trailer(struct http *h, enum direction dir, struct http_side *s, struct span *in);

/* http.c: transactions. The one that a new message of that side belongs to; NULL when memory is short. */
struct http_tx *http_pair(struct http *h, bool response);
/* That side of its transaction is finished: logs and frees it when the other one is, too. */
void http_finished(struct http *h, struct http_side *s);
/* CONNECT or an upgrade was agreed: both sides stop being HTTP. */
void http_tunnel(struct http *h);

#endif

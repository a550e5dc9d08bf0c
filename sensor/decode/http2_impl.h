/* SPDX-License-Identifier: GPL-3.0-or-later
 * http2_impl: what the files of http2 share. Private to http2*.c: http2.c (frames), http2_head.c (header
 * blocks), http2_stream.c (streams and bodies). */
#ifndef GH_SENSOR_HTTP2_IMPL_H
#define GH_SENSOR_HTTP2_IMPL_H

#include "sensor/decode/hpack.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/http2_frame.h"
#include "sensor/decode/http_body.h"
#include "sensor/decode/tunnel.h"
#include "sensor/decode/websocket.h"

#define HTTP2_BLOCK_MAX (128u << 10)  /* of one header block */
#define HTTP2_SEARCH_MAX (64u << 10)  /* bytes looked through for a frame border at a time */
#define HTTP2_STREAMS_MAX 1024u       /* open at the same time */
#define HTTP2_CONN_CHARGE (16u << 10) /* of a connection, its tables and streams apart */
#define HTTP2_STREAM_CHARGE 512u      /* of a stream, its transaction apart */

enum http2_state {
    HTTP2_START,   /* the client's preface, if there is one */
    HTTP2_HEAD,    /* header of a frame */
    HTTP2_PAD,     /* length of a DATA frame's padding */
    HTTP2_BODY,    /* payload of DATA */
    HTTP2_PAYLOAD, /* payload that is gathered */
    HTTP2_SKIP,    /* payload, or padding, that nobody needs */
    HTTP2_LOST,    /* looks for a frame border */
    HTTP2_DEAD,    /* there is none: nothing more is read */
};

/* One direction of a stream. */
struct http2_half {
    bool head; /* the message's fields have come */
    bool ended;
    bool has_length;
    uint64_t length, got;
    struct http_body *body;
};

struct http2_stream {
    uint32_t id;
    struct http_tx *tx;
    struct http2_half half[2]; /* by direction */
    bool connect;              /* CONNECT: what crosses is no body */
    bool websocket;            /* it asks for WebSocket (RFC 8441) */
    struct websocket *ws;
    struct tunnel *tunnel;
};

/* Fields of one block. */
struct http2_fields {
    struct http_head head;
    struct writer method, path, authority, protocol;
    unsigned status;
    bool has_method, has_status;
};

struct http2_side {
    enum http2_state state;
    struct writer head; /* bytes of a frame's header, or of the preface */
    struct http2_frame frame;
    uint32_t left;                         /* of what the state reads */
    uint32_t padding;                      /* behind it */
    struct writer part;                    /* payload that is gathered */
    bool part_lost;                        /* not all of it */
    struct writer block;                   /* header block that waits for its end */
    uint32_t block_stream, block_promised; /* 0: none waits */
    bool block_ends;                       /* END_STREAM stood on its HEADERS */
    bool block_lost;                       /* bytes of it are missing */
    bool spoke;                            /* a byte came */
    uint32_t last;                         /* highest stream opened by who speaks here */
    struct hpack *hpack;
    struct writer search; /* HTTP2_LOST */
    uint32_t search_next; /* bytes in it before it is looked through again */
    unsigned times_lost;
    bool searching;
};

struct http2 {
    struct proto_ctx *cx;
    enum direction client; /* who speaks in it is the client */
    bool decided;          /* client is known, not guessed */
    bool lossy;            /* not all bytes were seen: streams may appear in the middle */
    uint32_t max_frame;    /* the largest that SETTINGS allowed in either direction */
    struct http2_side side[2];
    struct http2_fields fields;   /* of the block that is read just now */
    struct http2_stream **stream; /* ascending by id */
    uint32_t n_stream, cap_stream;
};

/* http2.c: buffers of a connection, charged by what they allocate. Puts s behind what is there; false: memory
 * or the ceiling is reached, the content is no longer whole. */
bool http2_put(struct http2 *c, struct writer *w, struct span s);
/* Empties it, keeps a small buffer. */
void http2_forget(struct http2 *c, struct writer *w);
void http2_drop(struct http2 *c, struct writer *w);

/* http2_head.c */
void http2_fields_init(struct http2_fields *f);
void http2_fields_done(struct http2_fields *f);
/* The payload of a frame HEADERS, PUSH_PROMISE or CONTINUATION; with part_lost only its beginning. */
void http2_headers(struct http2 *c, enum direction dir, struct span payload);
/* The block that waits will never be whole. */
void http2_block_drop(struct http2 *c, enum direction dir);

/* http2_stream.c */
/* Fields of stream id are in c->fields. ends: no body follows. */
void http2_message(struct http2 *c, enum direction dir, uint32_t id, bool ends);
/* The server promises stream id, whose request is in c->fields. */
void http2_promise(struct http2 *c, enum direction dir, uint32_t id);
/* The request of stream 1 came by HTTP/1. */
void http2_stream_first(struct http2 *c, const struct http_tx *request);
void http2_data(struct http2 *c, enum direction dir, uint32_t id, struct span bytes);
void http2_data_gap(struct http2 *c, enum direction dir, uint32_t id, uint64_t missing);
/* Bytes of that direction are missing, nobody knows of which streams. */
void http2_lose_bodies(struct http2 *c, enum direction dir);
void http2_stream_end(struct http2 *c, enum direction dir, uint32_t id);
void http2_stream_reset(struct http2 *c, uint32_t id);
/* That direction of the connection is over. */
void http2_halves_end(struct http2 *c, enum direction dir);
void http2_streams_free(struct http2 *c);

#endif

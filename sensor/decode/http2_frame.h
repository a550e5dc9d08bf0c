/* SPDX-License-Identifier: GPL-3.0-or-later
 * http2_frame: frame headers of HTTP/2 (RFC 9113 sections 4 and 6): reading one, and finding them in bytes
 * whose borders are not known. Pure functions, any thread. */
#ifndef GH_SENSOR_HTTP2_FRAME_H
#define GH_SENSOR_HTTP2_FRAME_H

#include "base/reader.h"

#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HTTP2_PREFACE_SIZE 24u
#define HTTP2_HEAD_SIZE 9u
#define HTTP2_FRAME_MAX (1u << 14) /* until SETTINGS allow more */

enum http2_type {
    HTTP2_DATA,
    HTTP2_HEADERS,
    HTTP2_PRIORITY,
    HTTP2_RST_STREAM,
    HTTP2_SETTINGS,
    HTTP2_PUSH_PROMISE,
    HTTP2_PING,
    HTTP2_GOAWAY,
    HTTP2_WINDOW_UPDATE,
    HTTP2_CONTINUATION,
};
enum http2_flag {
    HTTP2_END_STREAM = 0x01, /* DATA, HEADERS */
    HTTP2_ACK = 0x01,        /* SETTINGS, PING */
    HTTP2_END_HEADERS = 0x04,
    HTTP2_PADDED = 0x08,
    HTTP2_WITH_PRIORITY = 0x20,
};
#define HTTP2_SETTING_MAX_FRAME 5u

struct http2_frame {
    uint32_t length; /* of the payload */
    uint8_t type;    /* enum http2_type, or one that is not known */
    uint8_t flags;
    uint32_t stream; /* 31 bits */
};

/* head: HTTP2_HEAD_SIZE bytes. */
struct http2_frame http2_frame_read(struct span head);
/* Is the frame as its type asks for? An unknown type always is. */
bool http2_frame_valid(const struct http2_frame *f);
/* Would a sender write it? Stricter than valid: known types, no flags that mean nothing, at most max bytes.
 */
bool http2_frame_plausible(const struct http2_frame *f, uint32_t max);
/* How many plausible frame headers follow one another from the first byte on; *ret_exact: the last frame ends
 * with the last byte. 0 when there is one that is not plausible. */
unsigned http2_frame_chain(struct span s, uint32_t max, bool *ret_exact);
/* Looks for a chain of frames that is none by chance. True: it begins at *ret. False: none does before *ret;
 * from there on more bytes have to tell. */
bool http2_frame_find(struct span s, uint32_t max, size_t *ret);

#endif

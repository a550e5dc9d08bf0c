/* SPDX-License-Identifier: GPL-3.0-or-later
 * hpack: header compression of HTTP/2 (RFC 7541) for somebody who listens.
 *
 * A listener may come late or miss bytes. Fields are addressed from the newest entry of the table on, so that
 * what was entered before is unknown, and what is entered from then on is known again: such a table heals by
 * itself, and only the fields that refer to the unknown part are lost. (libnghttp2's decoder stops for good
 * at the first of them, which is right for an end point and wrong here.) An encoder never refers to what it
 * has evicted, so entries may stay longer than it keeps them.
 *
 * Memory: HPACK_TABLE_MIN charged, up to HPACK_TABLE_MAX when the encoder uses more. Time: linear in the
 * block, with HPACK_COPY_MAX more bytes for names that are entered by reference. Decode thread only. */
#ifndef GH_SENSOR_HPACK_H
#define GH_SENSOR_HPACK_H

#include "sensor/decode/proto.h"

#define HPACK_TABLE_MIN 4096u         /* RFC 9113 section 6.5.2: what encoders begin with */
#define HPACK_TABLE_MAX (64u << 10)   /* bytes of table kept (RFC 7541 section 4.1 counts them) */
#define HPACK_STRING_MAX (256u << 10) /* bytes of one name with its value */
#define HPACK_COPY_MAX (1u << 20)

enum hpack_result {
    HPACK_OK,
    HPACK_UNKNOWN,  /* some fields refer to what was never seen */
    HPACK_MALFORMED /* no header block from there on; the table is forgotten */
};

struct hpack;
/* One field, valid during the call; without a name when that is unknown. */
typedef void hpack_field_fn(void *arg, struct span name, struct span value);

/* The table of one direction. NULL when memory is short. */
struct hpack *hpack_new(struct proto_ctx *cx);
void hpack_free(struct hpack *h); /* NULL is fine */
/* A whole block (HEADERS or PUSH_PROMISE with all its CONTINUATIONs). */
enum hpack_result hpack_block(struct hpack *h, struct span block, hpack_field_fn *fn, void *arg);
/* A block was missed, or may have been: what the table has is no longer what the encoder has. */
void hpack_lost(struct hpack *h);

#endif

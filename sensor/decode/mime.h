/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime: streaming reader of one MIME entity (RFC 2045-2049, 2183, 2231, 2047; also multipart/form-data, RFC 7578): feeds in,
 * carved parts out. Used by SMTP, IMAP, POP3 and HTTP uploads. Bounded: header bytes, depth, parts. Decode thread only. */
#ifndef GH_SENSOR_MIME_H
#define GH_SENSOR_MIME_H

#include "sensor/decode/carve.h"

struct mime;
struct mime_facts { /* of the top entity; spans live as long as the mime */
    struct span from, to, cc, subject, date, message_id;
    const struct span *attachments; /* names in order */
    size_t n_attachments;
};
enum mime_mode { MIME_MAIL /* parts with a name, and attachments, become documents */, MIME_FORM /* every part does */ };

/* boundary only for MIME_FORM (from the HTTP header), otherwise empty. context as in carve_context, for every part. */
struct mime *mime_new(struct proto_ctx *cx, enum mime_mode mode, enum direction dir, uint32_t tx, struct span boundary,
                      struct span context);
void mime_feed(struct mime *m, struct span bytes);
void mime_gap(struct mime *m, uint64_t missing);
/* No more bytes; complete: the protocol ended it properly. Facts stay readable until mime_free. */
void mime_end(struct mime *m, bool complete);
const struct mime_facts *mime_facts(struct mime *m);
void mime_free(struct mime *m);

#endif

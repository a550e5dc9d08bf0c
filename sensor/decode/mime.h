/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime: streaming reader of one MIME entity (RFC 2045-2049, 2183, 2231, 2047; also multipart/form-data, RFC
 * 7578): feeds in, carved parts out. Used by SMTP, IMAP, POP3 and HTTP uploads. Decode thread only.
 *
 * Every leaf with a byte in it becomes a document: attachments and named parts under their name, the texts of
 * the mail itself without a name, so that a marking in the body is seen as well as one in an attachment.
 * message/rfc822 is entered. Uuencoded files inside a text become documents of their own. What lies where
 * readers do not look (before the first boundary of a multipart that never shows it, behind the last one) is
 * carved, too, when there is more than blanks.
 *
 * Bounded: MIME_DEPTH multiparts or messages inside one another, MIME_PARTS parts, 256 KiB of header for each
 * entity. What is nested deeper or comes later is carved as it is, undivided: nothing is dropped. Memory:
 * about 4 KiB, and the header fields in question (16 KiB each at most). */
#ifndef GH_SENSOR_MIME_H
#define GH_SENSOR_MIME_H

#include "sensor/decode/carve.h"

#define MIME_DEPTH 16
#define MIME_PARTS 5000
#define MIME_NAMES 256 /* attachment names kept */

struct mime;
struct mime_facts { /* of the top entity, UTF-8; spans live as long as the mime */
    struct span from, to, cc, subject, date, message_id;
    const struct span *attachments; /* names in order */
    size_t n_attachments;
    size_t n_parts;
    bool body_seen; /* its header has ended */
};
enum mime_mode { MIME_MAIL, MIME_FORM };

/* Appends the members that every part's fileinfo carries (see carve_context); asked when a part ends, so that
 * it may tell all that is known by then. m is the reader itself, for its facts. */
typedef void mime_context_fn(void *arg, struct mime *m, struct writer *out);

/* boundary only for MIME_FORM (from the HTTP header; may be empty: the first line shows it), otherwise empty.
 * context may be NULL. NULL when memory is short. */
struct mime *mime_new(struct proto_ctx *cx, enum mime_mode mode, enum direction dir, uint32_t tx,
                      struct span boundary, mime_context_fn *context, void *arg);
/* Members of the "gatehouse" object of every part's fileinfo (see carve_extra). Borrowed until mime_free. */
void mime_extra(struct mime *m, struct span members);
void mime_feed(struct mime *m, struct span bytes);
void mime_gap(struct mime *m, uint64_t missing);
/* No more bytes; complete: the protocol ended it properly. Facts stay readable until mime_free. */
void mime_end(struct mime *m, bool complete);
/* A limit of the protocol was reached in the part that is open, see carve_limit. */
void mime_limit(struct mime *m, const char *limit);
const struct mime_facts *mime_facts(struct mime *m);
/* Without mime_end before: what is open ends incomplete. NULL is fine. */
void mime_free(struct mime *m);

#endif

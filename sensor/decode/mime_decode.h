/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime_decode: content transfer encodings undone on the way (RFC 2045 section 6, uuencode and yEnc), into a
 * transfer.
 *
 * Feeds may be cut anywhere; a struct mime_decoder holds what is incomplete (fixed size). Faults are read as
 * mail readers read them: characters that are not base64 are skipped, missing padding is no loss, "=" before
 * anything odd stands for itself. Value type, decode thread only. */
#ifndef GH_SENSOR_MIME_DECODE_H
#define GH_SENSOR_MIME_DECODE_H

#include "sensor/decode/carve.h"

enum mime_encoding { MIME_IDENTITY, MIME_BASE64, MIME_QP, MIME_UU, MIME_YENC };

struct mime_decoder {
    enum mime_encoding encoding;
    uint32_t bits; /* base64: bits not yet given out */
    unsigned n_bits;
    uint8_t
        hold[160]; /* quoted-printable: "=" and what follows it, or blanks; uuencode: one line; yEnc: "=" */
    unsigned n_hold;
};

/* Value of a Content-Transfer-Encoding field; what is not known is identity. */
enum mime_encoding mime_encoding_of(struct span value);
void mime_decoder_start(struct mime_decoder *d, enum mime_encoding encoding);
/* Decodes bytes into t (NULL is fine: the bytes are lost, as everywhere in carve.h). */
void mime_decoder_feed(struct mime_decoder *d, struct span bytes, struct transfer *t);
/* The part is over: what is held comes out. */
void mime_decoder_end(struct mime_decoder *d, struct transfer *t);

#endif

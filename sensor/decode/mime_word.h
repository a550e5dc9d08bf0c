/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime_word: text of mail headers made UTF-8: encoded words (RFC 2047) and the charsets that intranet mail
 * uses. Pure functions, no locale, any thread. */
#ifndef GH_SENSOR_MIME_WORD_H
#define GH_SENSOR_MIME_WORD_H

#include "base/writer.h"

/* Appends bytes of that charset as UTF-8: utf-8, us-ascii, iso-8859-1, windows-1251, -1252, -1258 and their
 * usual other names. False when the charset is none of them: nothing is appended. Bytes that are invalid in
 * it become U+FFFD. */
bool mime_charset_put(struct writer *out, struct span charset, struct span bytes);
/* Appends a header value: line folds become one space, encoded words are decoded (also words split in the
 * middle of a character, RFC 2047 section 5 forbids what many senders do), words of an unknown charset stay
 * as they are. */
void mime_words_put(struct writer *out, struct span value);
/* Appends base64 or quoted-printable ("Q" form when underscore) bytes decoded; forgiving. */
void mime_base64_put(struct writer *out, struct span coded);
void mime_q_put(struct writer *out, struct span coded);
/* Value of a hexadecimal digit, or -1. */
int mime_hex(uint8_t c);

#endif

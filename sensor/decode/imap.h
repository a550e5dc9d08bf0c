/* SPDX-License-Identifier: GPL-3.0-or-later
 * imap: IMAP4 (RFC 3501, 9051, 7888 literals, 3516 BINARY, 3502 MULTIAPPEND) as a parser of proto.h.
 *
 * Mails that FETCH brings and APPEND takes go through mime.h, which carves their parts: whole ones, texts and
 * parts fetched one by one, and pieces (BODY[]<0>) that follow one another. Each direction is read for
 * itself, so that a capture of one gives the same documents. Each command makes one imap event when its
 * tagged reply has been seen; what LOGIN and AUTHENTICATE carry is neither kept nor logged. STARTTLS that
 * is agreed ends the reading, the anomaly imap.starttls tells; behind COMPRESS (RFC 4978) what is inside is read
 * (imap_packed.h).
 *
 * Ceilings: those of imap_line.h; IMAP_OPEN commands that wait for their reply; 256 bytes of arguments. */
#ifndef GH_SENSOR_IMAP_H
#define GH_SENSOR_IMAP_H

#include "sensor/decode/proto.h"

extern const struct proto imap_proto;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * parcel: what an appliance and its console say to each other when somebody stands in between who is neither: a
 * message broker. Over HTTPS the pinned key says who answers, and hides what is said; here both are done by the
 * messages themselves, so the broker, and everybody who may write to it, is believed nothing.
 *
 * A parcel is a request (path, content type, body), sealed for the console, with a key that its answer is sealed
 * for. An answer names the request that it belongs to by its digest, and is signed by the console: none can be
 * made up, changed, or given to another question. A batch is sealed and signed as it is and travels bare; its
 * answer holds a number and is not sealed. Pure functions, no state, any thread. Layouts in docs/formats.md. */
#ifndef GH_BASE_PARCEL_H
#define GH_BASE_PARCEL_H

#include "base/seal.h"

#define PARCEL_WORD 96             /* most bytes of path, and of content type */
#define PARCEL_BODY (9u << 20)     /* most bytes of the body */
#define PARCEL_MORE 512            /* most bytes that a parcel is longer than its body, and an answer than its */

struct parcel {
    struct span path, type; /* printable ASCII */
    uint8_t answer_to[SEAL_PUBLIC];
    struct span body;
};
struct parcel_answer {
    uint8_t digest[SEAL_HASH]; /* of the bytes that it answers */
    uint16_t status;           /* as of HTTP */
};
/* What names a parcel, or a batch, in its answer: over the bytes as they travel. */
void parcel_digest(struct span bytes, uint8_t out[static SEAL_HASH]);
/* Appends to out. 0, ST_LIMIT (a word, the body or the writer's ceiling). */
int parcel_seal(const struct parcel *p, const struct seal_public *console, struct writer *out);
/* plain is the caller's, and keeps what ret's spans show. 0, ST_MALFORMED, ST_NOMEM. */
int parcel_open(struct span sealed, const struct seal_keys *console, struct writer *plain, struct parcel *ret);

/* Appends the console's answer to out; sealed for answer_to, or bare when that is NULL. 0 or ST_LIMIT. */
int parcel_answer_write(const struct parcel_answer *a, struct span body, const uint8_t *answer_to, const struct seal_keys *console,
                        struct writer *out);
/* The digest is not compared with anything: see what it answers before. The body is appended to body; me opens it
 * (NULL: only bare ones are taken). 0; ST_MALFORMED; ST_BAD_SIGNATURE: not this console's, or changed; ST_LIMIT. */
int parcel_answer_read(struct span bytes, const struct seal_public *console, const struct seal_keys *me, struct parcel_answer *ret,
                       struct writer *body);

#endif

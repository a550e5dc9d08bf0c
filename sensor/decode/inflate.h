/* SPDX-License-Identifier: GPL-3.0-or-later
 * inflate: content codings of HTTP bodies undone on the way: gzip (RFC 1952), deflate with and without its
 * zlib wrapping (RFC 1950, 1951), brotli (RFC 7932). The only file that knows zlib and libbrotlidec.
 *
 * Senders lie about the coding. While nothing has come out yet the decoder tries the other readings of the
 * first bytes, and when none fits the bytes pass through as they are: the document is then what really
 * crossed the wire. A fault after output has begun ends it; what came out stays. The total output is bounded
 * by the caller, memory by one decoder state (44 KiB for zlib, up to 16 MiB for brotli's window) and PROBE
 * bytes. Decode thread only. */
#ifndef GH_SENSOR_INFLATE_H
#define GH_SENSOR_INFLATE_H

#include "base/reader.h"

/* CODING_RAW: deflate without any wrapping, and nothing is guessed (RFC 7692). */
enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BROTLI, CODING_RAW };

struct inflate;
/* Receives decoded bytes, valid during the call. False: no more is wanted, the decoder stops. */
typedef bool inflate_out_fn(void *arg, struct span bytes);

/* NULL when memory is short. */
struct inflate *inflate_new(enum coding coding, inflate_out_fn *out, void *arg);
void inflate_free(struct inflate *z); /* NULL is fine */
void inflate_feed(struct inflate *z, struct span bytes);
/* No more input: bytes held back for guessing come out. */
void inflate_end(struct inflate *z);
/* Another coded stream begins, which knows nothing of what came before. */
void inflate_restart(struct inflate *z);
/* A content-coding token ("gzip", "x-gzip", "deflate", "br", in any case); false when it is none of ours. */
bool inflate_coding(struct span token, enum coding *ret);

/* What is known of the stream so far. */
enum inflate_state {
    INFLATE_GOING,   /* more input is welcome */
    INFLATE_DONE,    /* the coded stream ended as it should */
    INFLATE_BROKEN,  /* faulty after output had begun */
    INFLATE_PASSING, /* not coded at all: bytes pass through */
    INFLATE_STOPPED  /* the receiver wanted no more */
};
enum inflate_state inflate_state(const struct inflate *z);

#endif

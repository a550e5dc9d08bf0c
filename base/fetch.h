/* SPDX-License-Identifier: GPL-3.0-or-later
 * fetch: how a console gets what stays on an appliance until somebody asks: the hello by which an appliance
 * that has nothing to report hears of its console's wishes, and the parts in which it answers one. Layouts in
 * docs/formats.md. Pure functions, no state, any thread.
 *
 * Nothing is signed here that was not signed before: a hello bears the journal's signed head, which proves
 * whose it is and that it is up to date; a file is proved by its hash, which stands in a signed record. So
 * the uplink needs no key of the appliance. */
#ifndef GH_BASE_FETCH_H
#define GH_BASE_FETCH_H

#include "base/seal.h"

#define FETCH_TOKEN 32            /* bytes: proves that a part answers a wish */
#define FETCH_PART_MAX (1u << 20) /* most bytes of file in one part */
#define FETCH_PART_HEAD (8 + FETCH_TOKEN + 8 + 8 + 1)
#define FETCH_WISHES 8 /* most in one answer */
#define FETCH_NAME 64  /* room for a file's name */

struct fetch_hello {
    uint8_t appliance[SEAL_ID];
    uint64_t first, number, wall_us; /* the journal's head: oldest and newest batch, when that was signed */
    uint8_t hash[SEAL_HASH];         /* batch hash of the newest */
    uint8_t signature[SEAL_SIGNATURE];
};
void fetch_hello_write(const struct fetch_hello *h, struct writer *out);
/* 0 or ST_MALFORMED. */
int fetch_hello_read(struct span bytes, struct fetch_hello *ret);
bool fetch_hello_is(struct span bytes); /* by its magic: a hello, and no batch */
/* 0 or ST_BAD_SIGNATURE. */
int fetch_hello_verify(const struct fetch_hello *h, const struct seal_public *appliance);

enum fetch_state {
    FETCH_BYTES,  /* bytes of the file */
    FETCH_MISSING /* it is not there (any more) */
};
struct fetch_part {
    uint8_t token[FETCH_TOKEN];
    uint64_t offset, total; /* of the sealed file */
    enum fetch_state state;
    struct span bytes; /* at most FETCH_PART_MAX; none when MISSING */
};
void fetch_part_write(const struct fetch_part *p, struct writer *out);
/* Checks that the bytes lie within total. 0 or ST_MALFORMED. */
int fetch_part_read(struct span body, struct fetch_part *ret);
/* Is this the name of such a file? Digits, '-', digits, ".pcap": no way out of its directory. */
bool fetch_name_is_good(struct span name);

/* ---- an envelope in pieces, so that a cut costs a piece ---- */

#define UPLOAD_ID 16
#define UPLOAD_PIECE_MAX (1u << 20)
struct upload_piece {
    uint8_t id[UPLOAD_ID]; /* upload_id of the whole */
    uint32_t total, offset;
    bool ahead; /* the whole is for /intake/ahead */
    struct span bytes;
};
void upload_id(struct span whole, uint8_t out[static UPLOAD_ID]);
void upload_piece_write(const struct upload_piece *p, struct writer *out);
/* 0 or ST_MALFORMED; max: most bytes of the whole. */
int upload_piece_read(struct span body, uint32_t max, struct upload_piece *ret);

#endif

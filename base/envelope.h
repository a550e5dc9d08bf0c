/* SPDX-License-Identifier: GPL-3.0-or-later
 * envelope: one numbered, chained, signed batch of records, and the sealed form in which it travels.
 *
 * The same bytes go over any carrier (HTTPS, a file on a stick). The journal signs a batch when it records it; the
 * console verifies that very signature. Layout byte by byte in docs/formats.md. Pure functions, no state, any thread.
 *
 * batch   = header || records (zstd) || signature
 * sealed  = "GHSEAL01" || crypto_box_seal(batch) for the console's X25519 key
 */
#ifndef GH_BASE_ENVELOPE_H
#define GH_BASE_ENVELOPE_H

#include "base/arena.h"
#include "base/seal.h"

#define ENVELOPE_MAX (8u << 20)       /* ceiling of one batch, sealed or not */
#define ENVELOPE_PLAIN_MAX (32u << 20) /* ceiling of its records once unpacked */

/* One record: an event's JSON line with the key that makes it unique on its appliance. */
struct record {
    uint64_t run; /* which capture run: a replay keeps its number, so that a repetition is recognised */
    uint64_t n;   /* n-th event of that run */
    uint32_t k;   /* 0 the event, 1.. what was derived from it (alerts) */
    uint8_t type; /* enum event_type */
    struct span json;
};
struct batch_header {
    uint8_t appliance[SEAL_ID];
    uint64_t number;               /* 1, 2, 3 … without a hole */
    uint8_t previous[SEAL_HASH];   /* hash of batch number - 1; zeros for the first */
    uint64_t wall_us;              /* when it was signed, by the appliance's clock */
    uint32_t records;              /* how many */
    uint8_t records_hash[SEAL_HASH]; /* over the record hashes in order */
};

/* Hash of one record: BLAKE2b-256 over its key and bytes. */
void record_hash(const struct record *r, uint8_t out[static SEAL_HASH]);
/* Hash of a header: what is signed and what the next batch names as previous. */
void batch_hash(const struct batch_header *h, uint8_t out[static SEAL_HASH]);
/* Fills records_hash and signs. */
void batch_sign(struct batch_header *h, const struct record *r, size_t n, const struct seal_keys *k,
                uint8_t sig[static SEAL_SIGNATURE]);
/* Header, records and signature to bytes. */
int batch_write(const struct batch_header *h, const struct record *r, size_t n,
                const uint8_t sig[static SEAL_SIGNATURE], struct writer *out);
/* The reverse: bounded, records live in the arena. Checks lengths and records_hash, not the signature. */
int batch_read(struct span bytes, struct arena *a, struct batch_header *h, struct record **ret, size_t *ret_n,
               uint8_t sig[static SEAL_SIGNATURE]);
/* As batch_read, but without comparing records_hash: to look for the record that was changed. */
int batch_unpack(struct span bytes, struct arena *a, struct batch_header *h, struct record **ret, size_t *ret_n,
                 uint8_t sig[static SEAL_SIGNATURE]);
/* 0 or ST_BAD_SIGNATURE. */
int batch_verify(const struct batch_header *h, const uint8_t sig[static SEAL_SIGNATURE],
                 const struct seal_public *appliance);
int envelope_seal(struct span batch, const struct seal_public *console, struct writer *out);
int envelope_open(struct span sealed, const struct seal_keys *console, struct writer *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * seal: signatures, sealed boxes, sealed streams, hash chain: libsodium behind one door. No primitive of our own.
 *
 * Secret keys live in struct seal_keys, which must come from seal_keys_new (guarded, locked memory) and go back through
 * seal_keys_free (wiped). Never print, log or copy them elsewhere. seal_init() first, once per process. */
#ifndef GH_BASE_SEAL_H
#define GH_BASE_SEAL_H

#include "base/writer.h"

#define SEAL_HASH 32      /* BLAKE2b-256 */
#define SEAL_SIGNATURE 64 /* Ed25519 */
#define SEAL_PUBLIC 32    /* Ed25519 or X25519 public key */
#define SEAL_ID 16        /* identity: first half of BLAKE2b-256 over both public keys */
#define SEAL_CHUNK 65536  /* plain bytes of one secretstream chunk */
#define SEAL_KEY 32       /* a secret key for seal_keyed64 */

struct seal_public {
    uint8_t sign[SEAL_PUBLIC]; /* Ed25519: verifies what the owner signed */
    uint8_t box[SEAL_PUBLIC];  /* X25519: seals for the owner */
};
struct seal_keys; /* a public pair and its secrets */

int seal_init(void);
/* BLAKE2b-256 over domain || 0 || the spans; domain keeps uses apart ("gatehouse-record-v1"). */
void seal_hash(const char *domain, const struct span *parts, size_t n_parts, uint8_t out[static SEAL_HASH]);
/* 64 bits of BLAKE2b keyed with key, over n bytes at p (RFC 7693): a name for them that tells nothing without the key. */
uint64_t seal_keyed64(const uint8_t key[static SEAL_KEY], const void *p, size_t n);
/* Guarded, locked memory for a secret, zeroed; NULL when short. Wiped by seal_free; NULL is fine. */
void *seal_alloc(size_t n);
void seal_free(void *p);
void seal_random(void *p, size_t n);
void seal_wipe(void *p, size_t n);
bool seal_equal(const void *a, const void *b, size_t n); /* constant time */

struct seal_keys *seal_keys_generate(void);
void seal_keys_free(struct seal_keys *k);
const struct seal_public *seal_keys_public(const struct seal_keys *k);
/* Both secrets as bytes (Ed25519 seed, X25519 key) and back, for what splits or locks a key. The bytes must lie in memory
 * of seal_alloc; the public halves follow from them. */
#define SEAL_SECRET 64
void seal_keys_export(const struct seal_keys *k, uint8_t out[static SEAL_SECRET]);
struct seal_keys *seal_keys_import(const uint8_t secret[static SEAL_SECRET]);
void seal_id(const struct seal_public *pub, uint8_t out[static SEAL_ID]);
/* "apple-…": six words for two people to compare over the telephone; from BLAKE2b over both parties' keys. */
void seal_phrase(const struct seal_public *a, const struct seal_public *b, char *buf, size_t cap);

/* Signature over domain || 0 || message (Ed25519, RFC 8032). */
void seal_sign(const struct seal_keys *k, const char *domain, struct span message, uint8_t out[static SEAL_SIGNATURE]);
int seal_verify(const uint8_t sign_pk[static SEAL_PUBLIC], const char *domain, struct span message,
                const uint8_t sig[static SEAL_SIGNATURE]); /* 0 or ST_BAD_SIGNATURE */

/* Plain Ed25519 (RFC 8032) over the message alone, for other systems, which verify it with any library. */
void seal_sign_plain(const struct seal_keys *k, struct span message, uint8_t out[static SEAL_SIGNATURE]);

/* Anonymous sealed box (crypto_box_seal): only the owner of to->box opens it. */
int seal_box(const struct seal_public *to, struct span plain, struct writer *out);
int seal_box_open(const struct seal_keys *me, struct span sealed, struct writer *out);

/* Sealed file: a random stream key in a sealed box for the recipient, then secretstream chunks with a final tag.
 * Layout in docs/formats.md. Plain bytes never touch the disk. */
int seal_file(int in_fd, int out_fd, const struct seal_public *to, uint64_t *ret_plain_bytes);
int seal_file_open(int in_fd, int out_fd, const struct seal_keys *me, uint64_t *ret_plain_bytes);

/* Key files: mode 0600, text header naming the kind, base64; made atomically; never overwritten. Made by root in another
 * user's directory they become that user's. (keyfile.c) */
int keyfile_save(const char *path, const struct seal_keys *k);
int keyfile_load(const char *path, struct seal_keys **ret);
int keyfile_save_public(const char *path, const struct seal_public *pub, const char *name);
int keyfile_load_public(const char *path, struct seal_public *ret, char *name, size_t name_cap);
/* A single secret key; head is its first line and says what it is for ("gatehouse-print-key-v1"). Loading refuses a file
 * that others may read (ST_DENIED) and one with another head (ST_MALFORMED). A group may read it (0640) where the
 * directory is that group's alone (0750): so goods from the console reach gh-scan, which is not the user that took them. */
int keyfile_save_secret(const char *path, const char *head, const uint8_t key[static SEAL_KEY]);
int keyfile_load_secret(const char *path, const char *head, uint8_t key[static SEAL_KEY]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * digest: SHA-256 and MD5 by libcrypto (FIPS 180-4, RFC 1321): three to five times faster than libsodium's portable C.
 * A struct digest belongs to one thread; it is reusable after digest_final. */
#ifndef GH_BASE_DIGEST_H
#define GH_BASE_DIGEST_H

#include "base/reader.h"

#define SHA256_SIZE 32
#define MD5_SIZE 16

struct digest;
struct digest *digest_new_sha256(void); /* NULL when memory is short */
struct digest *digest_new_md5(void);
/* Another digest that has seen the same bytes; NULL when memory is short. */
struct digest *digest_copy(const struct digest *d);
void digest_free(struct digest *d);
void digest_update(struct digest *d, const void *p, size_t n);
/* Writes SHA256_SIZE or MD5_SIZE bytes and starts anew. */
void digest_final(struct digest *d, uint8_t *out);
void digest_sha256(const void *p, size_t n, uint8_t out[static SHA256_SIZE]);
void digest_sha1(const void *p, size_t n, uint8_t out[static 20]); /* community_id only */
void digest_md5(const void *p, size_t n, uint8_t out[static MD5_SIZE]);
/* 2n lower-case hex digits and a NUL. */
void digest_hex(const void *p, size_t n, char *out);

#endif

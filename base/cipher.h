/* SPDX-License-Identifier: GPL-3.0-or-later
 * cipher: what it takes to read a QUIC Initial packet: HKDF-SHA256 (RFC 5869) with the labels of TLS 1.3 (RFC
 * 8446 section 7.1), one block of AES-128, and AES-128-GCM (by libcrypto). These keys follow from bytes that
 * everybody on the way sees; nothing here guards a secret. Any thread. */
#ifndef GH_BASE_CIPHER_H
#define GH_BASE_CIPHER_H

#include "base/digest.h"

#define CIPHER_KEY 16
#define CIPHER_NONCE 12
#define CIPHER_TAG 16

/* RFC 2104. */
void cipher_hmac_sha256(struct span key, struct span text, uint8_t ret[static SHA256_SIZE]);
/* HKDF-Expand-Label(secret, label without its "tls13 ", no context, n), n <= SHA256_SIZE; label at most 32
 * characters. */
void cipher_hkdf_label(const uint8_t secret[static SHA256_SIZE], const char *label, uint8_t *ret, size_t n);
void cipher_aes128(const uint8_t key[static CIPHER_KEY], const uint8_t in[static CIPHER_KEY],
                   uint8_t ret[static CIPHER_KEY]);
/* Opens sealed (ciphertext, then the tag) into ret, which takes sealed.n - CIPHER_TAG bytes. False when it is
 * not authentic; ret is then of no use. */
bool cipher_aes128_gcm_open(const uint8_t key[static CIPHER_KEY], const uint8_t nonce[static CIPHER_NONCE],
                            struct span head, struct span sealed, uint8_t *ret);

#endif

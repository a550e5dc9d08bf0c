/* SPDX-License-Identifier: GPL-3.0-or-later
 * password: Argon2id (RFC 9106) through libsodium, in its self-describing text form "$argon2id$v=19$m=…".
 *
 * One call takes PASSWORD_MEMORY bytes and some 0.1 s of one core: the caller bounds how many run at a time.
 * Thread-safe, no state; seal_init() first. */
#ifndef GH_BASE_PASSWORD_H
#define GH_BASE_PASSWORD_H

#include "base/reader.h"

#define PASSWORD_HASH 128           /* bytes of the text form, NUL included */
#define PASSWORD_MEMORY (64u << 20) /* of one call */

/* Hash of a password with a fresh salt. 0 or ST_NOMEM. */
int password_hash(struct span password, char out[static PASSWORD_HASH]);
/* True when hash is the hash of password; also false for a hash that is none. */
bool password_verify(const char *hash, struct span password);

#endif

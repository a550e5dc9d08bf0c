/* SPDX-License-Identifier: GPL-3.0-or-later
 * keylock: a key pair in a file that a password locks: what a member of the committee carries on a stick.
 *
 * Text of four lines: "gatehouse-locked-key-v1", the locked secret, the public pair, the name
 * (docs/evidence.md). The key that locks is Argon2id of the password (256 MiB, about half a second);
 * XChaCha20-Poly1305 covers secret, public pair and name, so that a file with an exchanged half does not
 * open. Any process; seal_init() first. */
#ifndef GH_BASE_KEYLOCK_H
#define GH_BASE_KEYLOCK_H

#include "base/seal.h"

#define KEYLOCK_NAME 65      /* bytes of a name, NUL included */
#define KEYLOCK_PASSWORD 256 /* most bytes of a password */
#define KEYLOCK_PASSWORD_MIN 8

/* True when the file says that it is locked; false also when it cannot be read. */
bool keylock_is(const char *path);
/* Mode 0600, never overwritten. ST_USAGE: the name is empty, too long, no UTF-8 or has a line end. ST_EXISTS,
 * ST_NOMEM, ST_IO. */
int keylock_save(const char *path, const struct seal_keys *k, const char *name, struct span password);
/* ST_BAD_SIGNATURE: another password, or the file was changed. ST_DENIED: others may read it. name may be
 * NULL. */
int keylock_load(const char *path, struct span password, struct seal_keys **ret, char name[KEYLOCK_NAME]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * bundle: the file that 'gatehouse console backup' makes (docs/backup.md): everything of the state directory
 * in one zstd stream, each file with its SHA-256, and when it was asked for sealed to a recovery key or
 * locked with a password.
 *
 *   "GHBACK01", u8 lock (0 none, 1 recovery key, 2 password), u16 length, that many bytes (password: the
 * locked key file), stream
 *
 * Locked streams are sealed files (docs/formats.md) around the zstd stream. Nothing of it lies unsealed on
 * the way. Any thread. */
#ifndef GH_CONSOLE_BUNDLE_H
#define GH_CONSOLE_BUNDLE_H

#include "base/keylock.h"
#include "base/seal.h"

enum bundle_lock { BUNDLE_OPEN, BUNDLE_KEY, BUNDLE_PASSWORD, BUNDLE_LOCKS };
#define BUNDLE_NAME 128
#define BUNDLE_FILES 4096

struct bundle_file {
    char name[BUNDLE_NAME]; /* within the state directory */
    char path[1024];        /* where it is read from */
};
/* Files into out (0600, new; made whole or not at all). to: NULL, or the recovery key. password: used when to
 * is NULL and it is not empty. ST_EXISTS, ST_FULL, … and *ret_file names the file that could not be read. */
int bundle_write(const char *out, const struct bundle_file *file, size_t n, const struct seal_public *to,
                 struct span password, const char **ret_file);
/* How it is locked. */
int bundle_look(const char *path, enum bundle_lock *ret);
/* Unpacks into dir, which must be empty; every hash is compared. *ret_n: files. ST_BAD_SIGNATURE: wrong key
 * or password, or changed. */
int bundle_read(const char *path, const char *dir, const struct seal_keys *keys, struct span password,
                size_t *ret_n);
/* A name that may be written: of the console's state, no way out of it. */
bool bundle_name_is_good(struct span name);

#endif

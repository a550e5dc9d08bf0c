/* SPDX-License-Identifier: GPL-3.0-or-later
 * second: the second factor of a person: codes of an authenticator (base/totp.h), and ten recovery codes that
 * work once each. The secret lies in the database sealed to console.key: a copied database alone makes no
 * codes. Changing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_SECOND_H
#define GH_CONSOLE_SECOND_H

#include "base/seal.h"
#include "base/totp.h"
#include "console/store/people.h"

#define RECOVERY_CODES 10
#define RECOVERY_TEXT 14 /* "xxxx-xxxx-xxx" and NUL: 11 letters of 32, 55 bits */

/* Has the person one? */
int second_has(struct db *d, int64_t user, bool *ret);
/* A new secret, shown but not confirmed: what there was stays in force. */
int second_begin(struct db *d, const struct seal_keys *k, int64_t user, uint8_t secret[static TOTP_SECRET]);
/* The first code of the new secret puts it in force. ST_DENIED: the code is wrong, or nothing was begun. */
int second_confirm(struct db *d, const struct seal_keys *k, int64_t user, struct span code);
/* A code, or a recovery code; it is used up. ST_DENIED: wrong, or used before. *ret_left: recovery codes that
 * are left when it was one, otherwise -1. */
int second_use(struct db *d, const struct seal_keys *k, int64_t user, struct span code, int *ret_left);
int second_remove(struct db *d, int64_t user);
/* New recovery codes in place of all earlier ones. */
int second_recovery(struct db *d, int64_t user, char codes[static RECOVERY_CODES][RECOVERY_TEXT]);

#endif

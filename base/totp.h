/* SPDX-License-Identifier: GPL-3.0-or-later
 * totp: codes of an authenticator (RFC 6238 over RFC 4226: SHA-1, six digits, 30 seconds), and base32 (RFC
 * 4648) in which people type its secret. Pure; any thread. What was used once is refused by the caller: he
 * keeps the step that totp_check returned and asks for later ones only. */
#ifndef GH_BASE_TOTP_H
#define GH_BASE_TOTP_H

#include "base/reader.h"

#define TOTP_SECRET 20 /* bytes, as long as SHA-1's result */
#define TOTP_STEP_S 30
#define TOTP_DIGITS 6
#define TOTP_DRIFT 1 /* steps that a clock may be off, to either side */

/* RFC 2104 with SHA-1; keys of at most 64 bytes. */
void totp_hmac(struct span key, struct span text, uint8_t out[static 20]);
/* The code of a step as text. */
void totp_code(const uint8_t secret[static TOTP_SECRET], uint64_t step, char out[static TOTP_DIGITS + 1]);
/* The step for which code is right at that time (seconds since 1970) and which is later than after; 0: none.
 */
uint64_t totp_check(const uint8_t secret[static TOTP_SECRET], struct span code, uint64_t now_s,
                    uint64_t after);
/* Base32 in capitals without padding, NUL-terminated: (8 * n + 4) / 5 characters. */
void totp_base32(struct span bytes, char *out, size_t cap);

#endif

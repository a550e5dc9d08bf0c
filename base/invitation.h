/* SPDX-License-Identifier: GPL-3.0-or-later
 * invitation: a console lets one appliance ask to be enrolled, by a code that a person can read over the
 * telephone: 80 secret bits that prove to the console whose guest it is, and 80 bits of a hash over all that
 * the appliance must know of the console, so that it cannot be enrolled at a false one. Layouts in
 * docs/formats.md. Pure functions, no state, any thread.
 *
 * The code has eight groups of five letters and digits; the last of each checks the other four and which
 * group it is, so that the group that was misheard is named. The console keeps a hash of the secret alone. */
#ifndef GH_BASE_INVITATION_H
#define GH_BASE_INVITATION_H

#include "base/seal.h"

#define INVITATION_SECRET 10
#define INVITATION_PRINT 10
#define INVITATION_GROUPS 8
#define INVITATION_CODE (INVITATION_GROUPS * 6) /* with the dashes and the NUL */
#define INVITATION_JOIN_MAX 8192                /* most bytes of a sealed request */
#define INVITATION_PIN 64                       /* room for a pin's text */

struct invitation {
    uint8_t secret[INVITATION_SECRET], print[INVITATION_PRINT];
};
/* What an appliance learns of its console; pin is base64 of the SHA-256 of its certificate's public key. */
struct invitation_host {
    struct seal_public console, committee;
    char pin[INVITATION_PIN];
};
/* A new one for this console. */
void invitation_make(const struct invitation_host *h, struct invitation *ret);
/* Is this the console that the invitation names? */
bool invitation_fits(const struct invitation *i, const struct invitation_host *h);
const char *invitation_code(const struct invitation *i, char buf[static INVITATION_CODE]);
/* Small letters, blanks and dashes anywhere, O for 0 and I or L for 1 are taken. 0; ST_MALFORMED with the
 * number (from 1) of the group that is wrong, 0 when there are more or less characters than eight groups have. */
int invitation_read(struct span text, struct invitation *ret, unsigned *ret_group);
/* By which the console knows the secret. */
void invitation_hash(const uint8_t secret[static INVITATION_SECRET], uint8_t out[static SEAL_HASH]);
/* The console's description as JSON, and back: 0, or ST_MALFORMED. */
void invitation_host_write(const struct invitation_host *h, struct writer *out);
int invitation_host_read(struct span text, struct invitation_host *ret);
/* An appliance's enrolment request, sealed to the console together with the secret: who made it was invited,
 * and nobody on the way can put another request in its place. 0, or ST_LIMIT. */
int invitation_seal(const struct invitation *i, struct span request, const struct seal_public *console,
                    struct writer *out);
/* The request's text into out, the secret's hash. 0; ST_MALFORMED; ST_BAD_SIGNATURE: not for this console. */
int invitation_open(struct span sealed, const struct seal_keys *console, uint8_t hash[static SEAL_HASH],
                    struct writer *out);

#endif

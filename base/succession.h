/* SPDX-License-Identifier: GPL-3.0-or-later
 * succession: a console's word, signed with its old key, that from now on it has other ones, and until when it
 * still opens what is sealed to the old. It also announces the key of the TLS certificate that will be shown
 * when the old one has gone, so that nobody is shown a stranger. Layout in docs/envelope.md. Pure functions,
 * any thread. */
#ifndef GH_BASE_SUCCESSION_H
#define GH_BASE_SUCCESSION_H

#include "base/seal.h"

#define SUCCESSION_PIN 32
#define SUCCESSION_SIZE (8 + SEAL_ID + 2 * SEAL_PUBLIC + SUCCESSION_PIN + 8 + 8 + SEAL_SIGNATURE)

struct succession {
    uint8_t before[SEAL_ID];     /* identity of the old keys */
    struct seal_public next;     /* the new ones */
    uint8_t pin[SUCCESSION_PIN]; /* SHA-256 of the coming certificate's public key; that of today's when it stays */
    uint64_t made_us, until_us;  /* by the console's clock */
};
/* before is filled in. */
void succession_write(struct succession *s, const struct seal_keys *old, uint8_t out[static SUCCESSION_SIZE]);
/* 0; ST_MALFORMED; ST_BAD_SIGNATURE: not the word of that console. */
int succession_read(struct span bytes, const struct seal_public *old, struct succession *ret);

#endif

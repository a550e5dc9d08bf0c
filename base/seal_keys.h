/* SPDX-License-Identifier: GPL-3.0-or-later
 * seal_keys: the layout of struct seal_keys, for seal.c and keyfile.c only. */
#ifndef GH_BASE_SEAL_KEYS_H
#define GH_BASE_SEAL_KEYS_H

#include "base/seal.h"

struct seal_keys {
    struct seal_public pub;
    uint8_t sign[64]; /* Ed25519 secret key, libsodium's form: seed || public */
    uint8_t box[32];  /* X25519 secret key */
};
/* Guarded, locked memory of one struct seal_keys; NULL when short. */
struct seal_keys *seal_keys_alloc(void);

#endif

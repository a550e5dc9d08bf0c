/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/password.h"

#include <sodium.h>

_Static_assert(PASSWORD_HASH >= crypto_pwhash_STRBYTES, "libsodium's text form must fit");
_Static_assert(PASSWORD_MEMORY == crypto_pwhash_MEMLIMIT_INTERACTIVE,
               "callers budget memory by PASSWORD_MEMORY");

int password_hash(struct span password, char out[static PASSWORD_HASH])
{
    char text[crypto_pwhash_STRBYTES];

    if (crypto_pwhash_str_alg(text, (const char *)password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ST_NOMEM;
    memcpy(out, text, sizeof(text));
    return 0;
}

bool password_verify(const char *hash, struct span password)
{
    return strlen(hash) < crypto_pwhash_STRBYTES &&
           crypto_pwhash_str_verify(hash, (const char *)password.p, password.n) == 0;
}

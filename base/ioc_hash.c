/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ioc_hash.h"

#include <sodium.h>
#include <stdlib.h>

struct ioc_sum {
    crypto_generichash_state st;
};

struct ioc_sum *ioc_sum_new(void)
{
    struct ioc_sum *s = aligned_alloc(64, sizeof(*s)); /* as its type asks */

    if (s)
        crypto_generichash_init(&s->st, NULL, 0, IOC_DIGEST);
    return s;
}

void ioc_sum_add(struct ioc_sum *s, struct span bytes)
{
    crypto_generichash_update(&s->st, bytes.p, bytes.n);
}

void ioc_sum_end(struct ioc_sum *s, uint8_t out[static IOC_DIGEST])
{
    crypto_generichash_final(&s->st, out, IOC_DIGEST);
    free(s);
}

void ioc_sum_free(struct ioc_sum *s)
{
    free(s);
}

/* Names are kept as 128 bits under a key that is part of the format: two names of people's choice meet with a
 * chance of 2^-128, and who made his own name meet a listed one would only have himself reported. */
void ioc_domain_hash(const char *name, size_t n, uint8_t out[static IOC_HASH])
{
    static const uint8_t key[crypto_shorthash_siphashx24_KEYBYTES] = "GHLIST1 domains";

    crypto_shorthash_siphashx24(out, (const uint8_t *)name, n, key);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * ioc_hash: the two hashes of compiled lists, by libsodium: BLAKE2b-256 of the file, SipHash-2-4-128 of a
 * name. Only for ioc*.c. */
#ifndef GH_BASE_IOC_HASH_H
#define GH_BASE_IOC_HASH_H

#include "base/ioc.h"

struct ioc_sum;
struct ioc_sum *ioc_sum_new(void); /* NULL when memory is short */
void ioc_sum_add(struct ioc_sum *s, struct span bytes);
void ioc_sum_end(struct ioc_sum *s, uint8_t out[static IOC_DIGEST]); /* and frees it */
void ioc_sum_free(struct ioc_sum *s);                                /* NULL is fine */

#endif

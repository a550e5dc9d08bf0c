/* SPDX-License-Identifier: GPL-3.0-or-later
 * nft: pairs of addresses that may not talk for a while, in an nftables table of our own. A helper process
 * forked before the jail keeps the right and takes nothing but fixed-size pairs; it runs nft(8), since
 * libnftables' licence does not fit ours. */
#ifndef GH_ENFORCE_NFT_H
#define GH_ENFORCE_NFT_H

#include "base/event.h"

struct nft;
/* Forks the helper, which makes the table. Always gives a struct (NULL: no memory); whether it works tells
 * nft_block. */
struct nft *nft_new(const char *table, uint64_t timeout_ms);
/* Removes the table and ends the helper. */
void nft_free(struct nft *n);
/* Both directions between client and server. 0, or ST_DENIED, ST_IO, ST_TIMEOUT with the sentence in err. */
int nft_block(struct nft *n, const struct event_target *t, char *err, size_t cap);
/* Lets go every pair that is blocked. As nft_block. */
int nft_flush(struct nft *n, char *err, size_t cap);
/* Letters, digits and '_', at most 31. */
bool nft_table_name(const char *name);

#endif

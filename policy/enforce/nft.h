/* SPDX-License-Identifier: GPL-3.0-or-later
 * nft: pairs of addresses that may not talk for a while, in an nftables table of our own. A helper process
 * has the right and takes nothing but fixed-size pairs (nft_wire.h); it runs nft(8), since libnftables'
 * licence does not fit ours. As a service it is a unit of its own, so that the enforcer never has the right
 * to change the machine's network; else the enforcer forks it before its jail. */
#ifndef GH_ENFORCE_NFT_H
#define GH_ENFORCE_NFT_H

#include "base/event.h"

struct nft;
/* Connects to the helper that listens at the local socket helper, or forks one (NULL); it makes the table, in
 * which a pair stays timeout_ms (1 ms to a year). Before the jail. Always gives a struct (NULL: no memory);
 * whether it works tells nft_block. */
struct nft *nft_new(const char *table, uint64_t timeout_ms, const char *helper);
/* The helper on fd, until its other end closes: then the table goes. Exit code: 0, 2 when what it was told
 * first is no table. */
int nft_serve(int fd);
/* Removes the table and ends the helper. */
void nft_free(struct nft *n);
/* Both directions between client and server. 0, or ST_DENIED, ST_IO, ST_TIMEOUT with the sentence in err. */
int nft_block(struct nft *n, const struct event_target *t, char *err, size_t cap);
/* Lets go every pair that is blocked. As nft_block. */
int nft_flush(struct nft *n, char *err, size_t cap);
/* Letters, digits and '_', at most 31. */
bool nft_table_name(const char *name);

#endif

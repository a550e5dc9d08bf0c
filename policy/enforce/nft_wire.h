/* SPDX-License-Identifier: GPL-3.0-or-later
 * nft_wire: what the enforcer and its nftables helper say to each other on a SOCK_SEQPACKET socket: once
 * nft_hello, then nft_pair after nft_pair, each answered by NFT_ANSWER bytes of text, "" when it was done. */
#ifndef GH_ENFORCE_NFT_WIRE_H
#define GH_ENFORCE_NFT_WIRE_H

#include <stdint.h>

#define NFT_ANSWER 160

enum nft_op { NFT_BLOCK, NFT_FLUSH };
struct nft_hello {
    char table[32]; /* NUL-ended */
    uint64_t timeout_ms;
};
struct nft_pair {
    uint8_t op, ipv6;
    uint8_t a[16], b[16];
};

#endif

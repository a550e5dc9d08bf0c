/* SPDX-License-Identifier: GPL-3.0-or-later
 * chain_impl: what hole.c needs of chain.c, and nobody else. */
#ifndef GH_CONSOLE_CHAIN_IMPL_H
#define GH_CONSOLE_CHAIN_IMPL_H

#include "console/store/chain.h"

/* Writes the hole down, sets the chain's end to its last batch, and lets it go on over what came ahead. */
int chain_give_up(struct db *d, struct chain *c, const struct chain_hole *h, int64_t now);

#endif

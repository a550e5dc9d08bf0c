/* SPDX-License-Identifier: GPL-3.0-or-later
 * verity: the shape of a dm-verity tree, and the tree itself made anew out of its data. A release leaves the
 * tree out, as nearly all of it is new when one file of the image gets longer: who writes a slot makes it.
 * Format 1, SHA-256, blocks of 4096 bytes for data and hashes, the tree behind the data, its highest level
 * first (linux Documentation/admin-guide/device-mapper/verity.rst). Any thread. */
#ifndef GH_UPDATE_VERITY_H
#define GH_UPDATE_VERITY_H

#include "base/reader.h"

#define VERITY_BLOCK 4096u
#define VERITY_HASH 32u
#define VERITY_HASHES (VERITY_BLOCK / VERITY_HASH) /* in one block of the tree */
#define VERITY_LEVELS 5u                           /* 128^5 blocks are 140 TB */

/* Where the blocks of each level begin; level 0 is the one over the data, the highest is one block. */
struct verity_shape {
    unsigned levels;
    uint64_t at[VERITY_LEVELS], blocks[VERITY_LEVELS];
    uint64_t tree_blocks;
};

/* 0, or ST_MALFORMED when there is no such tree. */
int verity_shape(uint64_t data_blocks, struct verity_shape *ret);

/* The salt of every release: SHA-256 of "gatehouse-verity-v1". It keeps nothing secret, and with one for each
 * release every hash of the tree would be new in each. */
void verity_salt(uint8_t salt[static VERITY_HASH]);

/* Reads data_blocks from the beginning of fd and makes their tree with that salt: *ret is *ret_n bytes, freed
 * by the caller with free. The caller has seen that fd is that long: the tree needs a 127th of it in memory.
 * 0 or a negative code. */
int verity_tree(int fd, uint64_t data_blocks, uint8_t **ret, size_t *ret_n, uint8_t root[static VERITY_HASH]);

#endif

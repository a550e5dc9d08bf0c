/* SPDX-License-Identifier: GPL-3.0-or-later
 * scrub: reads an image and its dm-verity tree as the disk has them and compares every hash. The kernel does
 * the same, but only for blocks that somebody reads, and its answer to a bad one is a restart; this one
 * counts them while the appliance goes on. The result is kept in a file for 'gatehouse status'. One process
 * at a time. */
#ifndef GH_UPDATE_SCRUB_H
#define GH_UPDATE_SCRUB_H

#include "base/reader.h"
#include "firmware/update/verity.h"

#define SCRUB_BLOCK VERITY_BLOCK
#define SCRUB_SALT_MAX 256u
#define SCRUB_FILE "scrub.json"

/* A tree as verity.h has it, with any salt. */
struct scrub_tree {
    uint64_t data_blocks;
    uint8_t root_hash[32];
    uint8_t salt[SCRUB_SALT_MAX];
    size_t salt_n;
};
struct scrub_result {
    uint64_t blocks;    /* of data and tree, read */
    uint64_t bad;       /* of them, other than the hash above them says, or unreadable */
    uint64_t first_bad; /* from the beginning of the image */
};

/* Reads all of it from fd, past the page cache where the file system can. 0, or a negative code when the
 * tree's shape is impossible (ST_MALFORMED) or memory is short; a block that cannot be read is a bad block,
 * no error. */
int scrub_run(int fd, const struct scrub_tree *t, struct scrub_result *ret);

/* The newest result: kept in dir as "scrub.json", world-readable: {"at","epoch","blocks","bad","first_bad"}.
 */
int scrub_keep(const char *dir, uint64_t epoch, const struct scrub_result *r);

#endif

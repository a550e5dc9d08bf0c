/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/verity.h"
#include "base/digest.h"
#include "firmware/update/slot.h"

#include <stdlib.h>

#define STEP 256u /* blocks read at once */
#define SALT_NAME "gatehouse-verity-v1"

int verity_shape(uint64_t data_blocks, struct verity_shape *ret)
{
    uint64_t n = data_blocks, at = data_blocks;

    *ret = (struct verity_shape){0};
    if (!data_blocks || data_blocks > UINT32_MAX)
        return ST_MALFORMED;
    do {
        if (ret->levels == VERITY_LEVELS)
            return ST_MALFORMED;
        n = (n + VERITY_HASHES - 1) / VERITY_HASHES;
        ret->blocks[ret->levels++] = n;
    } while (n > 1);
    for (unsigned i = ret->levels; i-- > 0;) { /* the highest comes first on the disk */
        ret->at[i] = at;
        at += ret->blocks[i];
    }
    ret->tree_blocks = at - data_blocks;
    return 0;
}

void verity_salt(uint8_t salt[static VERITY_HASH])
{
    digest_sha256(SALT_NAME, sizeof(SALT_NAME) - 1, salt);
}

static void hash_blocks(struct digest *d, const uint8_t *p, uint64_t n, uint8_t *to)
{
    uint8_t salt[VERITY_HASH];

    verity_salt(salt);
    for (uint64_t i = 0; i < n; i++) {
        digest_update(d, salt, sizeof(salt));
        digest_update(d, p + i * VERITY_BLOCK, VERITY_BLOCK);
        digest_final(d, to + i * VERITY_HASH);
    }
}

int verity_tree(int fd, uint64_t data_blocks, uint8_t **ret, size_t *ret_n, uint8_t root[static VERITY_HASH])
{
    struct verity_shape s;
    int rc = verity_shape(data_blocks, &s);
    uint8_t *tree = rc ? NULL : calloc(s.tree_blocks, VERITY_BLOCK),
            *buf = malloc((size_t)STEP * VERITY_BLOCK);
    struct digest *d = digest_new_sha256();

    *ret = NULL;
    *ret_n = 0;
    if (!rc && (!tree || !buf || !d))
        rc = ST_NOMEM;
    for (uint64_t i = 0, n; !rc && i < data_blocks; i += n) {
        n = data_blocks - i < STEP ? data_blocks - i : STEP;
        rc = file_read_at(fd, buf, n * VERITY_BLOCK, i * VERITY_BLOCK);
        if (!rc)
            hash_blocks(d, buf, n, tree + (s.at[0] - data_blocks) * VERITY_BLOCK + i * VERITY_HASH);
    }
    for (unsigned i = 1; !rc && i < s.levels; i++)
        hash_blocks(d, tree + (s.at[i - 1] - data_blocks) * VERITY_BLOCK, s.blocks[i - 1],
                    tree + (s.at[i] - data_blocks) * VERITY_BLOCK);
    if (!rc) {
        hash_blocks(d, tree, 1, root);
        *ret = tree;
        *ret_n = s.tree_blocks * VERITY_BLOCK;
        tree = NULL;
    }
    digest_free(d);
    free(buf);
    free(tree);
    return rc;
}

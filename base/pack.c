/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pack.h"

#include <stdlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 3

int pack_bytes(struct span plain, struct writer *out)
{
    /* packed apart: its bound is larger than the bytes, which may well be larger than what comes of them */
    size_t bound = ZSTD_compressBound(plain.n), n;
    uint8_t *to = malloc(bound);

    if (!to)
        return ST_NOMEM;
    n = ZSTD_compress(to, bound, plain.p ? plain.p : (const uint8_t *)"", plain.n, ZSTD_LEVEL);
    if (!ZSTD_isError(n))
        writer_bytes(out, to, n);
    free(to);
    return ZSTD_isError(n) ? ST_NOMEM : writer_ok(out) ? 0 : ST_LIMIT;
}

int pack_open(struct span packed, uint8_t *to, size_t n)
{
    return ZSTD_decompress(to, n, packed.p, packed.n) == n ? 0 : ST_MALFORMED;
}

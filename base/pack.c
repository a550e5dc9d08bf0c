/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pack.h"
#include "base/pack_dict.h"

#include <stdlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 3
#define ZSTD_LEVEL_SMALL 12 /* of a few events: some milliseconds, and a fifth less on the line */
#define SMALL 32768

static int pack(struct span plain, const char *dict, size_t dict_n, int level, struct writer *out)
{
    /* packed apart: its bound is larger than the bytes, which may well be larger than what comes of them */
    size_t bound = ZSTD_compressBound(plain.n), n = 0;
    uint8_t *to = malloc(bound);
    ZSTD_CCtx *c = to ? ZSTD_createCCtx() : NULL;
    bool good = false;

    if (c) {
        n = ZSTD_compress_usingDict(c, to, bound, plain.p ? plain.p : (const uint8_t *)"", plain.n, dict,
                                    dict_n, level);
        good = !ZSTD_isError(n);
    }
    if (good)
        writer_bytes(out, to, n);
    ZSTD_freeCCtx(c);
    free(to);
    return !good ? ST_NOMEM : writer_ok(out) ? 0 : ST_LIMIT;
}

int pack_bytes(struct span plain, struct writer *out)
{
    return pack(plain, NULL, 0, ZSTD_LEVEL, out);
}

int pack_events(struct span plain, struct writer *out)
{
    return pack(plain, pack_dict_1, sizeof(pack_dict_1) - 1, plain.n <= SMALL ? ZSTD_LEVEL_SMALL : ZSTD_LEVEL,
                out);
}

int pack_open_events(struct span packed, uint8_t *to, size_t n)
{
    ZSTD_DCtx *c = ZSTD_createDCtx();
    size_t got =
        c ? ZSTD_decompress_usingDict(c, to, n, packed.p, packed.n, pack_dict_1, sizeof(pack_dict_1) - 1) : 0;
    int rc = !c ? ST_NOMEM : got == n ? 0 : ST_MALFORMED;

    ZSTD_freeDCtx(c);
    return rc;
}

int pack_open(struct span packed, uint8_t *to, size_t n)
{
    return ZSTD_decompress(to, n, packed.p, packed.n) == n ? 0 : ST_MALFORMED;
}

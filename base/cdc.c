/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cdc.h"

#include <pthread.h>

/* Below the target a cut needs 16 zero bits, above it 12: sizes crowd around the target. The bits lie high,
 * where the gear hash has seen the most bytes. */
#define MASK_SMALL 0xFFFF000000000000ull
#define MASK_LARGE 0xFFF0000000000000ull

static uint64_t gear[256];

/* 256 numbers without pattern: SplitMix64 (Steele, Lea, Flood 2014) from a fixed seed. */
static void make_gear(void)
{
    uint64_t x = 0x4761746568757365ull; /* "Gatehuse" */

    for (size_t i = 0; i < 256; i++) {
        uint64_t z = x += 0x9E3779B97F4A7C15ull;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ z >> 27) * 0x94D049BB133111EBull;
        gear[i] = z ^ z >> 31;
    }
}

size_t cdc_cut(const uint8_t *p, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t h = 0;
    size_t i;

    if (n <= CDC_MIN)
        return n;
    if (n > CDC_MAX)
        n = CDC_MAX;
    pthread_once(&once, make_gear);
    for (i = CDC_MIN - 64; i < n; i++) { /* 64 bytes fill the hash */
        h = (h << 1) + gear[p[i]];
        if (i >= CDC_MIN && !(h & (i < CDC_TARGET ? MASK_SMALL : MASK_LARGE)))
            return i + 1;
    }
    return n;
}

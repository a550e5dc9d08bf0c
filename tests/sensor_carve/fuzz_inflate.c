/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte: the coding and the size of the pieces. Output is bounded as the body reader bounds it. */
#include "sensor/decode/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool count(void *arg, struct span bytes)
{
    size_t *n = arg;
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes.n; i++) /* read all of it: the sanitizers look on */
        sum ^= bytes.p[i];
    *n += bytes.n + (sum & 0);
    return *n < (1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    uint8_t how = reader_u8(&r);
    size_t step = (size_t)(how >> 2) + 1, out = 0;
    struct inflate *z = inflate_new((enum coding)((how & 3) % 3), count, &out);

    while (z && reader_left(&r))
        inflate_feed(z, reader_take(&r, step < reader_left(&r) ? step : reader_left(&r)));
    if (z)
        inflate_end(z);
    inflate_free(z);
    return 0;
}

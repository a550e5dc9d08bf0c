/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any text: no hour gets a rate by which nothing would ever end. */
#include "base/rates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rates r;

    if (rates_parse(span_of(data, n), 0, &r))
        for (size_t h = 0; h < 24; h++)
            gh_check(!r.hour[h] || r.hour[h] >= RATES_LEAST);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whatever a log holds: nothing outside ASCII comes out, and lines stay lines. */
#include "firmware/ctl/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t counts[SCRUB_RULES] = {0};
    size_t lines = 0, kept = 0;
    struct writer w;

    writer_init(&w, 64u << 20);
    scrub(span_of(data, size), &w, counts);
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    for (size_t i = 0; i < w.n; i++) {
        gh_check(w.p[i] == '\n' || (w.p[i] >= 0x20 && w.p[i] < 0x7f));
        kept += w.p[i] == '\n';
    }
    gh_check(!writer_ok(&w) || kept == lines);
    writer_done(&w);
    return 0;
}

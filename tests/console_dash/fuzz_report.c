/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any JSON as the figures of a report: a PDF or an error. */
#include "console/report/pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct writer pdf;
    char why[256];
    unsigned pages;

    writer_init(&pdf, 16u << 20);
    if (pages_make(span_of(data, size), &pdf, &pages, why, sizeof(why)) == 0)
        gh_check(pages > 1 && pdf.n > 100 && !memcmp(pdf.p, "%PDF-", 5));
    writer_done(&pdf);
    return 0;
}

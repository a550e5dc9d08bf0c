/* SPDX-License-Identifier: GPL-3.0-or-later
 * What gh-region reads from gh-console: what is read and written again is the same bytes. */
#include "base/event.h"
#include "console/region/portion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct reader r = reader_of(data, n);
    struct record one;
    struct writer w;
    int rc;

    writer_init(&w, n + 64);
    while ((rc = portion_next(&r, &one)) == 1) {
        gh_check(one.json.n && one.type < EVENT_TYPE_COUNT);
        gh_check(portion_put(&one, &w) == 0);
    }
    gh_check(rc == ST_MALFORMED || span_eq(writer_span(&w), span_of(data, n)));
    writer_done(&w);
    return 0;
}

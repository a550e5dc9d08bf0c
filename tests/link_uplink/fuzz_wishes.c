/* SPDX-License-Identifier: GPL-3.0-or-later
 * Answers of a console that is not to be trusted, one a line: whatever it wishes for, no file outside is
 * opened, and every piece is sound. */
#include "firmware/link/wishes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct reader r = reader_of(data, n);
    struct wishes *w = wishes_new("/nonexistent");
    struct fetch_part part;
    char path[WISHES_PATH];
    struct writer body;
    struct span line;

    writer_init(&body, 2u << 20);
    while (reader_line(&r, &line)) {
        struct arena *a = arena_new(1 << 20);
        struct json *j;
        if (json_parse(a, line, 8, &j, NULL) == 0)
            wishes_take(w, j);
        arena_free(a);
        gh_check(wishes_count(w) <= FETCH_WISHES);
        if (wishes_next(w, &body, path))
            gh_check(fetch_part_read(writer_span(&body), &part) == 0 && part.state == FETCH_MISSING);
        (void)wishes_answered(w, 0, (long)line.n, 0, 0);
    }
    writer_done(&body);
    wishes_free(w);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as an answer of ClickHouse: rows of events, and numbers with texts. Nothing is read past its end;
 * a text that is there comes back the same when it is written anew. */
#include "base/reader.h"
#include "console/events/find_sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_of(data, size);
    struct event_row row;
    struct writer w;

    while (reader_left(&in)) {
        size_t left = reader_left(&in);
        far_row(&in, &row);
        gh_check(!reader_ok(&in) || left - reader_left(&in) == 5 * 8 + 1 + 2 * 8 + 32 + 2 + 8);
        gh_check(row.far && row.level >= INT8_MIN && row.level <= INT8_MAX && row.type >= 0 &&
                 row.type <= 255);
    }
    in = reader_of(data, size);
    writer_init(&w, 1 << 20);
    while (reader_left(&in) >= 8) {
        struct span text;
        (void)reader_le64(&in);
        text = click_take_text(&in);
        if (!reader_ok(&in)) {
            gh_check(text.n == 0);
            break;
        }
        gh_check(text.n <= size && text.p >= data && text.p + text.n <= data + size);
        writer_clear(&w);
        click_put_text(&w, text);
        if (writer_ok(&w)) {
            struct reader again = reader_span(writer_span(&w));
            gh_check(span_eq(click_take_text(&again), text) && reader_ok(&again) && !reader_left(&again));
        }
    }
    writer_done(&w);
    return 0;
}

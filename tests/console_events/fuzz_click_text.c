/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a literal of ClickHouse: nothing in it ends it early, and it stands for the same bytes. */
#include "base/reader.h"
#include "console/events/click.h"
#include "literal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct writer w, back;

    writer_init(&w, 1 << 22);
    writer_init(&back, 1 << 20);
    click_text(&w, span_of(data, size));
    if (writer_ok(&w) && size < 1 << 20) {
        gh_check(literal_read(writer_span(&w), &back));
        gh_check(span_eq(writer_span(&back), span_of(data, size)));
    }
    writer_done(&w);
    writer_done(&back);
    return 0;
}

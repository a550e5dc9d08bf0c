/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/line.h"
#include "tests/check.h"

#define MAX 8

/* Lines of text fed in steps, joined by '|'; a line that is cut has its rest skipped. */
static const struct {
    const char *text, *lines;
} rows[] = {
    {"a\nbc\n", "a|bc|"},
    {"a\r\n\r\n\n", "a\r|\r||"},
    {"12345678\n9\n", "12345678|9|"},
    {"123456789\nx\n", "12345678|x|"},
    {"123456789", "12345678|"},
    {"1234567890abcdefgh\nx\ny", "12345678|x|"},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        for (size_t step = 1; step < 30; step++) {
            struct line l;
            struct writer out;
            struct reader r = reader_span(span_str(rows[i].text));
            check_row(rows[i].text);
            line_init(&l, MAX);
            writer_init(&out, 100);
            while (reader_left(&r)) {
                struct span in = reader_take(&r, step < reader_left(&r) ? step : reader_left(&r)), line;
                while (in.n)
                    if (line_next(&l, &in, &line)) {
                        writer_put(&out, line);
                        writer_u8(&out, '|');
                        line_clear(&l);
                    }
            }
            CHECK_STR(writer_cstr(&out), rows[i].lines);
            writer_done(&out);
            line_done(&l);
        }
    struct line l;
    struct span in = span_str("123456789"), got;
    line_init(&l, MAX);
    check_row("what is too long stays in the feed");
    CHECK(line_take(&l, &in, 4, &got) == LINE_LONG && span_eq(got, span_str("1234")) &&
          span_eq(in, span_str("56789")));
    line_done(&l);
    CHECK(span_eq(line_no_cr(span_str("a\r\r")), span_str("a")));
    return check_end();
}

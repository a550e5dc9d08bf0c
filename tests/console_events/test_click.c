/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"
#include "console/events/click.h"
#include "console/events/find_sql.h"
#include "literal.h"
#include "tests/check.h"

static const struct {
    const char *name, *text;
    size_t n;
    const char *want;
} literals[] = {
    {"empty", "", 0, "''"},
    {"letters, digits, blanks as they are", "Cong van 12 azAZ09", 18, "'Cong van 12 azAZ09'"},
    {"a quote", "'; DROP", 7, "'\\x27\\x3b DROP'"},
    {"a backslash at the end", "a\\", 2, "'a\\x5c'"},
    {"both quotes doubled", "''\"\"", 4, "'\\x27\\x27\\x22\\x22'"},
    {"neighbours of the letters", "@[`{/:", 6, "'\\x40\\x5b\\x60\\x7b\\x2f\\x3a'"},
    {"neighbours of blank and the blanks that are none", "\x1f!\t\n\r", 5, "'\\x1f\\x21\\x09\\x0a\\x0d'"},
    {"NUL and the highest byte", "\0\xff", 2, "'\\x00\\xff'"},
    {"letters of other scripts", "\xc4\x91", 2, "'\\xc4\\x91'"},
    {"half a letter", "\xe1\xba", 2, "'\\xe1\\xba'"},
    {"a comment, a LIKE", "--/*%_", 6, "'\\x2d\\x2d\\x2f\\x2a\\x25\\x5f'"},
};
static const struct {
    const char *name, *bytes;
    size_t n;
    bool good;
    size_t length, left; /* of the text; of what is behind it */
} texts[] = {
    {"empty", "\x00", 1, true, 0, 0},
    {"one byte and one behind", "\x01xy", 3, true, 1, 1},
    {"cut", "\x02x", 2, false, 0, 0},
    {"no length", "", 0, false, 0, 0},
    {"a length that is cut", "\x80", 1, false, 0, 0},
    {"a length of two bytes, not the shortest", "\x81\x00x", 3, true, 1, 0},
    {"a length of 63 bits", "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, false, 0, 0},
    {"nine bytes that mean one", "\x81\x80\x80\x80\x80\x80\x80\x80\x00x", 10, true, 1, 0},
    {"ten bytes of a length", "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00x", 11, false, 0, 0},
    {"nine bytes that go on", "\x80\x80\x80\x80\x80\x80\x80\x80\x80", 9, false, 0, 0},
};
static const uint64_t counts[] = {0, 1, 127, 128, 16383, 16384, 65535};

static void a_row(void)
{
    struct writer w;
    struct event_row row;
    struct reader r;

    writer_init(&w, 4096);
    for (uint64_t i = 1; i <= 5; i++)
        writer_le(&w, i == 5 ? UINT64_MAX : i, 8);
    writer_u8(&w, 3);
    writer_le(&w, 1790000000000000u, 8);
    writer_le(&w, 77, 8);
    for (uint8_t i = 0; i < 32; i++)
        writer_u8(&w, i);
    writer_u8(&w, 0xff);
    writer_u8(&w, FAR_FLOW | FAR_ALERT);
    writer_le(&w, 12345, 8);
    check_row("a row");
    r = reader_span(writer_span(&w));
    far_row(&r, &row);
    CHECK(reader_ok(&r) && reader_left(&r) == 0);
    CHECK(row.far && row.id == 1 && row.appliance == 2 && row.run == 3 && row.n == 4 && row.k == -1);
    CHECK(row.type == 3 && row.time == INT64_C(1790000000000000) && row.flow == 77 && row.level == -1);
    CHECK(row.has_flow && !row.has_sha256 && row.sha256[31] == 31 && row.length == 12345);
    check_row("a row that is cut anywhere");
    for (size_t n = 0; n < w.n; n++) {
        r = reader_span(span_part(writer_span(&w), 0, n));
        far_row(&r, &row);
        CHECK(!reader_ok(&r));
    }
    writer_done(&w);
}

int main(void)
{
    struct writer w, back;

    writer_init(&w, 1 << 20);
    writer_init(&back, 1 << 20);
    for (size_t i = 0; i < GH_COUNT(literals); i++) {
        struct span in = span_of(literals[i].text, literals[i].n);
        check_row(literals[i].name);
        writer_clear(&w);
        writer_clear(&back);
        click_text(&w, in);
        CHECK(span_eq(writer_span(&w), span_str(literals[i].want)));
        CHECK(literal_read(writer_span(&w), &back) && span_eq(writer_span(&back), in));
    }
    check_row("bytes");
    writer_clear(&w);
    click_bytes(&w, span_of("\x00\x7f\xff'", 4));
    CHECK(span_eq(writer_span(&w), span_str("unhex('007fff27')")));
    for (size_t i = 0; i < GH_COUNT(texts); i++) {
        struct reader r = reader_of(texts[i].bytes, texts[i].n);
        struct span s = click_take_text(&r);
        check_row(texts[i].name);
        CHECK(reader_ok(&r) == texts[i].good);
        CHECK_U64(s.n, texts[i].length);
        CHECK_U64(reader_left(&r), texts[i].left);
    }
    for (size_t i = 0; i < GH_COUNT(counts); i++) {
        struct reader r;
        check_row("there and back");
        writer_clear(&back);
        for (uint64_t n = 0; n < counts[i]; n++)
            writer_u8(&back, (uint8_t)n);
        writer_clear(&w);
        click_put_text(&w, writer_span(&back));
        r = reader_span(writer_span(&w));
        CHECK(span_eq(click_take_text(&r), writer_span(&back)) && reader_ok(&r) && !reader_left(&r));
    }
    a_row();
    writer_done(&w);
    writer_done(&back);
    return check_end();
}

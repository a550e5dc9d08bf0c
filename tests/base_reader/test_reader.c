/* SPDX-License-Identifier: GPL-3.0-or-later
 * The reader at its edges: nothing at all, the last byte, past it; failure stays and sub-readers inherit it.
 */
#include "../check.h"
#include "base/reader.h"

static void test_nothing(void)
{
    struct reader r = reader_span((struct span){NULL, 0}), sub;
    struct span s;

    check_row("no bytes, not even an address");
    s = reader_take(&r, 0);
    CHECK(s.n == 0 && reader_ok(&r));
    s = reader_rest(&r);
    CHECK(s.n == 0 && reader_ok(&r));
    sub = reader_sub(&r, 0);
    CHECK(reader_ok(&sub) && reader_left(&sub) == 0 && reader_peek(&r, 0) == 0);
    CHECK(!reader_line(&r, &s) && reader_ok(&r));
    CHECK(reader_u8(&r) == 0 && !reader_ok(&r));
    CHECK(reader_left(&r) == 0 && reader_be32(&r) == 0);
}

static void test_edges(void)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    struct reader r = reader_of(bytes, sizeof(bytes)), sub;
    uint8_t copy[4] = {9, 9, 9, 9};

    check_row("edges");
    CHECK_U64(reader_be24(&r), 0x010203);
    CHECK_U64(reader_le16(&r), 0x0504);
    CHECK(reader_ok(&r) && reader_left(&r) == 0);
    reader_skip(&r, 0);
    CHECK(reader_ok(&r));
    reader_seek(&r, 5);
    CHECK(reader_ok(&r));
    reader_seek(&r, 2);
    sub = reader_sub(&r, 4);
    CHECK(!reader_ok(&r) && !reader_ok(&sub) && sub.n == 0);
    reader_copy(&r, copy, sizeof(copy));
    CHECK(copy[0] == 0 && copy[3] == 0);
    reader_seek(&r, 0);
    CHECK(!reader_ok(&r)); /* failure stays */
    r = reader_of(bytes, sizeof(bytes));
    reader_skip(&r, SIZE_MAX);
    CHECK(!reader_ok(&r));
}

int main(void)
{
    test_nothing();
    test_edges();
    return check_end();
}

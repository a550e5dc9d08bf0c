/* SPDX-License-Identifier: GPL-3.0-or-later
 * literal: reads what click_text wrote, as ClickHouse's lexer would. */
#ifndef GH_TESTS_LITERAL_H
#define GH_TESTS_LITERAL_H

#include "base/writer.h"

static inline int literal_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes that a literal stands for; false when anything else than letters, digits, blanks and \xHH stands
 * between its two quotes. */
static inline bool literal_read(struct span s, struct writer *out)
{
    struct reader r = reader_span(s);

    if (reader_u8(&r) != '\'')
        return false;
    while (reader_left(&r) > 1) {
        uint8_t c = reader_u8(&r);
        if (c == '\\') {
            int high, low;
            if (reader_u8(&r) != 'x')
                return false;
            high = literal_digit(reader_u8(&r));
            low = literal_digit(reader_u8(&r));
            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high << 4 | low);
        } else if (c != ' ' && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z')) {
            return false;
        }
        writer_u8(out, c);
    }
    return reader_u8(&r) == '\'' && reader_ok(&r) && writer_ok(out);
}

#endif

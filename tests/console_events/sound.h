/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound: is a text a condition that holds nothing but what scan_put may write? */
#ifndef GH_TESTS_SOUND_H
#define GH_TESTS_SOUND_H

#include "base/reader.h"

/* Brackets match; outside of strings only letters, digits and the signs of a condition; a string is "'% word
 * …%'" without anything that could end it, escape or begin a pattern. */
static inline bool sound(struct span s)
{
    struct reader r = reader_span(s);
    int open = 0;

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c == '\'') {
            if (reader_u8(&r) != '%' || reader_u8(&r) != ' ')
                return false;
            while ((c = reader_u8(&r)) != '%')
                if (!reader_ok(&r) || (c < 0x80 && c != ' ' && !(c >= '0' && c <= '9') &&
                                       !((c | 32) >= 'a' && (c | 32) <= 'z')))
                    return false;
            if (reader_u8(&r) != '\'')
                return false;
        } else if (c == '(') {
            open++;
        } else if (c == ')') {
            if (--open < 0)
                return false;
        } else if (c >= 0x80 || (c != ' ' && !(c >= '0' && c <= '9') &&
                                 !((c | 32) >= 'a' && (c | 32) <= 'z') && !memchr("<>=!,-_./*+", c, 11))) {
            return false;
        }
    }
    return open == 0 && reader_ok(&r) && span_find(s, span_str("--"), 0) < 0 &&
           span_find(s, span_str("/*"), 0) < 0;
}

#endif

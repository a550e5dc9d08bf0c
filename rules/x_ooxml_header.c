/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ooxml_header.h"

#define FONT_MAX 64 /* bytes of a font's name that matter */

/* &"Font,Style": takes the name; the opening quote has been read. */
static void header_font(struct reader *r, char font[FONT_MAX])
{
    size_t n = 0;
    bool name = true;
    uint8_t c;

    while (reader_left(r) && (c = reader_u8(r)) != '"') {
        name &= c != ',';
        if (name && n < FONT_MAX - 1)
            font[n++] = (char)c;
    }
    font[n] = 0;
}

void sheet_header_text(struct extract *x, enum place place, unsigned page, struct span codes)
{
    struct reader r = reader_span(codes);
    char font[FONT_MAX] = "";

    while (reader_left(&r)) {
        ptrdiff_t amp = span_find_byte(codes, '&', r.pos);
        struct span text = reader_take(&r, amp < 0 ? reader_left(&r) : (size_t)amp - r.pos);
        uint8_t code;

        extract_text(x, place, page, text, font[0] ? font : NULL);
        if (reader_left(&r) < 2)
            break;
        reader_skip(&r, 1);
        code = reader_u8(&r);
        if (code == 'L' || code == 'C' || code == 'R') {
            extract_line(x, place, page);
        } else if (code == '"') {
            header_font(&r, font);
        } else if (code == 'K') {
            reader_skip(&r, reader_left(&r) < 6 ? reader_left(&r) : 6);
        } else if (code >= '0' && code <= '9') {
            while (reader_peek(&r, 0) >= '0' && reader_peek(&r, 0) <= '9')
                reader_skip(&r, 1);
        } else if (code == '&') {
            extract_text(x, place, page, span_str("&"), font[0] ? font : NULL);
        }
    }
    extract_line(x, place, page);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_name.h"
#include "base/text.h"

void smb_name_utf16(struct span s, struct writer *out)
{
    struct reader r = reader_span(s);

    while (reader_left(&r) >= 2 && writer_ok(out)) {
        uint32_t cp = reader_le16(&r);
        if (!cp)
            return;
        if (cp >= 0xD800 && cp < 0xDC00 && reader_left(&r) >= 2) {
            struct reader ahead = r;
            uint32_t low = reader_le16(&ahead);
            if (low >= 0xDC00 && low < 0xE000) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                r = ahead;
            }
        }
        text_put(out, cp);
    }
}

void smb_name_oem(struct span s, struct writer *out)
{
    ptrdiff_t nul = span_find_byte(s, 0, 0);
    struct reader r;

    if (nul >= 0)
        s = span_part(s, 0, (size_t)nul);
    if (text_is_utf8(s)) {
        writer_put(out, s);
        return;
    }
    r = reader_span(s);
    while (reader_left(&r))
        text_put(out, reader_u8(&r));
}

void smb_name_read(struct reader *r, bool unicode, struct writer *out)
{
    struct reader text;
    size_t n = 0;

    if (unicode && r->pos % 2)
        reader_skip(r, 1);
    text = *r;
    if (unicode) {
        while (reader_left(&text) >= 2 && reader_le16(&text))
            n += 2;
        smb_name_utf16(reader_take(r, n), out);
    } else {
        while (reader_left(&text) && reader_u8(&text))
            n++;
        smb_name_oem(reader_take(r, n), out);
    }
    n = unicode ? 2 : 1;
    reader_skip(r, n < reader_left(r) ? n : reader_left(r));
}

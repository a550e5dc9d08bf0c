/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/charset_table.h"

#include "base/text.h"
#include "rules/unicode.h"

int charset_warm_up(void)
{
    int rc = unicode_warm_up();

    return rc ? rc : charset_table_fill();
}

bool charset_known(const char *name)
{
    return charset_find(name) != NULL;
}

const char *charset_canonical(const char *name)
{
    const struct charset *c = charset_find(name);

    return c ? c->name : NULL;
}

static void decode_utf16(const struct charset *c, struct span bytes, struct writer *out)
{
    struct reader r = reader_span(bytes);
    uint32_t high = 0;

    while (reader_left(&r) >= 2) {
        uint32_t u = c->big ? reader_be16(&r) : reader_le16(&r);
        if (high && u >= 0xdc00 && u <= 0xdfff) {
            text_put(out, 0x10000 + ((high - 0xd800) << 10) + (u - 0xdc00));
            high = 0;
            continue;
        }
        if (high)
            text_put(out, TEXT_REPLACEMENT);
        high = u >= 0xd800 && u <= 0xdbff ? u : 0;
        if (!high)
            text_put(out, u); /* a lone low surrogate becomes U+FFFD there */
    }
    if (high)
        text_put(out, TEXT_REPLACEMENT);
    if (reader_left(&r))
        text_put(out, TEXT_REPLACEMENT);
}

static void decode_utf32(const struct charset *c, struct span bytes, struct writer *out)
{
    struct reader r = reader_span(bytes);

    while (reader_left(&r) >= 4)
        text_put(out, c->big ? reader_be32(&r) : reader_le32(&r));
    if (reader_left(&r))
        text_put(out, TEXT_REPLACEMENT);
}

static void decode_table(const struct charset *c, struct span bytes, struct writer *out)
{
    struct reader r = reader_span(bytes);

    while (reader_left(&r)) {
        uint8_t b = reader_u8(&r);
        if (c->table && c->table[b] < 0x80)
            writer_u8(out, (uint8_t)c->table[b]);
        else
            text_put(out, c->table ? c->table[b] : b < 0x80 ? b : TEXT_REPLACEMENT);
    }
}

static struct span without_mark(const struct charset *c, struct span s)
{
    struct reader r = reader_span(s);

    switch (c->form) {
    case FORM_UTF8:
        return span_starts(s, "\xef\xbb\xbf") ? span_part(s, 3, s.n) : s;
    case FORM_UTF16:
        return (c->big ? reader_be16(&r) : reader_le16(&r)) == 0xfeff ? span_part(s, 2, s.n) : s;
    case FORM_UTF32:
        return (c->big ? reader_be32(&r) : reader_le32(&r)) == 0xfeff ? span_part(s, 4, s.n) : s;
    default:
        return s;
    }
}

void charset_decode_by(const struct charset *c, struct span bytes, struct writer *out)
{
    struct span s = without_mark(c, bytes);

    switch (c->form) {
    case FORM_ASCII:
    case FORM_UTF8:
        text_put_clean(out, s);
        break;
    case FORM_UTF16:
        decode_utf16(c, s, out);
        break;
    case FORM_UTF32:
        decode_utf32(c, s, out);
        break;
    case FORM_BYTE:
        decode_table(c, s, out);
        break;
    case FORM_MULTI:
        if (!c->converter)
            text_put_clean(out, s);
        else
            unicode_convert(c->converter, s, out);
        break;
    case FORM_VNI:
        charset_vni_decode(s, out);
        break;
    case FORM_VIQR:
        charset_viqr_decode(s, out);
        break;
    }
}

bool charset_decode(struct span bytes, const char *name, struct writer *out)
{
    const struct charset *c = charset_find(name);

    charset_decode_by(c ? c : charset_find("windows-1252"), bytes, out);
    return c != NULL;
}

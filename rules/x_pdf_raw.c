/* SPDX-License-Identifier: GPL-3.0-or-later
 * ISO 32000-1: 7.3.4 strings, 7.3.5 names, 7.9.2.2 text strings. */
#include "rules/x_pdf_raw.h"

#include "base/text.h"
#include "rules/sax_label.h"

#define NAME_MAX_LEN 127u  /* Annex C: longest name */
#define STRING_MAX 4096u   /* a label's value is short */
#define NAMES_MAX 1000000u /* occurrences of a name that are looked at */

static bool is_white(uint8_t c)
{
    return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_regular(uint8_t c)
{
    return !is_white(c) && !strchr("()<>[]{}/%", c);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_octal(struct reader *r, uint8_t first, struct writer *out)
{
    unsigned v = first - '0';

    for (int i = 0; i < 2 && reader_peek(r, 0) >= '0' && reader_peek(r, 0) <= '7'; i++)
        v = v * 8 + (reader_u8(r) - '0');
    writer_u8(out, (uint8_t)v);
}

/* (literal \( string) with nested parentheses; the opening one has been read. */
static void read_literal(struct reader *r, struct writer *out)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    unsigned depth = 1;

    while (reader_left(r) && out->n < STRING_MAX) {
        uint8_t c = reader_u8(r);
        if (c == '\\') {
            c = reader_u8(r);
            const char *at = c ? strchr(from, c) : NULL;
            if (c >= '0' && c <= '7')
                read_octal(r, c, out);
            else if (at)
                writer_u8(out, (uint8_t)to[at - from]);
            else if (c != '\n' && c != '\r')
                writer_u8(out, c);
            continue;
        }
        if (c == '(')
            depth++;
        if (c == ')' && --depth == 0)
            return;
        writer_u8(out, c);
    }
}

static void read_hex(struct reader *r, struct writer *out)
{
    int high = -1;

    while (reader_left(r) && out->n < STRING_MAX) {
        uint8_t c = reader_u8(r);
        int d = hex_digit(c);
        if (c == '>')
            break;
        if (d < 0)
            continue;
        if (high >= 0)
            writer_u8(out, (uint8_t)(high << 4 | d));
        high = high >= 0 ? -1 : d;
    }
    if (high >= 0)
        writer_u8(out, (uint8_t)(high << 4));
}

/* A text string is UTF-16BE with a mark, UTF-8 with a mark (PDF 2.0), or PDFDocEncoding, of which ASCII is
 * enough here: its upper half is near Latin-1. */
static void text_string(struct span raw, struct writer *out)
{
    struct reader r = reader_span(raw);

    if (span_starts(raw, "\xEF\xBB\xBF")) {
        text_put_clean(out, span_part(raw, 3, raw.n));
        return;
    }
    if (!span_starts(raw, "\xFE\xFF")) {
        while (reader_left(&r))
            text_put(out, reader_u8(&r));
        return;
    }
    reader_skip(&r, 2);
    while (reader_left(&r) >= 2) {
        uint32_t cp = reader_be16(&r);
        if (cp >= 0xD800 && cp < 0xDC00 && reader_left(&r) >= 2)
            cp = 0x10000 + ((cp & 0x3FF) << 10) + (reader_be16(&r) & 0x3FF);
        text_put(out, cp);
    }
}

/* The string object behind a key, as UTF-8; false when there is none. */
static bool read_value(struct reader *r, struct writer *out)
{
    uint8_t raw[STRING_MAX + 8];
    struct writer w;
    uint8_t c;

    writer_fixed(&w, raw, sizeof(raw));
    while (reader_left(r) && is_white(reader_peek(r, 0)))
        reader_skip(r, 1);
    c = reader_u8(r);
    if (c == '(')
        read_literal(r, &w);
    else if (c == '<' && reader_peek(r, 0) != '<')
        read_hex(r, &w);
    else
        return false;
    text_string(writer_span(&w), out);
    return true;
}

void x_pdf_raw_labels(struct extract *x, struct span in)
{
    struct span needle = span_str("/MSIP_Label_");
    ptrdiff_t at = -1;

    for (unsigned n = 0; n < PDF_LABELS_MAX && (at = span_find(in, needle, (size_t)(at + 1))) >= 0; n++) {
        struct reader r = reader_span(in);
        struct writer value;
        size_t start = (size_t)at + 1, len = 0;

        reader_seek(&r, start);
        while (reader_left(&r) && len <= NAME_MAX_LEN && is_regular(reader_peek(&r, 0))) {
            reader_skip(&r, 1);
            len++;
        }
        writer_init(&value, 4 * STRING_MAX);
        if (len <= NAME_MAX_LEN && read_value(&r, &value))
            sax_label_property(x, span_part(in, start, len), writer_span(&value));
        writer_done(&value);
    }
}

static unsigned count_name(struct span in, const char *name)
{
    unsigned n = 0;
    size_t len = strlen(name);
    ptrdiff_t at = -1;

    while (n < NAMES_MAX && (at = span_find(in, span_str(name), (size_t)(at + 1))) >= 0) {
        struct span next = span_part(in, (size_t)at + len, 1);
        n += !next.n || !is_regular(next.p[0]);
    }
    return n;
}

void x_pdf_raw_features(struct span in, bool *ret_javascript, unsigned *ret_external)
{
    *ret_javascript = count_name(in, "/JavaScript") > 0;
    *ret_external = count_name(in, "/Launch") + count_name(in, "/GoToR");
}

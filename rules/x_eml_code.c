/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_eml_code.h"

#define OTHER 64

static uint8_t base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : OTHER;
}

void base64_decode(struct span s, struct writer *out)
{
    uint8_t *to = writer_reserve(out, s.n / 4 * 3 + 3);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    if (!to)
        return;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t v = base64_value(s.p[i]);
        if (s.p[i] == '=') { /* the end of one code; some writers set several one behind the other */
            have = 0;
            continue;
        }
        if (v == OTHER)
            continue;
        bits = bits << 6 | v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            to[n++] = (uint8_t)(bits >> have);
        }
    }
    writer_advance(out, n);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void quoted_decode(struct span s, bool word, struct writer *out)
{
    uint8_t *to = writer_reserve(out, s.n);
    size_t n = 0;

    if (!to)
        return;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '=' && i + 2 < s.n && hex_value(s.p[i + 1]) >= 0 && hex_value(s.p[i + 2]) >= 0) {
            to[n++] = (uint8_t)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]));
            i += 2;
        } else if (c == '=' && !word) { /* soft line break: blanks may have crept in before it */
            size_t k = i + 1;
            while (k < s.n && (s.p[k] == ' ' || s.p[k] == '\t' || s.p[k] == '\r'))
                k++;
            if (k < s.n && s.p[k] == '\n')
                i = k;
            else if (k < s.n)
                to[n++] = c;
        } else {
            to[n++] = word && c == '_' ? ' ' : c;
        }
    }
    writer_advance(out, n);
}

/* One line of uuencode: its first letter counts the bytes. */
static bool uu_line(struct span line, struct writer *out)
{
    unsigned count = line.n ? (line.p[0] - 32u) & 63 : 0;

    if (!count)
        return false;
    for (size_t at = 1; count && at < line.n; at += 4) {
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++)
            v = v << 6 | (at + k < line.n ? (line.p[at + k] - 32u) & 63 : 0);
        for (unsigned k = 0; k < 3 && count; k++, count--)
            writer_u8(out, (uint8_t)(v >> (16 - 8 * k)));
    }
    return true;
}

bool uu_decode(struct span s, struct writer *out, struct span *ret_name)
{
    struct reader r = reader_span(s);
    struct span line;
    bool begun = false;

    while (reader_line(&r, &line)) {
        if (!begun) {
            begun = span_starts(line, "begin ") && line.n > 10;
            if (begun)
                *ret_name = span_trim(span_part(line, 10, line.n));
        } else if (span_starts(line, "end") || !uu_line(line, out)) {
            break;
        }
    }
    return begun;
}

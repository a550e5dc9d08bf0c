/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

/* Length of the well-formed sequence at s (Unicode table 3-7), 0 when there is none; its code point in *ret. */
static unsigned sequence(struct span s, uint32_t *ret)
{
    uint8_t a = s.p[0], lo = 0x80, hi = 0xBF;
    unsigned n;
    uint32_t cp;

    if (a < 0x80) {
        *ret = a;
        return 1;
    }
    if (a >= 0xC2 && a <= 0xDF) {
        n = 2;
        cp = a & 0x1F;
    } else if ((a & 0xF0) == 0xE0) {
        n = 3;
        cp = a & 0x0F;
        lo = a == 0xE0 ? 0xA0 : 0x80;
        hi = a == 0xED ? 0x9F : 0xBF;
    } else if (a >= 0xF0 && a <= 0xF4) {
        n = 4;
        cp = a & 0x07;
        lo = a == 0xF0 ? 0x90 : 0x80;
        hi = a == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (s.n < n)
        return 0;
    for (unsigned i = 1; i < n; i++) {
        if (s.p[i] < lo || s.p[i] > hi)
            return 0;
        cp = cp << 6 | (s.p[i] & 0x3F);
        lo = 0x80;
        hi = 0xBF;
    }
    *ret = cp;
    return n;
}

size_t text_utf8_prefix(struct span s)
{
    size_t i = 0;
    uint32_t cp;

    while (i < s.n) {
        uint64_t eight;
        unsigned n;

        if (s.n - i >= 8) { /* ASCII in strides: most text is */
            memcpy(&eight, s.p + i, 8);
            if (!(eight & 0x8080808080808080ull)) {
                i += 8;
                continue;
            }
        }
        n = sequence(span_part(s, i, 4), &cp);
        if (!n)
            break;
        i += n;
    }
    return i;
}

bool text_is_utf8(struct span s)
{
    return text_utf8_prefix(s) == s.n;
}

uint32_t text_next(struct span s, size_t *pos)
{
    uint32_t cp = TEXT_REPLACEMENT;
    unsigned n = sequence(span_part(s, *pos, 4), &cp);

    *pos += n ? n : 1;
    return n ? cp : TEXT_REPLACEMENT;
}

void text_put(struct writer *w, uint32_t cp)
{
    uint8_t b[4];
    unsigned n;

    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = TEXT_REPLACEMENT;
    if (cp < 0x80) {
        b[0] = (uint8_t)cp;
        n = 1;
    } else if (cp < 0x800) {
        b[0] = (uint8_t)(0xC0 | cp >> 6);
        b[1] = (uint8_t)(0x80 | (cp & 0x3F));
        n = 2;
    } else if (cp < 0x10000) {
        b[0] = (uint8_t)(0xE0 | cp >> 12);
        b[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        b[2] = (uint8_t)(0x80 | (cp & 0x3F));
        n = 3;
    } else {
        b[0] = (uint8_t)(0xF0 | cp >> 18);
        b[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
        b[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        b[3] = (uint8_t)(0x80 | (cp & 0x3F));
        n = 4;
    }
    writer_bytes(w, b, n);
}

void text_put_clean(struct writer *w, struct span s)
{
    while (s.n) {
        size_t good = text_utf8_prefix(s);
        writer_bytes(w, s.p, good);
        s = span_part(s, good, s.n);
        if (s.n) {
            text_put(w, TEXT_REPLACEMENT);
            s = span_part(s, 1, s.n);
        }
    }
}

unsigned text_distance(const char *a, const char *b)
{
    size_t la = strnlen(a, 63), lb = strnlen(b, 63);
    uint8_t row[64];

    for (size_t j = 0; j <= lb; j++)
        row[j] = (uint8_t)j;
    for (size_t i = 1; i <= la; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= lb; j++) {
            uint8_t above = row[j];
            uint8_t best = (uint8_t)(diagonal + (a[i - 1] != b[j - 1]));
            if (above + 1 < best)
                best = (uint8_t)(above + 1);
            if (row[j - 1] + 1 < best)
                best = (uint8_t)(row[j - 1] + 1);
            row[j] = best;
            diagonal = above;
        }
    }
    return row[lb];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)(strlen(word) + 2) / 3 + 1; /* of a short word little may be wrong */

    if (best_distance > 4)
        best_distance = 4;
    for (size_t i = 0; i < n; i++) {
        unsigned d = text_distance(word, names[i]);
        if (d < best_distance && d < strlen(names[i])) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

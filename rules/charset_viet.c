/* SPDX-License-Identifier: GPL-3.0-or-later
 * The Vietnamese encodings that no converter has or has right: TCVN3 (ABC fonts .Vn*), VNI (fonts VNI-*),
 * VISCII (RFC 1456), VIQR (RFC 1456). Facts and how they were checked against each other: docs/markings.md,
 * section 5. */
#include "rules/charset_table.h"

#include "base/text.h"

#include <ctype.h>

/* Small letters; capitals with a tone have no code: a capital font (.VnTimeH) draws the small ones. */
const uint16_t charset_tcvn3[128] = {
    0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,
    0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,      0,
    0,      0,      0,      0,      0,      0,      0,      0x0102, 0x00c2, 0x00ca, 0x00d4, 0x01a0, 0x01af,
    0x0110, 0x0103, 0x00e2, 0x00ea, 0x00f4, 0x01a1, 0x01b0, 0x0111, 0,      0,      0,      0,      0,
    0,      0x00e0, 0x1ea3, 0x00e3, 0x00e1, 0x1ea1, 0,      0x1eb1, 0x1eb3, 0x1eb5, 0x1eaf, 0,      0,
    0,      0,      0,      0,      0,      0x1eb7, 0x1ea7, 0x1ea9, 0x1eab, 0x1ea5, 0x1ead, 0x00e8, 0,
    0x1ebb, 0x1ebd, 0x00e9, 0x1eb9, 0x1ec1, 0x1ec3, 0x1ec5, 0x1ebf, 0x1ec7, 0x00ec, 0x1ec9, 0,      0,
    0,      0x0129, 0x00ed, 0x1ecb, 0x00f2, 0,      0x1ecf, 0x00f5, 0x00f3, 0x1ecd, 0x1ed3, 0x1ed5, 0x1ed7,
    0x1ed1, 0x1ed9, 0x1edd, 0x1edf, 0x1ee1, 0x1edb, 0x1ee3, 0x00f9, 0,      0x1ee7, 0x0169, 0x00fa, 0x1ee5,
    0x1eeb, 0x1eed, 0x1eef, 0x1ee9, 0x1ef1, 0x1ef3, 0x1ef7, 0x1ef9, 0x00fd, 0x1ef5, 0,
};

/* Six letters stand below the blank; they are in viscii_low. */
const uint16_t charset_viscii[128] = {
    0x1ea0, 0x1eae, 0x1eb0, 0x1eb6, 0x1ea4, 0x1ea6, 0x1ea8, 0x1eac, 0x1ebc, 0x1eb8, 0x1ebe, 0x1ec0, 0x1ec2,
    0x1ec4, 0x1ec6, 0x1ed0, 0x1ed2, 0x1ed4, 0x1ed6, 0x1ed8, 0x1ee2, 0x1eda, 0x1edc, 0x1ede, 0x1eca, 0x1ece,
    0x1ecc, 0x1ec8, 0x1ee6, 0x0168, 0x1ee4, 0x1ef2, 0x00d5, 0x1eaf, 0x1eb1, 0x1eb7, 0x1ea5, 0x1ea7, 0x1ea9,
    0x1ead, 0x1ebd, 0x1eb9, 0x1ebf, 0x1ec1, 0x1ec3, 0x1ec5, 0x1ec7, 0x1ed1, 0x1ed3, 0x1ed5, 0x1ed7, 0x1ee0,
    0x01a0, 0x1ed9, 0x1edd, 0x1edf, 0x1ecb, 0x1ef0, 0x1ee8, 0x1eea, 0x1eec, 0x01a1, 0x1edb, 0x01af, 0x00c0,
    0x00c1, 0x00c2, 0x00c3, 0x1ea2, 0x0102, 0x1eb3, 0x1eb5, 0x00c8, 0x00c9, 0x00ca, 0x1eba, 0x00cc, 0x00cd,
    0x0128, 0x1ef3, 0x0110, 0x1ee9, 0x00d2, 0x00d3, 0x00d4, 0x1ea1, 0x1ef7, 0x1eeb, 0x1eed, 0x00d9, 0x00da,
    0x1ef9, 0x1ef5, 0x00dd, 0x1ee1, 0x01b0, 0x00e0, 0x00e1, 0x00e2, 0x00e3, 0x1ea3, 0x0103, 0x1eef, 0x1eab,
    0x00e8, 0x00e9, 0x00ea, 0x1ebb, 0x00ec, 0x00ed, 0x0129, 0x1ec9, 0x0111, 0x1ef1, 0x00f2, 0x00f3, 0x00f4,
    0x00f5, 0x1ecf, 0x1ecd, 0x1ee5, 0x00f9, 0x00fa, 0x0169, 0x1ee7, 0x00fd, 0x1ee3, 0x1eee,
};

/* VNI: a vowel, then one byte for its shape and tone together. The byte's small form stands 0x20 above its
 * capital. */
#define GRAVE 0x0300
#define ACUTE 0x0301
#define CIRCUMFLEX 0x0302
#define TILDE 0x0303
#define BREVE 0x0306
#define HOOK 0x0309
#define HORN 0x031b
#define DOT 0x0323

static const struct {
    uint8_t byte; /* capital */
    uint16_t shape, tone;
} vni_marks[] = {
    {0xd8, 0, GRAVE},         {0xd9, 0, ACUTE},          {0xdb, 0, HOOK},           {0xd5, 0, TILDE},
    {0xcf, 0, DOT},           {0xc2, CIRCUMFLEX, 0},     {0xc1, CIRCUMFLEX, ACUTE}, {0xc0, CIRCUMFLEX, GRAVE},
    {0xc5, CIRCUMFLEX, HOOK}, {0xc3, CIRCUMFLEX, TILDE}, {0xc4, CIRCUMFLEX, DOT},   {0xca, BREVE, 0},
    {0xc9, BREVE, ACUTE},     {0xc8, BREVE, GRAVE},      {0xda, BREVE, HOOK},       {0xdc, BREVE, TILDE},
    {0xcb, BREVE, DOT},
};
static const struct {
    uint8_t byte;
    uint16_t cp;
} vni_letters[] = {
    {0xd4, 0x01a0}, {0xf4, 0x01a1}, {0xd6, 0x01af}, {0xf6, 0x01b0}, {0xd1, 0x0110}, {0xf1, 0x0111},
    {0xcd, 0x00cd}, {0xed, 0x00ed}, {0xcc, 0x00cc}, {0xec, 0x00ec}, {0xc6, 0x1ec8}, {0xe6, 0x1ec9},
    {0xd3, 0x0128}, {0xf3, 0x0129}, {0xd2, 0x1eca}, {0xf2, 0x1ecb}, {0xce, 0x1ef4}, {0xee, 0x1ef5},
};

/* Can c carry the mark? A circumflex or breve sits on a, e, o alone, the horned vowels take tones only. */
static bool vni_carries(uint32_t c, uint16_t shape)
{
    uint32_t small = c < 0x80 ? (uint32_t)tolower((int)c) : c;

    if (shape == BREVE)
        return small == 'a';
    if (shape == CIRCUMFLEX)
        return small == 'a' || small == 'e' || small == 'o';
    return small == 'a' || small == 'e' || small == 'o' || small == 'u' || small == 'y' || c == 0x01a0 ||
           c == 0x01a1 || c == 0x01af || c == 0x01b0;
}

/* One code point of Latin-1 as VNI shows it, written behind *last; *last is the letter that may take a mark.
 */
static void vni_put(uint32_t c, uint32_t *last, struct writer *out)
{
    uint32_t capital = c >= 0xe0 && c <= 0xff ? c - 0x20 : c;

    for (size_t i = 0; c >= 0xc0 && c <= 0xff && i < GH_COUNT(vni_marks); i++)
        if (vni_marks[i].byte == capital && vni_carries(*last, vni_marks[i].shape)) {
            if (vni_marks[i].shape)
                text_put(out, vni_marks[i].shape);
            if (vni_marks[i].tone)
                text_put(out, vni_marks[i].tone);
            *last = 0;
            return;
        }
    for (size_t i = 0; i < GH_COUNT(vni_letters); i++)
        if (vni_letters[i].byte == c) {
            c = vni_letters[i].cp;
            break;
        }
    text_put(out, c);
    *last = c;
}

/* What windows-1252 shows between 0x80 and 0x9f, where VNI and TCVN3 texts have their quotes and dashes. */
uint32_t charset_ansi(uint8_t b)
{
    static const uint16_t c1[32] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

    return b < 0x80 || b > 0x9f ? b : c1[b - 0x80] ? c1[b - 0x80] : TEXT_REPLACEMENT;
}

void charset_vni_decode(struct span bytes, struct writer *out)
{
    struct reader r = reader_span(bytes);
    uint32_t last = 0;

    while (reader_left(&r))
        vni_put(charset_ansi(reader_u8(&r)), &last, out);
}

/* RFC 1456: a vowel, then ( ^ or + for its shape, then ' ` ? ~ . for its tone; dd and DD; a backslash makes
 * the next mark literal. Marks without a fitting vowel stay what they are. */
static uint16_t viqr_shape(uint8_t vowel, uint8_t mark)
{
    switch (mark) {
    case '(':
        return vowel == 'a' ? BREVE : 0;
    case '^':
        return vowel == 'a' || vowel == 'e' || vowel == 'o' ? CIRCUMFLEX : 0;
    case '+':
    case '*':
        return vowel == 'o' || vowel == 'u' ? HORN : 0;
    default:
        return 0;
    }
}

static uint16_t viqr_tone(uint8_t mark)
{
    switch (mark) {
    case '\'':
        return ACUTE;
    case '`':
        return GRAVE;
    case '?':
        return HOOK;
    case '~':
        return TILDE;
    case '.':
        return DOT;
    default:
        return 0;
    }
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* A dot or question mark behind a vowel may end the sentence instead: it is a tone when the word goes on,
 * when the vowel has a shape, or when the next word is no sentence's beginning. */
static bool viqr_ends(const struct reader *r, uint16_t tone, bool shaped)
{
    uint8_t next = reader_peek(r, 1), after = reader_peek(r, 2);

    if ((tone != DOT && tone != HOOK) || shaped || is_letter(next))
        return false;
    return next != ' ' || after < 'a' || after > 'z';
}

static void viqr_vowel(struct reader *r, uint8_t vowel, struct writer *out)
{
    uint16_t shape = viqr_shape((uint8_t)tolower(vowel), reader_peek(r, 0)), tone;

    if (shape) {
        text_put(out, shape);
        reader_skip(r, 1);
    }
    tone = viqr_tone(reader_peek(r, 0));
    if (tone && !viqr_ends(r, tone, shape != 0)) {
        text_put(out, tone);
        reader_skip(r, 1);
    }
}

void charset_viqr_decode(struct span ascii, struct writer *out)
{
    struct reader r = reader_span(ascii);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r), next = reader_peek(&r, 0);
        if (c == '\\' && next && strchr("(^+*'`?~.\\dD", next)) {
            text_put(out, reader_u8(&r));
            continue;
        }
        if ((c == 'd' || c == 'D') && (next == 'd' || next == 'D')) {
            text_put(out, c == 'd' ? 0x0111 : 0x0110);
            reader_skip(&r, 1);
            continue;
        }
        text_put(out, c < 0x80 ? c : TEXT_REPLACEMENT);
        if (strchr("aeiouyAEIOUY", c) && c)
            viqr_vowel(&r, c, out);
    }
}

const char *charset_font_kind(const char *font, bool *ret_capital)
{
    struct span s = span_str(font ? font : "");

    *ret_capital = false;
    if (span_starts(s, "\"") || span_starts(s, "'"))
        s = span_part(s, 1, s.n);
    if (s.n > 7 && s.p[6] == '+') /* a subset embedded in a PDF: "ABCDEF+.VnTimeH" */
        s = span_part(s, 7, s.n);
    if (span_starts_nocase(s, ".vn")) {
        *ret_capital = s.p[s.n - 1] == 'H';
        return "tcvn3";
    }
    return span_starts_nocase(s, "vni-") || span_starts_nocase(s, "vni ") ? "vni" : NULL;
}

/* Capital form of the letters in charset_tcvn3: Latin-1 and the Vietnamese block put capitals at fixed
 * distances. */
static uint32_t capital_of(uint32_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 0x20;
    if (c >= 0xe0 && c <= 0xfe && c != 0xf7)
        return c - 0x20;
    if ((c >= 0x1ea0 && c <= 0x1ef9) || (c >= 0x0100 && c <= 0x0137) || c == 0x01b0)
        return c & 1 || c == 0x01b0 ? (c == 0x01b0 ? 0x01af : c - 1) : c;
    return c == 0x01a1 ? 0x01a0 : c;
}

void charset_font_decode(const char *kind, bool capital, struct span utf8, struct writer *out)
{
    bool vni = strcmp(kind, "vni") == 0;
    uint32_t last = 0;

    for (size_t pos = 0; pos < utf8.n;) {
        uint32_t c = text_next(utf8, &pos);
        if (vni) {
            vni_put(c, &last, out);
            continue;
        }
        if (c >= 0x80 && c <= 0xff && charset_tcvn3[c - 0x80])
            c = charset_tcvn3[c - 0x80];
        text_put(out, capital ? capital_of(c) : c);
    }
}

const char *charset_font(const char *font, struct span utf8, struct writer *out)
{
    bool capital;
    const char *kind = charset_font_kind(font, &capital);

    if (kind)
        charset_font_decode(kind, capital, utf8, out);
    return kind;
}

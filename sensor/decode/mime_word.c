/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_word.h"
#include "base/text.h"

/* Upper halves, by Unicode's published mappings; 0 is an undefined byte. Only what differs from Latin-1 is
 * listed. */
static const uint16_t c1_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                     0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
static const uint16_t low_1251[64] = {
    0x0402, 0x0403, 0x201A, 0x0453, 0x201E, 0x2026, 0x2020, 0x2021, 0x20AC, 0x2030, 0x0409, 0x2039, 0x040A,
    0x040C, 0x040B, 0x040F, 0x0452, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0,      0x2122,
    0x0459, 0x203A, 0x045A, 0x045C, 0x045B, 0x045F, 0x00A0, 0x040E, 0x045E, 0x0408, 0x00A4, 0x0490, 0x00A6,
    0x00A7, 0x0401, 0x00A9, 0x0404, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x0407, 0x00B0, 0x00B1, 0x0406, 0x0456,
    0x0491, 0x00B5, 0x00B6, 0x00B7, 0x0451, 0x2116, 0x0454, 0x00BB, 0x0458, 0x0405, 0x0455, 0x0457};
static const struct {
    uint8_t byte;
    uint16_t cp;
} over_1258[] = {{0x8A, 0},      {0x8E, 0},      {0x9A, 0},      {0x9E, 0},      {0xC3, 0x0102},
                 {0xCC, 0x0300}, {0xD0, 0x0110}, {0xD2, 0x0309}, {0xD5, 0x01A0}, {0xDD, 0x01AF},
                 {0xDE, 0x0303}, {0xE3, 0x0103}, {0xEC, 0x0301}, {0xF0, 0x0111}, {0xF2, 0x0323},
                 {0xF5, 0x01A1}, {0xFD, 0x01B0}, {0xFE, 0x20AB}};

static uint32_t from_1252(uint8_t c)
{
    return c >= 0x80 && c < 0xA0 ? c1_1252[c - 0x80] : c;
}

static uint32_t from_1258(uint8_t c)
{
    for (size_t i = 0; i < GH_COUNT(over_1258); i++)
        if (over_1258[i].byte == c)
            return over_1258[i].cp;
    return from_1252(c);
}

static uint32_t from_1251(uint8_t c)
{
    if (c < 0x80)
        return c;
    return c < 0xC0 ? low_1251[c - 0x80] : (uint32_t)(c - 0xC0 + 0x0410);
}

static const struct {
    const char *name;
    uint32_t (*from)(uint8_t c); /* NULL: it is UTF-8 already */
} charsets[] = {
    {"utf-8", NULL},         {"utf8", NULL},
    {"us-ascii", from_1252}, /* what calls itself ASCII and is not is mostly this */
    {"ascii", from_1252},    {"iso-8859-1", from_1252},
    {"latin1", from_1252},   {"windows-1252", from_1252},
    {"cp1252", from_1252},   {"windows-1258", from_1258},
    {"cp1258", from_1258},   {"windows-1251", from_1251},
    {"cp1251", from_1251},
};

bool mime_charset_put(struct writer *out, struct span charset, struct span bytes)
{
    for (size_t i = 0; i < GH_COUNT(charsets); i++) {
        if (!span_eq_nocase(charset, charsets[i].name))
            continue;
        if (!charsets[i].from || text_is_utf8(bytes)) {
            text_put_clean(out, bytes);
            return true;
        }
        struct reader r = reader_span(bytes);
        while (reader_left(&r)) {
            uint32_t cp = charsets[i].from(reader_u8(&r));
            text_put(out, cp ? cp : TEXT_REPLACEMENT);
        }
        return true;
    }
    return false;
}

int mime_hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

void mime_base64_put(struct writer *out, struct span coded)
{
    struct reader r = reader_span(coded);
    uint32_t bits = 0;
    unsigned n = 0;

    while (reader_left(&r)) {
        int v = base64_value(reader_u8(&r));
        if (v < 0)
            continue;
        bits = bits << 6 | (uint32_t)v;
        n += 6;
        if (n >= 8) {
            n -= 8;
            writer_u8(out, (uint8_t)(bits >> n));
        }
    }
}

void mime_q_put(struct writer *out, struct span coded)
{
    struct reader r = reader_span(coded);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        int hi = mime_hex(reader_peek(&r, 0)), lo = mime_hex(reader_peek(&r, 1));
        if (c == '=' && reader_left(&r) >= 2 && hi >= 0 && lo >= 0) {
            c = (uint8_t)(hi << 4 | lo);
            reader_skip(&r, 2);
        } else if (c == '_') {
            c = ' ';
        }
        writer_u8(out, c);
    }
}

/* One encoded word at the reader: =?charset*lang?B|Q?text?= ; the reader moves past it only when it is one.
 */
static bool take_word(struct reader *r, struct span *charset, struct writer *bytes)
{
    struct reader at = *r;
    struct span s = reader_rest(&at);
    if (!span_starts(s, "=?"))
        return false;
    ptrdiff_t q1 = span_find_byte(s, '?', 2);
    ptrdiff_t q2 = q1 < 0 ? -1 : span_find_byte(s, '?', (size_t)q1 + 1);
    ptrdiff_t end = q2 < 0 ? -1 : span_find(s, span_str("?="), (size_t)q2 + 1);
    if (end < 0 || q2 != q1 + 2 || end > 1024)
        return false;
    struct span coded = span_part(s, (size_t)q2 + 1, (size_t)(end - q2 - 1));
    if (span_find_byte(coded, '\n', 0) >= 0)
        return false;
    *charset = span_part(s, 2, (size_t)q1 - 2);
    ptrdiff_t star = span_find_byte(*charset, '*', 0); /* RFC 2231 section 5: language */
    if (star >= 0)
        charset->n = (size_t)star;
    switch (s.p[q1 + 1] | 0x20) {
    case 'b':
        mime_base64_put(bytes, coded);
        break;
    case 'q':
        mime_q_put(bytes, coded);
        break;
    default:
        return false;
    }
    reader_skip(r, (size_t)end + 2);
    return true;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Adjacent encoded words of one charset, gathered so that a character may lie across their border. */
struct word_run {
    struct writer *out;
    struct writer bytes; /* decoded */
    struct span charset;
    struct span raw; /* as written, for a charset that we do not know */
};

static void run_flush(struct word_run *w)
{
    if (w->raw.n && !mime_charset_put(w->out, w->charset, writer_span(&w->bytes)))
        writer_put(w->out, w->raw);
    writer_clear(&w->bytes);
    w->raw = w->charset = (struct span){0};
}

/* Takes one encoded word and the blanks up to the next one. */
static bool run_word(struct word_run *w, struct reader *r, struct writer *scratch)
{
    size_t start = r->pos;
    struct span charset;

    writer_clear(scratch);
    if (!take_word(r, &charset, scratch))
        return false;
    if (w->raw.n && !span_eq(charset, w->charset))
        run_flush(w);
    w->charset = charset;
    w->raw =
        w->raw.n ? span_of(w->raw.p, w->raw.n + (r->pos - start)) : span_of(r->p + start, r->pos - start);
    writer_put(&w->bytes, writer_span(scratch));
    struct reader ahead = *r; /* blanks between words are no text */
    while (reader_left(&ahead) && blank(reader_peek(&ahead, 0)))
        reader_skip(&ahead, 1);
    if (reader_peek(&ahead, 0) == '=' && reader_peek(&ahead, 1) == '?') {
        w->raw.n += ahead.pos - r->pos;
        *r = ahead;
    }
    return true;
}

void mime_words_put(struct writer *out, struct span value)
{
    struct reader r = reader_span(span_trim(value));
    struct word_run w = {.out = out};
    struct writer scratch;

    writer_init(&w.bytes, 1 << 16);
    writer_init(&scratch, 1 << 16);
    while (reader_left(&r)) {
        if (run_word(&w, &r, &scratch))
            continue;
        run_flush(&w);
        uint8_t c = reader_u8(&r);
        if (c == '\r' || c == '\n' || c == '\t') { /* a fold */
            while (reader_left(&r) && blank(reader_peek(&r, 0)))
                reader_skip(&r, 1);
            c = ' ';
        }
        writer_u8(out, c);
    }
    run_flush(&w);
    writer_done(&w.bytes);
    writer_done(&scratch);
}

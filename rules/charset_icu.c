/* SPDX-License-Identifier: GPL-3.0-or-later
 * ICU, here alone: normalisation, the tables of single-byte sets (read out once), converters of East Asian
 * ones. Its data is part of its library; files are forbidden to it, so that the jail sees no open. */
#include "rules/charset_table.h"

#include "base/text.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/udata.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* Text is normalised in pieces, cut where nothing before can combine with what comes behind. */
#define PIECE 16384

static const UNormalizer2 *nfc, *nfd;
static UChar units[2 * PIECE + 8]; /* the piece at work; one thread */

/* Byte for byte through a converter: U+FFFD where it has nothing. */
static bool fill_table(struct charset *c)
{
    UErrorCode err = U_ZERO_ERROR;
    UConverter *cnv;

    c->table = calloc(256, sizeof(*c->table));
    if (!c->table)
        return false;
    if (!c->icu) {
        static const struct {
            uint8_t byte;
            uint16_t cp;
        } viscii_low[] = {{0x02, 0x1eb2}, {0x05, 0x1eb4}, {0x06, 0x1eaa},
                          {0x14, 0x1ef6}, {0x19, 0x1ef8}, {0x1e, 0x1ef4}};
        for (unsigned i = 0; i < 256; i++)
            c->table[i] = (uint16_t)(i < 128 ? i : c->fixed[i - 128] ? c->fixed[i - 128] : i);
        for (size_t i = 0; c->fixed == charset_viscii && i < GH_COUNT(viscii_low); i++)
            c->table[viscii_low[i].byte] = viscii_low[i].cp;
        return true;
    }
    cnv = ucnv_open(c->icu, &err);
    if (U_FAILURE(err))
        return false;
    for (unsigned i = 0; i < 256; i++) {
        char byte = (char)i;
        const char *from = &byte;
        UChar to[4], *end = to;
        err = U_ZERO_ERROR;
        ucnv_reset(cnv);
        ucnv_toUnicode(cnv, &end, to + 4, &from, &byte + 1, NULL, true, &err);
        c->table[i] = U_SUCCESS(err) && end == to + 1 ? to[0] : TEXT_REPLACEMENT;
    }
    ucnv_close(cnv);
    return true;
}

static uint8_t mood_of(const struct charset *c, uint32_t cp)
{
    struct span letters = span_str(c->letters);
    uint32_t small = (uint32_t)u_tolower((UChar32)cp);
    unsigned rank = 0;

    if (cp == TEXT_REPLACEMENT || u_iscntrl((UChar32)cp))
        return MOOD_NONE;
    for (size_t pos = 0; pos < letters.n; rank++)
        if (text_next(letters, &pos) == small)
            return small != cp ? MOOD_CAPITAL
                   : rank < 8  ? MOOD_FREQUENT
                   : rank < 16 ? MOOD_COMMON
                               : MOOD_RARE;
    if (u_isalpha((UChar32)cp) || u_charType((UChar32)cp) == U_NON_SPACING_MARK)
        return MOOD_LETTER;
    if (cp == 0xa0 || (cp >= 0x2010 && cp <= 0x2026) || cp == 0xab || cp == 0xbb || cp == 0xb0 ||
        cp == 0xa7 || cp == 0x2116)
        return MOOD_QUOTE;
    return MOOD_SYMBOL;
}

static bool fill_moods(struct charset *c)
{
    c->mood = c->letters ? calloc(256, 1) : NULL;
    for (unsigned i = 128; c->mood && i < 256; i++)
        c->mood[i] = mood_of(c, c->table[i]);
    return c->mood || !c->letters;
}

int charset_icu_warm_up(void)
{
    UErrorCode err = U_ZERO_ERROR;

    if (nfd)
        return 0;
    udata_setFileAccess(UDATA_NO_FILES, &err);
    nfc = unorm2_getNFCInstance(&err);
    if (U_FAILURE(err))
        return ST_IO;
    for (size_t i = 0; i < charsets_count; i++) {
        struct charset *c = &charsets[i];
        if (c->form == FORM_BYTE && (!fill_table(c) || !fill_moods(c)))
            return ST_IO;
        if (c->form == FORM_MULTI)
            c->converter = ucnv_open(c->icu, &err);
        if (U_FAILURE(err))
            return ST_IO;
    }
    nfd = unorm2_getNFDInstance(&err);
    return U_FAILURE(err) ? ST_IO : 0;
}

static void put_utf16(const UChar *p, int32_t n, struct writer *out)
{
    for (int32_t i = 0; i < n;) {
        UChar32 c;
        U16_NEXT(p, i, n, c);
        text_put(out, (uint32_t)c);
    }
}

bool charset_icu_decode(const struct charset *c, struct span bytes, struct writer *out)
{
    UConverter *cnv = c->converter;
    const char *from = (const char *)bytes.p, *end = (const char *)bytes.p + bytes.n;
    UChar to[1024];
    bool clean = true;
    UErrorCode err;

    if (!cnv)
        return false;
    ucnv_reset(cnv);
    do {
        UChar *at = to;
        err = U_ZERO_ERROR;
        ucnv_toUnicode(cnv, &at, to + GH_COUNT(to), &from, end, NULL, true, &err);
        for (UChar *p = to; clean && p < at; p++)
            clean = *p != TEXT_REPLACEMENT && *p != 0x1a;
        put_utf16(to, (int32_t)(at - to), out);
    } while (err == U_BUFFER_OVERFLOW_ERROR && writer_ok(out));
    return clean && U_SUCCESS(err);
}

/* Where a piece of about PIECE bytes may end: before a letter of its own, at the latest after twice that
 * length. */
static size_t piece_end(struct span s, size_t from)
{
    size_t end = from + PIECE;

    if (end >= s.n)
        return s.n;
    while (end < s.n && end < from + 2 * PIECE && s.p[end] >= 0x80)
        end++;
    while (end < s.n && (s.p[end] & 0xc0) == 0x80)
        end++;
    return end;
}

static void normalise(const UNormalizer2 *how, struct span utf8, struct writer *out)
{
    static UChar to[8 * PIECE + 64]; /* a code point becomes at most four units per unit (UAX 15) */

    for (size_t at = 0, end; at < utf8.n && writer_ok(out); at = end) {
        UErrorCode err = U_ZERO_ERROR;
        struct span piece;
        int32_t n = 0, m;
        end = piece_end(utf8, at);
        piece = span_part(utf8, at, end - at);
        u_strFromUTF8WithSub(units, GH_COUNT(units), &n, (const char *)piece.p, (int32_t)piece.n,
                             TEXT_REPLACEMENT, NULL, &err);
        m = how && U_SUCCESS(err) ? unorm2_normalize(how, units, n, to, GH_COUNT(to), &err) : -1;
        if (m >= 0 && U_SUCCESS(err))
            put_utf16(to, m, out);
        else
            text_put_clean(out, piece);
    }
}

/* Everything below U+0300 is in NFC, and nothing there combines with its neighbours. */
static bool all_low(struct span utf8)
{
    for (size_t i = 0; i < utf8.n; i++)
        if (utf8.p[i] >= 0xcc)
            return false;
    return true;
}

bool charset_is_nfc(struct span utf8)
{
    UErrorCode err = U_ZERO_ERROR;

    if (all_low(utf8))
        return true;
    if (!nfc || utf8.n > INT32_MAX)
        return false;
    for (size_t at = 0, end; at < utf8.n; at = end) {
        int32_t n = 0;
        end = piece_end(utf8, at);
        u_strFromUTF8WithSub(units, GH_COUNT(units), &n, (const char *)utf8.p + at, (int32_t)(end - at),
                             TEXT_REPLACEMENT, NULL, &err);
        if (U_FAILURE(err) || unorm2_quickCheck(nfc, units, n, &err) != UNORM_YES || U_FAILURE(err))
            return false;
    }
    return true;
}

void charset_nfc(struct span utf8, struct writer *out)
{
    normalise(nfc, utf8, out);
}

void charset_nfd(struct span utf8, struct writer *out)
{
    normalise(nfd, utf8, out);
}

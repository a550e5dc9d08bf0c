/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/unicode.h"
#include "base/text.h"

#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/udata.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* A chunk ends before an ASCII character: nothing ever combines backwards into one, so both sides can be
 * normalised by themselves. Only a text that has none for CHUNK bytes is cut at a code point, and may then
 * miss one composition there. */
#define CHUNK 1024
#define EXPANSION 18 /* the longest NFKC expansion of one UTF-16 unit (U+FDFA) */
#define QUIET 16     /* this much ASCII in a row ends a chunk */

static const UNormalizer2 *nfc, *nfd, *casefold;

int unicode_warm_up(void)
{
    UErrorCode rc = U_ZERO_ERROR;
    uint8_t probe[] = {'e', 0xCC, 0x81, 0};
    struct writer w;

    if (nfc) /* again: the rules and the readers both ask */
        return 0;
    udata_setFileAccess(UDATA_NO_FILES, &rc);
    nfd = unorm2_getNFDInstance(&rc);
    nfc = unorm2_getNFCInstance(&rc);
    casefold = unorm2_getNFKCCasefoldInstance(&rc);
    if (U_FAILURE(rc))
        return ST_IO;
    /* Touch both once, so that lazily made tables exist before the jail and are shared by all workers. */
    writer_init(&w, 64);
    unicode_nfc(span_of(probe, 3), &w);
    unicode_casefold(span_of(probe, 3), &w);
    rc = writer_ok(&w) && w.n == 4 ? U_ZERO_ERROR : U_INTERNAL_PROGRAM_ERROR;
    writer_done(&w);
    return U_FAILURE(rc) ? ST_IO : 0;
}

const char *unicode_version(void)
{
    return U_UNICODE_VERSION;
}

/* One chunk of at most CHUNK bytes through ICU. */
static void normalise(const UNormalizer2 *form, struct span in, struct writer *out)
{
    /* Not zeroed at each call, which would cost more than the work itself. */
    UChar from[CHUNK] __attribute__((uninitialized)), to[CHUNK * EXPANSION] __attribute__((uninitialized));
    int32_t n = 0, m, bytes = 0;
    UErrorCode rc = U_ZERO_ERROR;
    uint8_t *p;

    u_strFromUTF8WithSub(from, CHUNK, &n, (const char *)in.p, (int32_t)in.n, (UChar32)TEXT_REPLACEMENT, NULL,
                         &rc);
    m = unorm2_normalize(form, from, n, to, CHUNK * EXPANSION, &rc);
    gh_check(U_SUCCESS(rc)); /* the buffers hold the longest expansion */
    p = writer_reserve(out, (size_t)m * 3);
    if (!p)
        return;
    if (m)
        u_strToUTF8WithSub((char *)p, m * 3, &bytes, to, m, (UChar32)TEXT_REPLACEMENT, NULL, &rc);
    writer_advance(out, (size_t)bytes);
}

/* First position at or after pos where ASCII is no longer alone: at the last ASCII character before another
 * one, which may be its base. */
static size_t ascii_end(struct span s, size_t pos)
{
    while (pos < s.n && s.p[pos] < 0x80)
        pos++;
    return pos;
}

/* End of the chunk that starts at pos. */
static size_t chunk_end(struct span s, size_t pos)
{
    size_t limit = s.n - pos > CHUNK ? pos + CHUNK : s.n, last = 0, run = 0;

    for (size_t i = pos; i < limit; i++) {
        run = s.p[i] < 0x80 ? run + 1 : 0;
        if (run && i > pos)
            last = i;
        if (run == QUIET && i + 1 - QUIET > pos)
            return i + 1 - QUIET;
    }
    if (limit == s.n)
        return limit;
    if (last)
        return last;
    for (int i = 0; i < 3 && (s.p[limit] & 0xC0) == 0x80; i++)
        limit--;
    return limit;
}

static void transform(const UNormalizer2 *form, bool lower, struct span s, struct writer *out)
{
    size_t pos = 0;

    gh_check(form); /* unicode_warm_up was not called */
    while (pos < s.n && writer_ok(out)) {
        size_t end = ascii_end(s, pos);
        if (end < s.n && end > pos)
            end--;
        if (end > pos) {
            uint8_t *p = writer_reserve(out, end - pos);
            if (!p)
                return;
            memcpy(p, s.p + pos, end - pos);
            for (size_t i = 0; lower && i < end - pos; i++)
                if (p[i] >= 'A' && p[i] <= 'Z')
                    p[i] += 'a' - 'A';
            writer_advance(out, end - pos);
            pos = end;
            continue;
        }
        end = chunk_end(s, pos);
        normalise(form, span_part(s, pos, end - pos), out);
        pos = end;
    }
}

void unicode_nfc(struct span utf8, struct writer *out)
{
    transform(nfc, false, utf8, out);
}

void unicode_casefold(struct span utf8, struct writer *out)
{
    transform(casefold, true, utf8, out);
}

void unicode_nfd(struct span utf8, struct writer *out)
{
    transform(nfd, false, utf8, out);
}

/* Everything below U+0300 is in NFC, and nothing there combines with its neighbours. */
static bool all_low(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0xcc)
            return false;
    return true;
}

bool unicode_is_nfc(struct span utf8)
{
    size_t pos = 0;

    gh_check(nfc);
    if (all_low(utf8))
        return true;
    while (pos < utf8.n) {
        UChar from[CHUNK] __attribute__((uninitialized));
        size_t end = ascii_end(utf8, pos);
        int32_t n = 0;
        UErrorCode rc = U_ZERO_ERROR;
        if (end > pos + 1 || end == utf8.n) { /* the last one may be somebody's base */
            pos = end < utf8.n ? end - 1 : end;
            continue;
        }
        end = chunk_end(utf8, pos);
        u_strFromUTF8WithSub(from, CHUNK, &n, (const char *)utf8.p + pos, (int32_t)(end - pos),
                             (UChar32)TEXT_REPLACEMENT, NULL, &rc);
        if (U_FAILURE(rc) || unorm2_quickCheck(nfc, from, n, &rc) != UNORM_YES)
            return false;
        pos = end;
    }
    return true;
}

uint32_t unicode_lower(uint32_t cp)
{
    return (uint32_t)u_tolower((UChar32)cp);
}

bool unicode_is_letter(uint32_t cp)
{
    return u_isalpha((UChar32)cp) || u_charType((UChar32)cp) == U_NON_SPACING_MARK;
}

bool unicode_is_control(uint32_t cp)
{
    return u_iscntrl((UChar32)cp);
}

bool unicode_byte_table(const char *name, uint16_t table[static 256])
{
    UErrorCode rc = U_ZERO_ERROR;
    UConverter *cnv = ucnv_open(name, &rc);

    if (U_FAILURE(rc))
        return false;
    for (unsigned i = 0; i < 256; i++) {
        const char byte = (char)i, *from = &byte;
        UChar to[4], *end = to;
        rc = U_ZERO_ERROR;
        ucnv_reset(cnv);
        ucnv_toUnicode(cnv, &end, to + 4, &from, &byte + 1, NULL, true, &rc);
        table[i] = U_SUCCESS(rc) && end == to + 1 ? to[0] : TEXT_REPLACEMENT;
    }
    ucnv_close(cnv);
    return true;
}

struct unicode_converter *unicode_converter_open(const char *name)
{
    UErrorCode rc = U_ZERO_ERROR;
    UConverter *cnv = ucnv_open(name, &rc);

    return U_FAILURE(rc) ? NULL : (struct unicode_converter *)cnv;
}

static bool put_utf16(const UChar *p, int32_t n, struct writer *out)
{
    bool clean = true;

    for (int32_t i = 0; i < n;) {
        UChar32 c;
        U16_NEXT(p, i, n, c); /* NOLINT(clang-analyzer-core.uninitialized.Assign): ICU wrote what lies below n */
        clean &= (uint32_t)c != TEXT_REPLACEMENT && c != 0x1a;
        text_put(out, (uint32_t)c);
    }
    return clean;
}

bool unicode_convert(struct unicode_converter *c, struct span bytes, struct writer *out)
{
    UConverter *cnv = (UConverter *)c;
    const char *from = (const char *)bytes.p, *end = (const char *)bytes.p + bytes.n;
    UChar to[1024] __attribute__((uninitialized));
    bool clean = true;
    UErrorCode rc;

    ucnv_reset(cnv);
    do {
        UChar *at = to;
        rc = U_ZERO_ERROR;
        ucnv_toUnicode(cnv, &at, to + GH_COUNT(to), &from, end, NULL, true, &rc);
        clean &= put_utf16(to, (int32_t)(at - to), out);
    } while (rc == U_BUFFER_OVERFLOW_ERROR && writer_ok(out));
    return clean && U_SUCCESS(rc);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/unicode.h"
#include "base/text.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* A chunk ends before an ASCII character: nothing ever combines backwards into one, so both sides can be
 * normalised by themselves. Only a text that has none for CHUNK bytes is cut at a code point, and may then
 * miss one composition there. */
#define CHUNK 1024
#define EXPANSION 18 /* the longest NFKC expansion of one UTF-16 unit (U+FDFA) */
#define QUIET 16     /* this much ASCII in a row ends a chunk */

static const UNormalizer2 *nfc, *casefold;

int unicode_warm_up(void)
{
    UErrorCode rc = U_ZERO_ERROR;
    uint8_t probe[] = {'e', 0xCC, 0x81, 0};
    struct writer w;

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

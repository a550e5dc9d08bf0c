/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/fold.h"
#include "base/text.h"

/* Base letters by code point, from the Unicode decompositions; '.' stands for "as it is". */
static const char latin1[] = /* U+00C0 … U+00FF */
    "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y";
static const char extended_a[] = /* U+0100 … U+017F */
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllllllllnnnnnnn..oooooo..rrrrrrssssssss"
    "ttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static const char vietnamese[] = /* U+1EA0 … U+1EF9 */
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy";

_Static_assert(sizeof(latin1) == 0x40 + 1, "one letter per code point");
_Static_assert(sizeof(extended_a) == 0x80 + 1, "one letter per code point");
_Static_assert(sizeof(vietnamese) == 0x5A + 1, "one letter per code point");

static uint32_t from(const char *table, uint32_t first, uint32_t cp)
{
    char base = table[cp - first];
    return base == '.' ? cp : (uint32_t)base;
}

static uint32_t fold_one(uint32_t cp)
{
    if (cp >= 'A' && cp <= 'Z')
        return cp + 32;
    if (cp < 0xC0)
        return cp;
    if (cp <= 0xFF)
        return from(latin1, 0xC0, cp);
    if (cp <= 0x17F)
        return from(extended_a, 0x100, cp);
    if (cp == 0x1A0 || cp == 0x1A1)
        return 'o';
    if (cp == 0x1AF || cp == 0x1B0)
        return 'u';
    if (cp >= 0x1EA0 && cp <= 0x1EF9)
        return from(vietnamese, 0x1EA0, cp);
    if (cp >= 0x300 && cp <= 0x36F)
        return 0; /* combining marks: NFD text loses its accents here */
    return cp;
}

void fold_text(struct writer *w, struct span s)
{
    size_t pos = 0;

    while (pos < s.n) {
        uint32_t cp = fold_one(text_next(s, &pos));
        if (cp)
            text_put(w, cp);
    }
}

size_t fold_patterns(struct writer *w, struct span query, const char **ret, size_t max)
{
    size_t starts[16], n = 0, pos = 0;
    bool inside = false;

    while (pos < query.n) {
        uint32_t cp = fold_one(text_next(query, &pos));
        if (!cp)
            continue;
        if (cp <= ' ') {
            if (inside)
                writer_bytes(w, "%", 2);
            inside = false;
            continue;
        }
        if (!inside) {
            if (n == max || n == GH_COUNT(starts))
                break;
            starts[n++] = w->n;
            writer_u8(w, '%');
            inside = true;
        }
        if (cp == '%' || cp == '_' || cp == '\\')
            writer_u8(w, '\\');
        text_put(w, cp);
    }
    if (inside)
        writer_bytes(w, "%", 2);
    if (!writer_ok(w))
        return 0;
    for (size_t i = 0; i < n; i++)
        ret[i] = (const char *)w->p + starts[i];
    return n;
}

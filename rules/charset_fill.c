/* SPDX-License-Identifier: GPL-3.0-or-later
 * The rows of the table filled in from ICU, once, before the jail: single-byte sets become plain tables, so
 * that decoding them needs nobody; East Asian ones get a converter. */
#include "rules/charset_table.h"

#include "base/text.h"
#include "rules/unicode.h"

#include <stdlib.h>

/* Six letters of VISCII stand below the blank. TCVN3 lies over windows-1252: that one's quotes and signs
 * stay, its letters do not. */
static void fill_own(struct charset *c)
{
    static const struct {
        uint8_t byte;
        uint16_t cp;
    } low[] = {{0x02, 0x1eb2}, {0x05, 0x1eb4}, {0x06, 0x1eaa},
               {0x14, 0x1ef6}, {0x19, 0x1ef8}, {0x1e, 0x1ef4}};

    for (unsigned i = 0; i < 256; i++)
        c->table[i] = (uint16_t)(i < 128 ? i : c->fixed[i - 128] ? c->fixed[i - 128] : i);
    for (size_t i = 0; c->fixed == charset_viscii && i < GH_COUNT(low); i++)
        c->table[low[i].byte] = low[i].cp;
    for (unsigned i = 128; c->fixed == charset_tcvn3 && i < 256; i++)
        if (!c->fixed[i - 128])
            c->table[i] = (uint16_t)(i < 0xa0 ? charset_ansi((uint8_t)i) : i < 0xc0 ? i : TEXT_REPLACEMENT);
}

static uint8_t mood_of(const struct charset *c, uint32_t cp)
{
    struct span letters = span_str(c->letters);
    uint32_t small = unicode_lower(cp);
    unsigned rank = 0;

    if (cp == TEXT_REPLACEMENT || unicode_is_control(cp))
        return MOOD_NONE;
    for (size_t pos = 0; pos < letters.n; rank++)
        if (text_next(letters, &pos) == small)
            return small != cp ? MOOD_CAPITAL
                   : rank < 8  ? MOOD_FREQUENT
                   : rank < 16 ? MOOD_COMMON
                               : MOOD_RARE;
    if (unicode_is_letter(cp))
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

int charset_table_fill(void)
{
    for (size_t i = 0; i < charsets_count; i++) {
        struct charset *c = &charsets[i];
        if (c->form == FORM_MULTI && !c->converter)
            c->converter = unicode_converter_open(c->icu);
        if (c->form == FORM_MULTI && !c->converter)
            return ST_IO;
        if (c->form != FORM_BYTE || c->table)
            continue;
        c->table = calloc(256, sizeof(*c->table));
        if (!c->table)
            return ST_NOMEM;
        if (!c->icu)
            fill_own(c);
        else if (!unicode_byte_table(c->icu, c->table))
            return ST_IO;
        for (unsigned b = 0x80; b < 256; b++) /* private use is ICU's way to keep what means nothing */
            if (c->table[b] >= 0xe000 && c->table[b] <= 0xf8ff)
                c->table[b] = TEXT_REPLACEMENT;
        if (!fill_moods(c))
            return ST_NOMEM;
    }
    return 0;
}

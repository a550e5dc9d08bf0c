/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark_words.h"

#include "base/text.h"

#define WORD_MAX 40 /* code points; the longest word of the table has 14 */

/* ---- letters ---- */

static uint32_t fold_odd(uint32_t cp)
{
    switch (cp) {
    case 0x00D0: /* Eth, typed for Đ by old converters */
    case 0x00F0:
    case 0x0189:
    case 0x0256:
        return 0x0111;
    case 0x0401:
    case 0x0451:
        return 0x0435; /* ё = е */
    case 0x7D55:
        return 0x7EDD; /* 絕 */
    case 0x6A5F:
        return 0x673A; /* 機 */
    case 0x7D1A:
        return 0x7EA7; /* 級 */
    default:
        return cp;
    }
}

uint32_t mark_fold_letter(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        return mark_fold_letter(cp - 0xFEE0);
    if (fold_odd(cp) != cp)
        return fold_odd(cp);
    if (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7)
        return cp + 32;
    if ((cp >= 0x100 && cp <= 0x137) || (cp >= 0x14A && cp <= 0x177) || (cp >= 0x1E00 && cp <= 0x1EFF) ||
        cp == 0x1A0)
        return cp | 1;
    if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E) || cp == 0x1AF)
        return cp + (cp & 1);
    if (cp >= 0x410 && cp <= 0x42F)
        return cp + 32;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 80;
    return cp;
}

/* Bases of U+1EA0..U+1EF9, one letter per pair of cases. */
static const char bases_1ea0[] = "aaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy";
/* Bases of U+00E0..U+00FF; 0 where there is none. */
static const char bases_00e0[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuyty";

uint32_t mark_strip_letter(uint32_t cp)
{
    cp = mark_fold_letter(cp);
    if (cp < 0x80)
        return cp;
    if (cp >= 0x1EA0 && cp <= 0x1EF9)
        return (uint8_t)bases_1ea0[(cp - 0x1EA0) / 2];
    if (cp >= 0xE0 && cp <= 0xFF && bases_00e0[cp - 0xE0])
        return (uint8_t)bases_00e0[cp - 0xE0];
    switch (cp) {
    case 0x103:
        return 'a';
    case 0x111:
        return 'd';
    case 0x129:
        return 'i';
    case 0x169:
    case 0x1B0:
        return 'u';
    case 0x1A1:
        return 'o';
    default:
        return cp;
    }
}

static bool is_chinese(uint32_t cp)
{
    return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF);
}
static bool is_letter(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    return (cp >= 0xC0 && cp <= 0x24F && cp != 0xD7 && cp != 0xF7) || (cp >= 0x370 && cp <= 0x52F) ||
           (cp >= 0x1E00 && cp <= 0x1FFF) || (cp >= 0xFF21 && cp <= 0xFF3A) ||
           (cp >= 0xFF41 && cp <= 0xFF5A) || is_chinese(cp) || (cp >= 0x3040 && cp <= 0x30FF) ||
           (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x590 && cp <= 0xDFF) || (cp >= 0xE00 && cp <= 0xFFF);
}
static bool is_digit(uint32_t cp)
{
    return (cp >= '0' && cp <= '9') || (cp >= 0xFF10 && cp <= 0xFF19);
}
/* Seen by nobody: soft hyphen, zero-width characters, marks left over behind a letter. */
static bool is_nothing(uint32_t cp)
{
    return cp == 0xAD || (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2060 && cp <= 0x2064) || cp == 0xFEFF ||
           (cp >= 0x300 && cp <= 0x36F) || (cp >= 0xFE00 && cp <= 0xFE0F);
}

/* ---- gaps ---- */

static const struct {
    uint32_t cp;
    uint32_t gap;
} gaps[] = {
    {'\t', GAP_WIDE},    {'|', GAP_WIDE},     {'"', GAP_QUOTE},    {'\'', GAP_QUOTE},   {0xAB, GAP_QUOTE},
    {0xBB, GAP_QUOTE},   {0x2018, GAP_QUOTE}, {0x2019, GAP_QUOTE}, {0x201A, GAP_QUOTE}, {0x201C, GAP_QUOTE},
    {0x201D, GAP_QUOTE}, {0x201E, GAP_QUOTE}, {0x300A, GAP_QUOTE}, {0x300B, GAP_QUOTE}, {0x300C, GAP_QUOTE},
    {0x300D, GAP_QUOTE}, {'`', GAP_QUOTE},    {'(', GAP_OPEN},     {'[', GAP_OPEN},     {'{', GAP_OPEN},
    {'<', GAP_OPEN},     {0xFF08, GAP_OPEN},  {0x3010, GAP_OPEN},  {')', GAP_CLOSE},    {']', GAP_CLOSE},
    {'}', GAP_CLOSE},    {'>', GAP_CLOSE},    {0xFF09, GAP_CLOSE}, {0x3011, GAP_CLOSE}, {':', GAP_COLON},
    {0xFF1A, GAP_COLON}, {'=', GAP_EQUAL},    {'/', GAP_SLASH},    {'\\', GAP_SLASH},   {'-', GAP_DASH},
    {'_', GAP_DASH},     {0x2010, GAP_DASH},  {0x2011, GAP_DASH},  {0x2012, GAP_DASH},  {0x2013, GAP_DASH},
    {0x2014, GAP_DASH},  {0x2015, GAP_DASH},  {0x2212, GAP_DASH},  {',', GAP_COMMA},    {';', GAP_COMMA},
    {0x3001, GAP_COMMA}, {0xFF0C, GAP_COMMA}, {'.', GAP_STOP},     {'!', GAP_SHOUT},    {'?', GAP_SHOUT},
    {0x2026, GAP_STOP},  {0x3002, GAP_STOP},  {0x2605, GAP_STAR},  {0x2606, GAP_STAR},  {0x2B50, GAP_STAR},
    {0x272D, GAP_STAR},  {'*', GAP_STAR},     {0x2610, GAP_BOX},   {0x25A1, GAP_BOX},   {0x25FB, GAP_BOX},
    {0x274F, GAP_BOX},   {0x2611, GAP_TICK},  {0x2612, GAP_TICK},  {0x2713, GAP_TICK},  {0x2714, GAP_TICK},
    {0x25A0, GAP_TICK},  {0x25FC, GAP_TICK},
};

static bool is_blank(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r' || cp == '\f' || cp == '\v' || cp == 0xA0 ||
           cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

struct between {
    uint32_t gap;
    unsigned blanks, run, slashes;
};

static void between_add(struct between *b, uint32_t cp)
{
    uint32_t gap = GAP_OTHER;

    if (is_blank(cp)) {
        b->blanks++;
        gap = ++b->run >= 3 || cp == '\t' ? GAP_WIDE | GAP_BLANK : GAP_BLANK;
        b->gap |= gap;
        return;
    }
    b->run = 0;
    for (size_t i = 0; i < GH_COUNT(gaps); i++)
        if (gaps[i].cp == cp)
            gap = gaps[i].gap;
    if (gap == GAP_SLASH && ++b->slashes == 2)
        gap |= GAP_SLASH2;
    b->gap |= gap;
}

/* ---- words ---- */

static const struct {
    uint16_t toned, plain, tone;
} tone_pairs[] = {
    {0xE0, 'a', 0},   {0xE1, 'a', 1}, {0x1EA3, 'a', 2}, {0xE3, 'a', 3},   {0x1EA1, 'a', 4},
    {0xE8, 'e', 0},   {0xE9, 'e', 1}, {0x1EBB, 'e', 2}, {0x1EBD, 'e', 3}, {0x1EB9, 'e', 4},
    {0x1EF3, 'y', 0}, {0xFD, 'y', 1}, {0x1EF7, 'y', 2}, {0x1EF9, 'y', 3}, {0x1EF5, 'y', 4},
};
static const uint16_t o_tones[] = {0xF2, 0xF3, 0x1ECF, 0xF5, 0x1ECD};
static const uint16_t u_tones[] = {0xF9, 0xFA, 0x1EE7, 0x169, 0x1EE5};

/* oá, oé, uý to óa, óe, úy: the same on both sides of the comparison, so it need not be right for every word.
 */
static void tones_move(uint32_t *cp, unsigned n)
{
    for (unsigned i = 0; i + 1 < n; i++)
        for (size_t k = 0; k < GH_COUNT(tone_pairs); k++) {
            if (tone_pairs[k].toned != cp[i + 1] || cp[i] != (tone_pairs[k].plain == 'y' ? 'u' : 'o'))
                continue;
            cp[i] = (tone_pairs[k].plain == 'y' ? u_tones : o_tones)[tone_pairs[k].tone];
            cp[i + 1] = tone_pairs[k].plain;
            break;
        }
}

/* Cyrillic letters that look Latin, for words that mix both: "SЕCRET". */
static void look_alikes(uint32_t *cp, unsigned n)
{
    static const struct {
        uint16_t cyrillic, latin;
    } pairs[] = {{0x430, 'a'}, {0x435, 'e'}, {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'},
                 {0x443, 'y'}, {0x445, 'x'}, {0x456, 'i'}, {0x43A, 'k'}, {0x43C, 'm'},
                 {0x43D, 'h'}, {0x442, 't'}, {0x432, 'b'}};
    bool has_latin = false, has_cyrillic = false;

    for (unsigned i = 0; i < n; i++) {
        has_latin |= cp[i] >= 'a' && cp[i] <= 'z';
        has_cyrillic |= cp[i] >= 0x400 && cp[i] <= 0x45F;
    }
    for (unsigned i = 0; has_latin && has_cyrillic && i < n; i++)
        for (size_t k = 0; k < GH_COUNT(pairs); k++)
            if (cp[i] == pairs[k].cyrillic)
                cp[i] = pairs[k].latin;
}

struct counts {
    unsigned upper_ascii, lower_ascii, upper_other, lower_other, chinese, digits;
    bool first_upper;
};

static enum mark_shape shape_of(const struct counts *c)
{
    unsigned upper = c->upper_ascii + c->upper_other, lower = c->lower_ascii + c->lower_other;

    if (c->chinese)
        return SHAPE_NOCASE;
    if (!upper && !lower)
        return SHAPE_DIGITS;
    if (!lower)
        return SHAPE_UPPER;
    if (!upper)
        return SHAPE_LOWER;
    if (c->upper_ascii && !c->lower_ascii && (c->upper_ascii > 1 || !c->first_upper))
        return SHAPE_UPPER; /* TCVN3 fonts have no toned capitals: "MậT", "TUYệT" */
    return c->first_upper && upper == 1 ? SHAPE_TITLE : SHAPE_MIXED;
}

static void count_letter(struct counts *c, uint32_t cp, unsigned n_before)
{
    bool upper = mark_fold_letter(cp) != cp && fold_odd(cp) == cp;

    upper |= cp == 0xD0 || cp == 0x189 || cp == 0x401;
    if (is_digit(cp))
        c->digits++;
    else if (is_chinese(cp))
        c->chinese++;
    else if (cp < 0x80)
        *(upper ? &c->upper_ascii : &c->lower_ascii) += 1;
    else
        *(upper ? &c->upper_other : &c->lower_other) += 1;
    if (n_before == 0)
        c->first_upper = upper;
}

static void word_store(struct mark_line *l, struct mark_word *w, uint32_t *cp, unsigned n)
{
    struct writer out;

    tones_move(cp, n);
    look_alikes(cp, n);
    writer_fixed(&out, l->fold + l->fold_used, sizeof(l->fold) - l->fold_used);
    for (unsigned i = 0; i < n; i++)
        text_put(&out, cp[i]);
    if (!writer_ok(&out) || out.n > 255) {
        l->cut = true;
        return;
    }
    w->fold_at = l->fold_used;
    w->fold_n = (uint8_t)out.n;
    w->letters = (uint8_t)n;
    l->fold_used = (uint16_t)(l->fold_used + out.n);
    l->w[l->n++] = *w;
}

/* ---- letter-spacing ---- */

/* Words of one letter with exactly one blank between them become one word; a wider gap ends it. Three letters
 * at least (two for Chinese), because "A B" is no word. */
static unsigned run_length(const struct mark_line *l, unsigned i)
{
    unsigned n = 1;

    if (l->w[i].letters != 1 || l->w[i].shape == SHAPE_DIGITS)
        return 1;
    while (i + n < l->n && l->w[i + n].letters == 1 && l->w[i + n].shape == l->w[i].shape &&
           l->w[i + n].blanks == 1 && l->w[i + n].before == GAP_BLANK)
        n++;
    return n >= (l->w[i].shape == SHAPE_NOCASE ? 2u : 3u) ? n : 1;
}

static void spaced_merge(struct mark_line *l)
{
    unsigned out = 0;

    for (unsigned i = 0; i < l->n;) {
        unsigned n = run_length(l, i);
        struct mark_word w = l->w[i];
        for (unsigned k = 1; k < n; k++) { /* neighbours in fold, too */
            w.fold_n = (uint8_t)(w.fold_n + l->w[i + k].fold_n);
            w.letters = (uint8_t)(w.letters + 1);
            w.end = l->w[i + k].end;
        }
        w.spaced = n > 1;
        l->w[out++] = w;
        i += n;
    }
    l->n = out;
}

void mark_line_read(struct mark_line *l, struct span text, size_t from, size_t to)
{
    struct span s = span_part(text, 0, to);
    struct between b = {0};
    size_t pos = from;

    l->n = 0;
    l->fold_used = 0;
    l->cut = false;
    while (pos < s.n) {
        size_t at = pos;
        uint32_t cp = text_next(s, &pos), folded[WORD_MAX];
        struct counts c = {0};
        struct mark_word w = {.at = at};
        unsigned n = 0;

        if (is_nothing(cp))
            continue;
        if (!is_letter(cp) && !is_digit(cp)) {
            between_add(&b, cp);
            continue;
        }
        if (l->n == MARK_WORDS_MAX) {
            l->cut = true;
            break;
        }
        w.before = b.gap;
        w.blanks = (uint8_t)(b.blanks > 255 ? 255 : b.blanks);
        b = (struct between){0};
        for (;;) {
            if (!is_nothing(cp)) {
                count_letter(&c, cp, n);
                if (n < WORD_MAX)
                    folded[n++] = mark_fold_letter(cp);
                else
                    w.cut = true;
            }
            w.end = pos;
            if (pos >= s.n)
                break;
            size_t next = pos;
            cp = text_next(s, &next);
            if (!is_letter(cp) && !is_digit(cp) && !is_nothing(cp))
                break;
            pos = next;
        }
        w.shape = (uint8_t)shape_of(&c);
        word_store(l, &w, folded, n);
        if (l->cut)
            break;
    }
    l->after = b.gap;
    spaced_merge(l);
}

void mark_line_join(struct mark_line *a, const struct mark_line *b)
{
    uint32_t gap = (a->after & GAP_COLON) | GAP_LINE; /* other marks belong to the line they stand on */

    for (unsigned i = 0; i < b->n; i++) {
        struct span f = mark_word_fold(b, i);
        if (a->n == MARK_WORDS_MAX || f.n > sizeof(a->fold) - a->fold_used) {
            a->cut = true;
            break;
        }
        struct mark_word w = b->w[i];
        w.fold_at = a->fold_used;
        w.before |= i ? 0 : gap;
        memcpy(a->fold + a->fold_used, f.p, f.n);
        a->fold_used = (uint16_t)(a->fold_used + f.n);
        a->w[a->n++] = w;
    }
    a->after = b->after;
    a->cut |= b->cut;
}

struct span mark_word_fold(const struct mark_line *l, unsigned i)
{
    return span_of(l->fold + l->w[i].fold_at, l->w[i].fold_n);
}

bool mark_word_is(const struct mark_line *l, unsigned i, const char *s)
{
    return i < l->n && !l->w[i].cut && span_eq(mark_word_fold(l, i), span_str(s));
}

/* Letter-spaced words may have lost the blanks between words, or gained some: there the phrase's blanks do
 * not count. */
unsigned mark_phrase_at(const struct mark_line *l, unsigned i, const char *phrase)
{
    struct reader r = reader_span(span_str(phrase));
    unsigned n = 0;

    if (i >= l->n || !l->w[i].fold_n || (uint8_t)l->fold[l->w[i].fold_at] != (uint8_t)phrase[0])
        return 0; /* nearly always */
    while (i + n < l->n && reader_left(&r)) {
        struct span f = mark_word_fold(l, i + n);
        const struct mark_word *w = &l->w[i + n];

        if (w->cut)
            return 0;
        for (size_t k = 0; k < f.n; k++) {
            if (w->spaced && reader_peek(&r, 0) == ' ')
                reader_skip(&r, 1);
            if (!reader_left(&r) || reader_u8(&r) != f.p[k])
                return 0;
        }
        n++;
        if (!reader_left(&r))
            return n;
        if (reader_peek(&r, 0) == ' ')
            reader_skip(&r, 1);
        else if (!w->spaced)
            return 0;
    }
    return 0;
}

enum mark_shape mark_words_shape(const struct mark_line *l, unsigned i, unsigned n)
{
    unsigned count[SHAPE_NOCASE + 1] = {0}, words = 0;

    for (unsigned k = i; k < i + n && k < l->n; k++) {
        count[l->w[k].shape]++;
        words += l->w[k].shape != SHAPE_DIGITS;
    }
    if (count[SHAPE_NOCASE])
        return SHAPE_NOCASE;
    if (count[SHAPE_UPPER] == words)
        return SHAPE_UPPER;
    if (count[SHAPE_LOWER] == words)
        return SHAPE_LOWER;
    if (l->w[i].shape == SHAPE_TITLE && count[SHAPE_TITLE] + count[SHAPE_LOWER] == words)
        return SHAPE_TITLE;
    return SHAPE_MIXED;
}

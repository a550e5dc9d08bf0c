/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which encoding is it? In the order of certainty: byte order marks, zeros (UTF-16), escape sequences, UTF-8,
 * Vietnamese syllables, East Asian characters by how common they are, letters of the single-byte sets. */
#include "rules/charset_table.h"

#include "base/text.h"
#include "rules/unicode.h"

#define DECODE_SAMPLE 16384 /* bytes that every candidate decodes */

struct guess {
    const struct charset *c;
    double confidence;
};

static struct guess guess(const char *name, double confidence)
{
    return (struct guess){charset_find(name), confidence};
}

static bool by_mark(struct span s, struct guess *ret)
{
    if (span_starts(s, "\xef\xbb\xbf"))
        *ret = guess("utf-8", 1);
    else if (s.n >= 4 && memcmp(s.p, "\xff\xfe\0\0", 4) == 0)
        *ret = guess("utf-32le", 1);
    else if (s.n >= 4 && memcmp(s.p, "\0\0\xfe\xff", 4) == 0)
        *ret = guess("utf-32be", 1);
    else if (span_starts(s, "\xff\xfe"))
        *ret = guess("utf-16le", 1);
    else if (span_starts(s, "\xfe\xff"))
        *ret = guess("utf-16be", 1);
    else
        return false;
    return true;
}

/* UTF-16 without a mark: one byte of each pair is zero or one of a few (the script), the other is anything.
 */
static bool by_zeros(struct span s, struct guess *ret)
{
    unsigned seen[2][256] = {0}, distinct[2] = {0}, few[2];
    size_t pairs = s.n / 2;

    if (pairs < 2)
        return false;
    for (size_t i = 0; i < pairs * 2; i++)
        distinct[i & 1] += seen[i & 1][s.p[i]]++ == 0;
    for (unsigned k = 0; k < 2; k++)
        few[k] = seen[k][0] + seen[k][1] + seen[k][3] + seen[k][4] + seen[k][5] + seen[k][6] + seen[k][0x1e] +
                 seen[k][0x20];
    for (unsigned k = 0; k < 2; k++)
        if (seen[k][0] * 20 >= pairs && seen[!k][0] * 50 < pairs + 49 && few[k] * 10 >= pairs * 9 &&
            (distinct[!k] > distinct[k] || pairs < 8)) {
            *ret = guess(k ? "utf-16le" : "utf-16be", seen[k][0] * 2 > pairs ? 0.95 : 0.7);
            return true;
        }
    return false;
}

static bool is_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

static struct viet_score score_as(const char *name, struct span sample)
{
    struct viet_score s;
    struct writer w;

    writer_init(&w, 8 * DECODE_SAMPLE + 64);
    charset_decode_by(charset_find(name), span_part(sample, 0, DECODE_SAMPLE), &w);
    s = charset_syllables(writer_span(&w));
    writer_done(&w);
    return s;
}

/* Seven bits: escape sequences, VIQR, or nothing special. */
static struct guess by_seven_bits(struct span s, const struct charset *hint)
{
    struct viet_score v;

    for (ptrdiff_t at = -1; (at = span_find_byte(s, 0x1b, (size_t)(at + 1))) >= 0;) {
        struct span rest = span_part(s, (size_t)at, 4);
        if (span_starts(rest, "\x1b$)C"))
            return guess("iso-2022-kr", 0.95);
        if (span_starts(rest, "\x1b$B") || span_starts(rest, "\x1b$@") || span_starts(rest, "\x1b(J"))
            return guess("iso-2022-jp", 0.95);
    }
    if (hint && (hint->form == FORM_MULTI || hint->form == FORM_VIQR))
        return (struct guess){hint, 0.9};
    v = score_as("viqr", s);
    if (v.words >= 4 && v.valid * 10 >= v.words * 9 && v.plain_valid * 10 >= v.plain * 7)
        return guess("viqr", 0.9);
    return guess("us-ascii", 1);
}

/* Well-formed sequences of more than one byte, and bytes that belong to none. */
static bool by_utf8(struct span bytes, struct span sample, const struct charset *hint, struct guess *ret)
{
    size_t good = 0, bad = 0;

    if (text_is_utf8(bytes)) {
        *ret = guess("utf-8", 0.99);
        return true;
    }
    for (size_t pos = 0, from; pos < sample.n;) {
        from = pos;
        if (text_next(sample, &pos) == TEXT_REPLACEMENT && pos == from + 1)
            bad++;
        else if (pos > from + 1)
            good++;
    }
    if (sample.n < bytes.n && bad && bad <= 3 && good)
        bad = 1; /* the sample's end cut a letter */
    if (!good || bad * (hint && hint->form == FORM_UTF8 ? 2 : 20) > good)
        return false;
    *ret = guess("utf-8", 0.7);
    return true;
}

/* declared: somebody says that it is another one; then it takes more words. */
static bool by_syllables(struct span sample, bool declared, struct guess *ret)
{
    static const char *const names[] = {"tcvn3", "vni", "windows-1258", "viscii"};
    double best = 0;

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        struct viet_score v = score_as(names[i], sample);
        double share = v.words ? (double)v.valid / v.words : 0;
        double plain = v.plain ? (double)v.plain_valid / v.plain : 1;
        bool enough = v.words >= 3 ? share >= 0.75 : v.words == 2 && share >= 1 && plain >= 0.5 && !declared;

        /* Few words need their neighbours' word for it: a French or German line has syllables by chance. */
        if (v.words < 8 && plain < 0.34)
            enough = false;
        if (enough && share > best) {
            best = share;
            *ret = guess(names[i], v.words < 8 ? 0.75 * share : share);
        }
    }
    return best > 0;
}

/* Share of decoded characters that are among the most common of the language. */
static double east_score(const char *name, struct span sample, const char *common, uint32_t lo, uint32_t hi)
{
    const struct charset *c = charset_find(name);
    struct writer w;
    unsigned all = 0, hit = 0;
    struct span text, list = span_str(common);

    writer_init(&w, 4 * DECODE_SAMPLE + 64);
    /* The sample may end inside a character: the last bytes are not looked at. */
    if (!unicode_convert(c->converter, sample, &w)) {
        writer_done(&w);
        return 0;
    }
    text = writer_span(&w);
    for (size_t pos = 0; pos < text.n;) {
        size_t from = pos;
        uint32_t cp = text_next(text, &pos);
        if (cp < 0x80)
            continue;
        all++;
        if (cp >= 0xe000 && cp <= 0xf8ff)
            all += 4; /* private use: hardly that encoding */
        if ((cp >= lo && cp <= hi) || cp == 0x3001 || cp == 0x3002 || cp == 0xff0c ||
            span_find(list, span_part(text, from, pos - from), 0) >= 0)
            hit++;
    }
    writer_done(&w);
    return all ? (double)hit / all : 0;
}

/* Cuts what may be half a character at the end: back to the last ASCII byte, if one is near. */
static struct span whole_characters(struct span s)
{
    struct span cut = span_part(s, 0, DECODE_SAMPLE);

    if (cut.n == s.n)
        return s;
    for (size_t i = cut.n; i > cut.n - 256; i--)
        if (cut.p[i - 1] < 0x40)
            return span_part(cut, 0, i);
    return cut;
}

/* Share of characters in the first level of GB 2312, the 3755 most used: 0xb0..0xd7 leads them. */
static double gb_level(struct span s)
{
    unsigned all = 0, hit = 0;

    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] < 0x80)
            continue;
        all++;
        hit += s.p[i] >= 0xb0 && s.p[i] <= 0xd7 && s.p[i + 1] >= 0xa1;
        i++;
    }
    return all >= 4 ? (double)hit / all : 0;
}

static bool by_east_asia(struct span sample, struct guess *ret)
{
    static const struct {
        const char *name, *common;
        uint32_t lo, hi;
        double least;
    } rows[] = {
        {"shift_jis", "ー日本人年大会", 0x3041, 0x30f6, 0.3},
        {"euc-jp", "ー日本人年大会", 0x3041, 0x30f6, 0.3},
        {"euc-kr", "", 0xac00, 0xd7a3, 0.6},
        {"gb18030",
         "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作"
         "里用道行所然"
         "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实机密文件"
         "年月日",
         1, 0, 0.15},
        {"big5",
         "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作"
         "裡用道行所然"
         "家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實機密文件"
         "年月日",
         1, 0, 0.15},
    };
    struct span s = whole_characters(sample);
    double best = 0;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        double share = east_score(rows[i].name, s, rows[i].common, rows[i].lo, rows[i].hi) / rows[i].least;
        if (share > 0 && share < 1.1 && strcmp(rows[i].name, "gb18030") == 0 && gb_level(s) >= 0.85)
            share = 1.1; /* short texts have none of the commonest */
        if (share >= 1 && share > best) {
            best = share;
            *ret = guess(rows[i].name, share > 2 ? 0.95 : 0.7);
        }
    }
    return best > 0;
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static int mood_score(const struct charset *c, uint8_t before, uint8_t b, uint8_t after)
{
    bool in_word = is_letter(before) || before >= 0x80, goes_on = is_letter(after) || after >= 0x80;

    /* One word is one script. (0xce is the first byte of Greek, which comes first of all.) */
    if (c->mood[b] >= MOOD_CAPITAL && (uint8_t)c->letters[0] >= 0xce &&
        (is_letter(before) || is_letter(after)))
        return -3;

    switch ((enum charset_mood)c->mood[b]) {
    case MOOD_NONE:
        return -6;
    case MOOD_SYMBOL:
        return in_word && goes_on ? -3 : -1;
    case MOOD_QUOTE:
        return in_word && goes_on ? 0 : 2; /* inside a word only the apostrophe */
    case MOOD_LETTER:
        return -1;
    case MOOD_CAPITAL:
        if ((before >= 'a' && before <= 'z') || (before >= 0x80 && c->mood[before] >= MOOD_RARE))
            return -3;
        return 1;
    case MOOD_RARE:
        return 1;
    case MOOD_COMMON:
        return after >= 'A' && after <= 'Z' ? -1 : 2;
    case MOOD_FREQUENT:
        return after >= 'A' && after <= 'Z' ? -1 : 3;
    }
    return 0;
}

static struct guess by_letters(struct span sample)
{
    struct guess best = guess("windows-1252", 0.3);
    int score = INT32_MIN, first = 0;
    unsigned high = 0;

    for (size_t i = 0; i < sample.n; i++)
        high += sample.p[i] >= 0x80;
    for (size_t k = 0; k < charsets_count; k++) {
        const struct charset *c = &charsets[k];
        int sum = 0;
        if (!c->mood)
            continue;
        for (size_t i = 0; i < sample.n; i++)
            if (sample.p[i] >= 0x80)
                sum += mood_score(c, i ? sample.p[i - 1] : 0, sample.p[i],
                                  i + 1 < sample.n ? sample.p[i + 1] : 0);
        if (c == best.c && score == INT32_MIN)
            first = sum; /* windows-1252 comes first: others must be clearly better */
        if (score == INT32_MIN || (sum > score && sum >= first + 2 && sum * 4 >= (int)high)) {
            score = sum;
            best =
                (struct guess){c, sum > 0 ? 0.4 + 0.4 * (sum > 2 * (int)high ? 1 : sum / (2.0 * high)) : 0.2};
        }
    }
    return best;
}

/* A declared single-byte set is believed while its bytes mean something in it. */
static bool fits(const struct charset *c, struct span sample)
{
    struct writer w;
    bool ok = true;

    if (c->form == FORM_BYTE) {
        size_t none = 0;
        for (size_t i = 0; i < sample.n; i++)
            none += sample.p[i] >= 0x80 && c->table && c->table[sample.p[i]] == TEXT_REPLACEMENT;
        return none * 50 <= sample.n;
    }
    if (c->form == FORM_MULTI) {
        writer_init(&w, 4 * DECODE_SAMPLE + 64);
        ok = unicode_convert(c->converter, whole_characters(sample), &w);
        writer_done(&w);
    }
    return ok && (c->form == FORM_MULTI || c->form == FORM_VNI);
}

static struct guess detect(struct span bytes, const struct charset *hint)
{
    struct span sample = span_part(bytes, 0, CHARSET_SAMPLE);
    struct guess g;

    if (by_mark(sample, &g) || by_zeros(sample, &g))
        return g;
    if (hint && hint->form == FORM_BYTE && hint->table && hint->table['a'] != 'a')
        return (struct guess){hint, 0.8}; /* EBCDIC: nothing below can judge it */
    if (is_ascii(bytes))
        return by_seven_bits(sample, hint);
    if (hint && hint->form == FORM_MULTI && fits(hint, sample))
        return (struct guess){hint, 0.9};
    if (by_utf8(bytes, sample, hint, &g) || by_syllables(sample, hint != NULL, &g))
        return g;
    if (hint && fits(hint, sample))
        return (struct guess){hint, 0.8};
    if (by_east_asia(sample, &g))
        return g;
    return by_letters(sample);
}

const char *charset_wide(struct span bytes)
{
    struct span sample = span_part(bytes, 0, CHARSET_SAMPLE);
    struct guess g;

    if (!by_mark(sample, &g) && !by_zeros(sample, &g))
        return NULL;
    return strncmp(g.c->name, "utf-16", 6) == 0 || strncmp(g.c->name, "utf-32", 6) == 0 ? g.c->name : NULL;
}

const char *charset_detect(struct span bytes, const char *hint, double *ret_confidence)
{
    struct guess g = detect(bytes, charset_find(hint));

    if (ret_confidence)
        *ret_confidence = g.confidence;
    return g.c->name;
}

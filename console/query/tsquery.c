/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/query/tsquery.h"
#include "base/text.h"
#include "console/query/keys.h"

#define DEPTH 64
#define WORD_MAX 512       /* bytes; PostgreSQL takes 2046 */
#define POSITION_MAX 16383 /* where PostgreSQL stops counting */

static const char *const names[COLUMNS] = {"keys", "file", "host", "mail", "words", "exact"};
static const char letters[COLUMNS] = {'k', 'f', 'h', 'm', 'w', 'e'};

/* Letters, digits and private characters of Unicode, in ranges wide enough for what people write; the rest
 * separates. */
static bool in_word(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } between[] = {{0x80, 0xA9},      {0xAB, 0xB1},     {0xB4, 0xB4},     {0xB6, 0xB8},     {0xBB, 0xBB},
                   {0xBF, 0xBF},      {0xD7, 0xD7},     {0xF7, 0xF7},     {0x2000, 0x206F}, {0x20A0, 0x214F},
                   {0x2190, 0x245F},  {0x249C, 0x24E9}, {0x2500, 0x2775}, {0x2794, 0x2BFF}, {0x2E00, 0x2E7F},
                   {0x3000, 0x3004},  {0x3008, 0x3020}, {0x3030, 0x3030}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE6F},
                   {0xFEFF, 0xFF0F},  {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF},
                   {0x1F000, 0x1FAFF}};

    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    for (size_t i = 0; i < GH_COUNT(between); i++)
        if (cp >= between[i].first && cp <= between[i].last)
            return false;
    return true;
}

/* The next word from *pos on, in small letters; empty at the end. */
static struct span next_word(struct span text, size_t *pos, uint8_t buf[static WORD_MAX])
{
    struct writer w;

    writer_fixed(&w, buf, WORD_MAX);
    while (*pos < text.n) {
        uint32_t cp = text_next(text, pos);
        if (in_word(cp)) {
            if (w.n + 4 <= WORD_MAX) /* the rest of an endless word is not told apart */
                text_put(&w, key_lower(cp));
        } else if (w.n) {
            break;
        }
    }
    return span_of(buf, w.n);
}

void scan_words_put(struct span column, struct writer *out)
{
    uint8_t buf[WORD_MAX];
    size_t pos = 0;
    struct span word;

    writer_u8(out, ' ');
    while ((word = next_word(column, &pos, buf)).n) {
        writer_put(out, word);
        writer_u8(out, ' ');
    }
}

bool scan_key(struct span word, uint64_t *ret)
{
    uint64_t v = 0;

    if (word.n != KEY_TEXT || word.p[0] != 'k')
        return false;
    for (size_t i = 1; i < KEY_TEXT; i++) {
        uint8_t c = word.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = v;
    return true;
}

void tsvector_put(const struct span column[static COLUMNS], struct writer *out)
{
    uint8_t buf[WORD_MAX];

    for (size_t c = 0; c < COLUMNS; c++) {
        unsigned at = 0;
        size_t pos = 0;
        struct span word;
        while ((word = next_word(column[c], &pos, buf)).n) {
            at += at < POSITION_MAX;
            writer_printf(out, "'%c", letters[c]);
            writer_put(out, word);
            writer_printf(out, "':%u ", at);
        }
    }
}

/* What an expression is written in. */
struct language {
    const char *and, *or, *without, *nothing;
    void (*phrase)(struct writer *out, size_t column, struct span words, bool prefix);
};
struct parse {
    const struct language *in;
    struct span s;
    size_t pos;
    unsigned depth;
    bool bad;
    struct writer *out;
};

static void blanks(struct parse *p)
{
    while (p->pos < p->s.n && p->s.p[p->pos] == ' ')
        p->pos++;
}

static bool take(struct parse *p, const char *text)
{
    blanks(p);
    if (!span_starts(span_part(p->s, p->pos, p->s.n), text))
        return false;
    p->pos += strlen(text);
    return true;
}

/* One name of a column, as a bit; 0 when none is there. */
static unsigned column(struct parse *p)
{
    blanks(p);
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t after = p->pos + strlen(names[c]);
        struct span rest = span_part(p->s, p->pos, p->s.n);
        if (span_starts(rest, names[c]) && (after >= p->s.n || !in_word(p->s.p[after]))) {
            p->pos = after;
            return 1u << c;
        }
    }
    return 0;
}

static unsigned columns(struct parse *p)
{
    unsigned all = 0, one;

    if (!take(p, "{"))
        return column(p);
    while ((one = column(p)) != 0)
        all |= one;
    p->bad = p->bad || !take(p, "}");
    return all;
}

/* The words in their order, in one of the columns. */
static void put_phrase(struct parse *p, unsigned in, struct span words, bool prefix)
{
    uint8_t buf[WORD_MAX];
    size_t look = 0;
    bool first = true, any = next_word(words, &look, buf).n > 0;

    writer_str(p->out, "(");
    if (!any)
        writer_str(p->out, p->in->nothing); /* no word at all is found nowhere */
    for (size_t c = 0; any && c < COLUMNS; c++) {
        if (!(in >> c & 1))
            continue;
        writer_str(p->out, first ? "" : p->in->or);
        first = false;
        p->in->phrase(p->out, c, words, prefix);
    }
    writer_str(p->out, ")");
}

static void put_or(struct parse *p);

static void put_keys(struct parse *p, unsigned in)
{
    bool more = false;

    writer_str(p->out, "(");
    do {
        size_t start, end;
        blanks(p);
        start = end = p->pos;
        while (end < p->s.n && in_word(p->s.p[end]))
            end++;
        p->bad = p->bad || end == start;
        p->pos = end;
        writer_str(p->out, more ? p->in->or : "");
        put_phrase(p, in, span_part(p->s, start, end - start), false);
        more = true;
    } while (!p->bad && take(p, "OR "));
    writer_str(p->out, ")");
}

static void put_item(struct parse *p)
{
    unsigned in;

    blanks(p);
    if (++p->depth > DEPTH || p->bad) {
        p->bad = true;
        return;
    }
    if (take(p, "(")) {
        writer_str(p->out, "(");
        put_or(p);
        writer_str(p->out, ")");
        p->bad = p->bad || !take(p, ")");
        p->depth--;
        return;
    }
    in = columns(p);
    p->bad = p->bad || !in || !take(p, ":");
    if (p->bad)
        return;
    if (take(p, "\"")) {
        ptrdiff_t end = span_find_byte(p->s, '"', p->pos);
        struct span words = span_part(p->s, p->pos, end < 0 ? 0 : (size_t)end - p->pos);
        p->bad = end < 0;
        p->pos = end < 0 ? p->s.n : (size_t)end + 1;
        put_phrase(p, in, words, take(p, "*"));
    } else if (take(p, "(")) {
        put_keys(p, in);
        p->bad = p->bad || !take(p, ")");
    } else {
        size_t start, end;
        blanks(p);
        start = end = p->pos;
        while (end < p->s.n && in_word(p->s.p[end]))
            end++;
        p->bad = end == start;
        p->pos = end;
        put_phrase(p, in, span_part(p->s, start, end - start), false);
    }
    p->depth--;
}

/* FTS5 binds NOT closest, then AND, then OR. */
static void put_not(struct parse *p)
{
    writer_str(p->out, "(");
    put_item(p);
    while (!p->bad && take(p, "NOT ")) {
        writer_str(p->out, p->in->without);
        put_item(p);
    }
    writer_str(p->out, ")");
}

static void put_and(struct parse *p)
{
    put_not(p);
    while (!p->bad && take(p, "AND ")) {
        writer_str(p->out, p->in->and);
        put_not(p);
    }
}

static void put_or(struct parse *p)
{
    writer_str(p->out, "(");
    put_and(p);
    while (!p->bad && take(p, "OR ")) {
        writer_str(p->out, ")");
        writer_str(p->out, p->in->or);
        writer_str(p->out, "(");
        put_and(p);
    }
    writer_str(p->out, ")");
}

static int expression(struct span match, const struct language *in, struct writer *out)
{
    struct parse p = {.in = in, .s = match, .out = out};

    put_or(&p);
    blanks(&p);
    return p.bad || p.pos != match.n || !writer_ok(out) ? ST_MALFORMED : 0;
}

/* ---- PostgreSQL's tsquery ---- */

static void lexemes(struct writer *out, size_t column, struct span words, bool prefix)
{
    uint8_t buf[WORD_MAX], ahead[WORD_MAX];
    bool any = false;
    struct span word;
    size_t pos = 0;

    writer_str(out, "(");
    while ((word = next_word(words, &pos, buf)).n) {
        size_t look = pos;
        writer_printf(out, "%s'%c", any ? " <-> " : "", letters[column]);
        writer_put(out, word);
        writer_str(out, prefix && !next_word(words, &look, ahead).n ? "':*" : "'");
        any = true;
    }
    writer_str(out, ")");
}

int tsquery_put(struct span match, struct writer *out)
{
    static const struct language language = {" & ", " | ", " & !", "'-'", lexemes};

    return expression(match, &language, out);
}

/* ---- a table that is looked through ---- */

static void like(struct writer *out, size_t column, struct span words, bool prefix)
{
    uint8_t buf[WORD_MAX];
    struct span word;
    size_t pos = 0;

    writer_printf(out, "%s LIKE '%% ", names[column]);
    while ((word = next_word(words, &pos, buf)).n) {
        writer_put(out, word);
        writer_u8(out, ' ');
    }
    if (prefix && out->n)
        out->n--;
    writer_str(out, "%'");
}

static void has_key(struct writer *out, size_t column, struct span words, bool prefix)
{
    uint8_t buf[WORD_MAX], ahead[WORD_MAX];
    size_t pos = 0;
    struct span word = next_word(words, &pos, buf);
    uint64_t key;

    if (column != COLUMN_KEYS)
        like(out, column, words, prefix);
    else if (!prefix && scan_key(word, &key) && !next_word(words, &pos, ahead).n)
        writer_printf(out, "has(keys, %llu)", (unsigned long long)key);
    else
        writer_str(out, "1 = 0"); /* keys are asked for one by one */
}

int scan_put(struct span match, enum scan_form form, struct writer *out)
{
    static const struct language languages[SCAN_FORMS] = {
        [SCAN_LIKE] = {" AND ", " OR ", " AND NOT ", "1 = 0", like},
        [SCAN_CLICK] = {" AND ", " OR ", " AND NOT ", "1 = 0", has_key}};

    return expression(match, &languages[form], out);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/lex.h"

static const char *const keywords[] = {"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                       "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                       "repeat",   "return", "then", "true", "until",  "while"};
static const char *const long_signs[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

void lex_open(struct lex *l, struct span source)
{
    l->r = reader_span(source);
    l->line = 1;
    l->line_start = 0;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static void step(struct lex *l)
{
    if (reader_u8(&l->r) == '\n') {
        l->line++;
        l->line_start = l->r.pos;
    }
}

/* "[==[" at the reader: number of '=' or -1. */
static int long_open(const struct lex *l)
{
    size_t n = 1;

    if (reader_peek(&l->r, 0) != '[')
        return -1;
    while (reader_peek(&l->r, n) == '=')
        n++;
    return reader_peek(&l->r, n) == '[' ? (int)n - 1 : -1;
}

/* Past the end of a long string or comment; false when it has none. */
static bool skip_long(struct lex *l, int level)
{
    reader_skip(&l->r, (size_t)level + 2);
    while (reader_left(&l->r)) {
        size_t n = 1;
        if (reader_peek(&l->r, 0) == ']') {
            while (reader_peek(&l->r, n) == '=')
                n++;
            if ((int)n - 1 == level && reader_peek(&l->r, n) == ']') {
                reader_skip(&l->r, n + 1);
                return true;
            }
        }
        step(l);
    }
    return false;
}

static bool skip_blanks(struct lex *l)
{
    while (reader_left(&l->r)) {
        uint8_t c = reader_peek(&l->r, 0);
        if (c == '-' && reader_peek(&l->r, 1) == '-') {
            int level;
            reader_skip(&l->r, 2);
            level = long_open(l);
            if (level >= 0) {
                if (!skip_long(l, level))
                    return false;
                continue;
            }
            while (reader_left(&l->r) && reader_peek(&l->r, 0) != '\n')
                reader_skip(&l->r, 1);
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            step(l);
        } else {
            break;
        }
    }
    return true;
}

static bool skip_string(struct lex *l, uint8_t quote)
{
    reader_skip(&l->r, 1);
    while (reader_left(&l->r)) {
        uint8_t c = reader_peek(&l->r, 0);
        if (c == '\n')
            return false;
        step(l);
        if (c == '\\')
            step(l);
        else if (c == quote)
            return true;
    }
    return false;
}

static void skip_number(struct lex *l)
{
    uint8_t before = 0, c;

    while (is_letter(c = reader_peek(&l->r, 0)) || is_digit(c) || c == '.' ||
           ((c == '+' || c == '-') && (before == 'e' || before == 'E' || before == 'p' || before == 'P'))) {
        before = c;
        reader_skip(&l->r, 1);
    }
}

static bool is_keyword(struct span s)
{
    for (size_t i = 0; i < GH_COUNT(keywords); i++)
        if (span_eq(s, span_str(keywords[i])))
            return true;
    return false;
}

static void skip_sign(struct lex *l)
{
    for (size_t i = 0; i < GH_COUNT(long_signs); i++) {
        struct span rest = span_of(l->r.p + l->r.pos, reader_left(&l->r));
        if (span_starts(rest, long_signs[i])) {
            reader_skip(&l->r, strlen(long_signs[i]));
            return;
        }
    }
    reader_skip(&l->r, 1);
}

struct lex_token lex_next(struct lex *l)
{
    struct lex_token t = {.kind = LEX_ERROR};
    size_t start;
    uint8_t c;
    bool good = true;

    if (!skip_blanks(l))
        return t;
    t.line = l->line;
    t.column = (unsigned)(l->r.pos - l->line_start) + 1;
    if (!reader_left(&l->r)) {
        t.kind = LEX_END;
        return t;
    }
    start = l->r.pos;
    c = reader_peek(&l->r, 0);
    if (is_letter(c)) {
        while (is_letter(reader_peek(&l->r, 0)) || is_digit(reader_peek(&l->r, 0)))
            reader_skip(&l->r, 1);
        t.kind = LEX_NAME;
    } else if (is_digit(c) || (c == '.' && is_digit(reader_peek(&l->r, 1)))) {
        skip_number(l);
        t.kind = LEX_NUMBER;
    } else if (c == '"' || c == '\'') {
        good = skip_string(l, c);
        t.kind = LEX_STRING;
    } else if (long_open(l) >= 0) {
        good = skip_long(l, long_open(l));
        t.kind = LEX_STRING;
    } else {
        skip_sign(l);
        t.kind = LEX_SIGN;
    }
    t.text = span_of(l->r.p + start, l->r.pos - start);
    if (t.kind == LEX_NAME && is_keyword(t.text))
        t.kind = LEX_KEYWORD;
    if (!good)
        t.kind = LEX_ERROR;
    return t;
}

bool lex_is(const struct lex_token *t, const char *text)
{
    return t->kind != LEX_STRING && span_eq(t->text, span_str(text));
}

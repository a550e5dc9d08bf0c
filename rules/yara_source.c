/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/yara_source.h"
#include "base/text.h"
#include "rules/yara.h"

#define RULES_PER_FILE 10000

enum token_kind { T_END, T_WORD, T_STRING, T_REGEX, T_HEX, T_PUNCT, T_BAD };
struct token {
    enum token_kind kind;
    size_t start, end; /* with quotes, slashes or braces */
    unsigned line;
};
struct lexer {
    struct span s;
    size_t pos;
    unsigned line;
    bool value; /* behind '=' of the strings section: '{' opens bytes in hex, not a block */
    const char *fault;
};

static uint8_t at(const struct lexer *l, size_t off)
{
    return l->pos + off < l->s.n ? l->s.p[l->pos + off] : 0;
}

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void step(struct lexer *l)
{
    if (at(l, 0) == '\n')
        l->line++;
    l->pos++;
}

/* Over white space and comments. */
static void skip_blank(struct lexer *l)
{
    while (l->pos < l->s.n) {
        uint8_t c = at(l, 0);
        if (c == '/' && at(l, 1) == '/') {
            while (l->pos < l->s.n && at(l, 0) != '\n')
                l->pos++;
        } else if (c == '/' && at(l, 1) == '*') {
            ptrdiff_t end = span_find(l->s, span_str("*/"), l->pos + 2);
            if (end < 0) {
                l->fault = "a comment is not closed";
                l->pos = l->s.n;
                return;
            }
            while (l->pos < (size_t)end + 2)
                step(l);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            step(l);
        } else {
            return;
        }
    }
}

/* A literal up to its unescaped closing sign, on one line. */
static enum token_kind take_quoted(struct lexer *l, uint8_t close, enum token_kind kind, const char *fault)
{
    for (l->pos++; l->pos < l->s.n && at(l, 0) != '\n'; l->pos++) {
        uint8_t c = at(l, 0);
        if (c == '\\' && at(l, 1) != '\n') {
            l->pos++;
        } else if (c == close) { /* libyara, too, ends an expression at a slash inside a class */
            l->pos++;
            return kind;
        }
    }
    l->fault = fault;
    return T_BAD;
}

static enum token_kind take_hex(struct lexer *l)
{
    while (l->pos < l->s.n) {
        skip_blank(l);
        if (at(l, 0) == '}') {
            l->pos++;
            return T_HEX;
        }
        step(l);
    }
    l->fault = "bytes in hex are not closed";
    return T_BAD;
}

static struct token next(struct lexer *l)
{
    struct token t;
    uint8_t c;

    skip_blank(l);
    t = (struct token){.kind = T_PUNCT, .start = l->pos, .line = l->line};
    c = at(l, 0);
    if (l->pos >= l->s.n) {
        t.kind = l->fault ? T_BAD : T_END;
    } else if (is_word(c)) {
        t.kind = T_WORD;
        while (is_word(at(l, 0)))
            l->pos++;
    } else if (c == '"') {
        t.kind = take_quoted(l, '"', T_STRING, "a string is not closed on its line");
    } else if (c == '/') {
        t.kind = take_quoted(l, '/', T_REGEX, "a regular expression is not closed on its line");
        while (t.kind == T_REGEX && is_word(at(l, 0)))
            l->pos++; /* its flags */
    } else if (c == '{' && l->value) {
        t.kind = take_hex(l);
    } else {
        l->pos++;
    }
    l->value = t.kind == T_PUNCT && c == '=';
    t.end = l->pos;
    return t;
}

static struct span token_text(const struct lexer *l, const struct token *t)
{
    return span_part(l->s, t->start, t->end - t->start);
}

static bool is(const struct lexer *l, const struct token *t, const char *text)
{
    return (t->kind == T_WORD || t->kind == T_PUNCT) && span_eq(token_text(l, t), span_str(text));
}

/* How a rule's body is told, token by token. */
enum section { SECTION_HEAD, SECTION_META, SECTION_STRINGS, SECTION_CONDITION };

/* Which section starts at this word; its colon must follow. */
static enum section section_of(struct lexer *l, const struct token *t, enum section now)
{
    struct lexer ahead = *l;
    struct token colon;

    if (t->kind != T_WORD)
        return now;
    colon = next(&ahead);
    if (!is(&ahead, &colon, ":"))
        return now;
    if (is(l, t, "meta"))
        return SECTION_META;
    if (is(l, t, "strings"))
        return SECTION_STRINGS;
    return is(l, t, "condition") ? SECTION_CONDITION : now;
}

typedef void each_fn(void *arg, const struct token *t, enum section section);

/* From behind the opening brace to behind the closing one. each (may be NULL) sees every token with its
 * section. */
static bool take_body(struct lexer *l, struct source_rule *r, each_fn *each, void *arg)
{
    enum section section = SECTION_HEAD;
    struct token before[2] = {{.kind = T_END}, {.kind = T_END}};

    for (;;) {
        struct token t = next(l);
        if (t.kind == T_END || t.kind == T_BAD) {
            if (!l->fault)
                l->fault = "a rule is not closed";
            return false;
        }
        if (is(l, &t, "}")) {
            r->end = t.end;
            return true;
        }
        section = section_of(l, &t, section);
        if (section == SECTION_CONDITION || section == SECTION_META)
            l->value = false;
        if (section == SECTION_META && t.kind == T_STRING && is(l, &before[1], "=") &&
            is(l, &before[0], "scan")) {
            r->text = span_eq(token_text(l, &t), span_str("\"text\""));
            r->scoped = true;
        }
        if (each)
            each(arg, &t, section);
        before[0] = before[1];
        before[1] = t;
    }
}

/* A whole rule; t is its first word (a modifier or "rule"). */
static bool take_rule(struct lexer *l, struct token t, struct source_rule *r, each_fn *each, void *arg)
{
    *r = (struct source_rule){.start = t.start};
    while (is(l, &t, "global") || is(l, &t, "private"))
        t = next(l);
    if (is(l, &t, "rule"))
        t = next(l);
    if (t.kind != T_WORD) {
        l->fault = "a rule's name is expected here";
        return false;
    }
    r->name = token_text(l, &t);
    r->line = t.line;
    do
        t = next(l);
    while (t.kind == T_WORD || is(l, &t, ":")); /* tags */
    if (!is(l, &t, "{")) {
        if (!l->fault)
            l->fault = "'{' is expected behind the rule's name and tags";
        return false;
    }
    return take_body(l, r, each, arg);
}

/* Modules that open files or expect a foreign report: not in the cage. */
static bool import_refused(struct lexer *l, struct token *t)
{
    *t = next(l);
    if (t->kind != T_STRING)
        return false;
    if (span_eq(token_text(l, t), span_str("\"magic\"")) ||
        span_eq(token_text(l, t), span_str("\"cuckoo\""))) {
        l->fault = "this module opens files and is not available to document workers";
        return true;
    }
    return false;
}

/* How many words "rule" stand in the text: an upper bound for the number of rules. */
static size_t rules_bound(struct span s)
{
    size_t n = 0;

    for (ptrdiff_t at_ = 0; (at_ = span_find(s, span_str("rule"), (size_t)at_)) >= 0; at_ += 4)
        n++;
    return n < RULES_PER_FILE ? n : RULES_PER_FILE;
}

int source_split(struct span text, struct arena *a, struct source *ret)
{
    struct lexer l = {.s = text, .line = 1};
    size_t max = rules_bound(text);

    *ret = (struct source){.rules = arena_array(a, max + 1, sizeof(*ret->rules))};
    if (!ret->rules)
        return ST_NOMEM;
    if (text.n >= 3 && !memcmp(text.p, "\xEF\xBB\xBF", 3))
        l.pos = 3;
    for (;;) {
        struct token t = next(&l);
        if (t.kind == T_END)
            return 0;
        if (t.kind == T_WORD && (is(&l, &t, "global") || is(&l, &t, "private") || is(&l, &t, "rule"))) {
            if (ret->n_rules == max)
                l.fault = "too many rules in one file";
            else if (take_rule(&l, t, &ret->rules[ret->n_rules], NULL, NULL))
                ret->n_rules++;
        } else if (is(&l, &t, "import")) {
            (void)import_refused(&l, &t);
        } else if (is(&l, &t, "include")) {
            l.fault = "includes are disabled: put the rules into files of the directory";
        } else if (t.kind != T_BAD && t.kind != T_STRING) {
            l.fault = "'rule', 'import' or the end of the file is expected here";
        }
        if (l.fault) {
            ret->fault = (struct source_fault){t.kind == T_BAD ? t.line : l.line, l.fault};
            return 0;
        }
    }
}

/* The bytes that a string literal (with its quotes) stands for; false when they are not text. */
static bool decode_literal(struct span lit, struct writer *out)
{
    for (size_t i = 1; i + 1 < lit.n; i++) {
        uint8_t c = lit.p[i], hex[2];
        if (c != '\\') {
            writer_u8(out, c);
            continue;
        }
        c = lit.p[++i];
        if (c == 'x' && i + 3 < lit.n) {
            for (int k = 0; k < 2; k++) {
                uint8_t d = lit.p[i + 1 + (size_t)k];
                hex[k] = (uint8_t)(d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
            }
            writer_u8(out, (uint8_t)(hex[0] << 4 | (hex[1] & 15)));
            i += 2;
        } else {
            writer_u8(out, c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
    }
    return writer_ok(out) && text_is_utf8(writer_span(out));
}

static void write_string(struct span lit, struct writer *out)
{
    struct writer plain, folded;

    writer_init(&plain, lit.n + 16);
    writer_init(&folded, 64 * lit.n + 64);
    if (!decode_literal(lit, &plain)) {
        writer_put(out, lit);
    } else {
        rule_fold(writer_span(&plain), &folded);
        writer_u8(out, '"');
        for (size_t i = 0; i < folded.n; i++) {
            if (folded.p[i] == '"' || folded.p[i] == '\\')
                writer_u8(out, '\\');
            if (folded.p[i] < ' ' || folded.p[i] == 0x7F)
                writer_printf(out, "\\x%02x", folded.p[i]);
            else
                writer_u8(out, folded.p[i]);
        }
        writer_u8(out, '"');
    }
    writer_done(&plain);
    writer_done(&folded);
}

/* Letters are folded; escapes such as \W keep their case, and a sign that folding makes of a wide form is
 * taken literally. */
static void write_regex(struct span re, struct writer *out)
{
    struct writer folded;
    size_t i = 0;

    writer_init(&folded, 64 * re.n + 64);
    while (i < re.n) {
        size_t from = i;
        if (re.p[i] == '\\' && i + 1 < re.n) {
            writer_put(out, span_part(re, i, 2));
            i += 2;
            continue;
        }
        while (i < re.n && (re.p[i] >= 0x80 || (is_word(re.p[i]) && re.p[i] != '_')))
            i++;
        if (i == from) {
            writer_u8(out, re.p[i++]);
            continue;
        }
        writer_clear(&folded);
        rule_fold(span_part(re, from, i - from), &folded);
        for (size_t k = 0; k < folded.n; k++) {
            if (folded.p[k] < 0x80 && !is_word(folded.p[k]) && folded.p[k] != ' ')
                writer_u8(out, '\\');
            writer_u8(out, folded.p[k]);
        }
    }
    writer_done(&folded);
}

struct folding {
    struct span file;
    size_t done; /* written up to here */
    bool value;  /* the last token was '=' */
    struct writer *out;
};

static void fold_token(void *arg, const struct token *t, enum section section)
{
    struct folding *f = arg;
    struct span text = span_part(f->file, t->start, t->end - t->start);

    bool value = f->value;

    f->value = span_eq(text, span_str("="));
    if (section != SECTION_STRINGS || !value || (t->kind != T_STRING && t->kind != T_REGEX))
        return; /* a string in brackets is the alphabet of a modifier */
    writer_put(f->out, span_part(f->file, f->done, t->start - f->done));
    if (t->kind == T_STRING)
        write_string(text, f->out);
    else
        write_regex(text, f->out);
    f->done = t->end;
}

static void write_folded(struct span file, const struct source_rule *r, struct writer *out)
{
    struct folding f = {.file = file, .done = r->start, .out = out};
    struct lexer l = {.s = span_part(file, 0, r->end), .pos = r->start, .line = 1};
    struct source_rule again;

    (void)take_rule(&l, next(&l), &again, fold_token, &f);
    writer_put(out, span_part(file, f.done, r->end - f.done));
}

void source_write(struct span file, const struct source *s, bool text, struct writer *out)
{
    size_t pos = 0;

    for (size_t i = 0; i < s->n_rules; i++) {
        const struct source_rule *r = &s->rules[i];
        writer_put(out, span_part(file, pos, r->start - pos));
        if (r->text != text) {
            for (size_t k = r->start; k < r->end; k++)
                writer_u8(out, file.p[k] == '\n' ? '\n' : ' ');
        } else if (text) {
            write_folded(file, r, out);
        } else {
            writer_put(out, span_part(file, r->start, r->end - r->start));
        }
        pos = r->end;
    }
    writer_put(out, span_part(file, pos, file.n - pos));
}

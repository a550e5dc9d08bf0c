/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/query/ast.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_BYTES 24
#define FIELDS_MAX 40
#define LIST_MAX 16

static size_t points(struct span s)
{
    size_t pos = 0, n = 0;

    while (pos < s.n) {
        text_next(s, &pos);
        n++;
    }
    return n;
}

struct node *parse_fail(struct parser *p, size_t start, size_t end, const char *code, const char *near,
                        const char *fmt, ...)
{
    struct query_error *e = p->err;
    va_list ap;

    if (p->rc)
        return NULL;
    memset(e, 0, sizeof(*e));
    e->column = points(span_part(p->text, 0, start)) + 1;
    e->length = end > start ? points(span_part(p->text, start, end - start)) : 1;
    snprintf(e->code, sizeof(e->code), "%s", code);
    snprintf(e->near, sizeof(e->near), "%s", near ? near : "");
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);
    e->text[text_utf8_prefix(span_str(e->text))] = 0;
    p->rc = ST_MALFORMED;
    return NULL;
}

struct node *node_new(struct parser *p, enum node_kind kind)
{
    struct node *n;

    if (p->rc)
        return NULL;
    if (++p->nodes > QUERY_NODES)
        return parse_fail(p, p->pos, p->pos, "too_long", NULL,
                          "This is too much for one question: at most %d parts.", QUERY_NODES);
    n = arena_alloc(p->arena, sizeof(*n));
    if (!n)
        p->rc = ST_NOMEM;
    else
        n->kind = kind;
    return n;
}

static int peek(const struct parser *p)
{
    return p->pos < p->text.n ? p->text.p[p->pos] : -1;
}

static void skip_space(struct parser *p)
{
    while (peek(p) >= 0 && (peek(p) <= ' ' || peek(p) == 0x7f))
        p->pos++;
}

/* A word of the language itself ("OR"), standing alone. */
static bool take_word(struct parser *p, const char *word)
{
    struct span rest = span_part(p->text, p->pos, p->text.n);
    size_t n = strlen(word);

    if (!span_starts(rest, word) || (rest.n > n && rest.p[n] > ' ' && rest.p[n] != '(' && rest.p[n] != ')'))
        return false;
    p->pos += n;
    return true;
}

static bool is_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *take_operator(struct parser *p)
{
    static const char *const operators[] = {">=", "<=", "!=", ">", "<", ":", "="};

    for (size_t i = 0; i < GH_COUNT(operators); i++)
        if (span_starts(span_part(p->text, p->pos, p->text.n), operators[i])) {
            p->pos += strlen(operators[i]);
            return operators[i];
        }
    return NULL;
}

/* Text in quotes; \" and \\ inside stand for themselves. */
static bool take_quoted(struct parser *p, struct span *ret)
{
    size_t start = p->pos++, n = 0;
    uint8_t *out = arena_alloc(p->arena, p->text.n + 1);
    struct writer w;

    if (!out) {
        p->rc = ST_NOMEM;
        return false;
    }
    writer_fixed(&w, out, p->text.n + 1);
    while (peek(p) >= 0 && peek(p) != '"') {
        if (peek(p) == '\\' && p->pos + 1 < p->text.n)
            p->pos++;
        writer_u8(&w, p->text.p[p->pos++]);
        n++;
    }
    if (peek(p) < 0) {
        parse_fail(p, start, p->text.n, "quote", NULL, "This quotation has no end: another '\"' is missing.");
        return false;
    }
    p->pos++;
    *ret = span_of(out, n);
    return true;
}

static bool ends_value(int c, bool list)
{
    return c <= ' ' || c == '(' || c == ')' || c == '"' || (list && c == ',');
}

static struct span take_bare(struct parser *p, bool list)
{
    size_t start = p->pos;

    while (peek(p) >= 0 && !ends_value(peek(p), list))
        p->pos++;
    return span_part(p->text, start, p->pos - start);
}

static const struct query_field *field_of(struct span name)
{
    for (size_t i = 0; i < query_field_count; i++)
        if (span_eq_nocase(name, query_fields_known[i].name))
            return &query_fields_known[i];
    return NULL;
}

static struct node *unknown_field(struct parser *p, size_t start, struct span name)
{
    const char *names[FIELDS_MAX], *near;
    char word[NAME_MAX_BYTES + 1] = "";

    gh_check(query_field_count <= FIELDS_MAX);
    for (size_t i = 0; i < query_field_count; i++)
        names[i] = query_fields_known[i].name;
    if (name.n <= NAME_MAX_BYTES)
        memcpy(word, name.p, name.n);
    near = *word ? text_nearest(word, names, query_field_count) : NULL;
    return parse_fail(p, start, start + name.n, "unknown_field", near,
                      "There is no field '%.*s'.%s%s%s To search for it as text, put it in quotes.",
                      (int)(name.n <= 40 ? name.n : 40), (const char *)name.p, near ? " Did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

static struct node *negated(struct parser *p, struct node *n)
{
    struct node *inverse = n ? node_new(p, NODE_NOT) : NULL;

    if (inverse)
        inverse->first = n;
    return inverse;
}

/* The values behind a field's operator: any of them. */
static struct node *field_values(struct parser *p, const struct query_field *f, const char *op, size_t start)
{
    struct node *any = node_new(p, NODE_OR), **end = any ? &any->first : NULL;
    unsigned n = 0;

    do {
        struct span value = {NULL, 0};
        bool quoted = peek(p) == '"';
        if (quoted && !take_quoted(p, &value))
            return NULL;
        if (!quoted)
            value = take_bare(p, true);
        if (!value.n)
            return parse_fail(p, start, p->pos, "no_value", f->example,
                              "After '%s%s' a value is missing, like in %s.", f->name, op, f->example);
        if (++n > LIST_MAX)
            return parse_fail(p, start, p->pos, "too_long", NULL, "At most %d values in one list.", LIST_MAX);
        struct node *one = term_of_field(p, f, strcmp(op, "!=") != 0 ? op : "=", value, quoted, start);
        if (!one || !end)
            return NULL;
        *end = one;
        end = &one->next;
    } while (peek(p) == ',' && ++p->pos);
    if (n == 1)
        any = any->first;
    return strcmp(op, "!=") == 0 ? negated(p, any) : any;
}

static struct node *term(struct parser *p)
{
    size_t start = p->pos;
    struct span value;
    const char *op;

    if (peek(p) == '"')
        return take_quoted(p, &value) ? term_of_text(p, value, true, start) : NULL;
    while (is_name(peek(p)))
        p->pos++;
    value = span_part(p->text, start, p->pos - start);
    op = value.n ? take_operator(p) : NULL;
    if (op && !(span_starts(span_part(p->text, p->pos, p->text.n), "//"))) {
        const struct query_field *f = field_of(value);
        struct span all;
        if (f)
            return field_values(p, f, op, start);
        p->pos = start;
        all = take_bare(p, false); /* an IPv6 address is no field */
        return span_find_byte(all, ':', 0) >= 0 && term_of_text(p, all, false, start) && p->rc == 0 &&
                       span_find_byte(span_part(all, value.n + 1, all.n), ':', 0) >= 0
                   ? term_of_text(p, all, false, start)
                   : unknown_field(p, start, value);
    }
    p->pos = start;
    value = take_bare(p, false);
    if (!value.n) /* a lone ')' */
        return parse_fail(p, start, start + 1, "parenthesis", NULL, "This ')' has no '(' before it.");
    return term_of_text(p, value, false, start);
}

static struct node *any_of(struct parser *p);

static struct node *one_of(struct parser *p)
{
    size_t start = p->pos;
    struct node *n;

    if (++p->depth > QUERY_DEPTH)
        return parse_fail(p, start, start + 1, "too_deep", NULL,
                          "At most %d parentheses and negations in each other.", QUERY_DEPTH);
    if (peek(p) == '-' || take_word(p, "NOT")) {
        if (p->pos == start)
            p->pos++;
        skip_space(p);
        if (peek(p) < 0 || peek(p) == ')')
            return parse_fail(p, start, p->pos, "no_value", NULL, "After the negation something is missing.");
        n = negated(p, one_of(p));
    } else if (peek(p) == '(') {
        p->pos++;
        n = any_of(p);
        skip_space(p);
        if (!p->rc && peek(p) != ')')
            return parse_fail(p, start, start + 1, "parenthesis", NULL, "This '(' has no ')'.");
        if (!p->rc && !n)
            return parse_fail(p, start, p->pos + 1, "no_value", NULL,
                              "Between these parentheses something is missing.");
        p->pos += !p->rc;
    } else {
        n = term(p);
    }
    p->depth--;
    return n;
}

static struct node *all_of(struct parser *p)
{
    struct node *all = node_new(p, NODE_AND), **end = all ? &all->first : NULL;

    while (end && !p->rc) {
        size_t before;
        struct node *one;
        skip_space(p);
        before = p->pos;
        if (peek(p) < 0 || peek(p) == ')' || take_word(p, "OR")) {
            p->pos = before;
            break;
        }
        if (take_word(p, "AND")) {
            if (!all->first)
                return parse_fail(p, before, p->pos, "no_value", NULL, "Before 'AND' something is missing.");
            continue;
        }
        one = one_of(p);
        if (!one)
            return NULL;
        *end = one;
        end = &one->next;
    }
    return !p->rc && all && all->first ? all : NULL;
}

static struct node *any_of(struct parser *p)
{
    struct node *first = all_of(p), *any, **end;
    size_t at;

    skip_space(p);
    at = p->pos;
    if (p->rc || !take_word(p, "OR"))
        return first;
    any = first ? node_new(p, NODE_OR) : NULL;
    if (!any)
        return parse_fail(p, at, p->pos, "no_value", NULL, "Before 'OR' something is missing.");
    any->first = first;
    end = &first->next;
    do {
        struct node *one = all_of(p);
        if (!one)
            return parse_fail(p, at, at + 2, "no_value", NULL, "After 'OR' something is missing.");
        *end = one;
        end = &one->next;
        skip_space(p);
        at = p->pos;
    } while (take_word(p, "OR"));
    return any;
}

struct node *query_parse_text(struct parser *p)
{
    struct node *n = NULL;

    if (p->text.n > QUERY_BYTES)
        return parse_fail(p, QUERY_BYTES, QUERY_BYTES, "too_long", NULL,
                          "The question is longer than %d bytes.", QUERY_BYTES);
    if (!text_is_utf8(p->text) || memchr(p->text.n ? (const void *)p->text.p : "", 0, p->text.n))
        return parse_fail(p, 0, 0, "no_text", NULL, "The question is no text.");
    n = any_of(p);
    skip_space(p);
    if (!p->rc && peek(p) >= 0)
        return parse_fail(p, p->pos, p->pos + 1, "parenthesis", NULL, "This ')' has no '(' before it.");
    return n;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * A resolver of names over Lua's tokens: enough of the grammar to know scopes, table keys and member names.
 */
#include "policy/lua/lint.h"
#include "base/text.h"
#include "policy/lua/lex.h"
#include "policy/lua/schema.h"

#include <stdio.h>

#define TOKENS_MAX 65536
#define LOCALS_MAX 1024
#define DEPTH_MAX 200
#define FAULTS_MAX 50

enum opener { IN_BLOCK, IN_FOR /* its names are declared, its `do` comes */, IN_BRACE, IN_PAREN };
struct scope {
    enum opener kind;
    size_t locals; /* how many there were before */
};
struct lint {
    const char *file;
    struct lex lex;
    struct lex_token before, t, after; /* a window of three */
    struct span locals[LOCALS_MAX], globals[LOCALS_MAX];
    size_t n_locals, n_globals;
    struct scope scopes[DEPTH_MAX];
    size_t depth;
    const struct lint_names *names;
    struct writer *out;
    unsigned faults;
    size_t tokens;
};

static void advance(struct lint *l)
{
    l->before = l->t;
    l->t = l->after;
    l->after = lex_next(&l->lex);
    if (++l->tokens > TOKENS_MAX)
        l->t.kind = l->after.kind = LEX_END;
}

static void fault(struct lint *l, const struct lex_token *at, const char *what, struct span name,
                  const char *near)
{
    if (++l->faults > FAULTS_MAX)
        return;
    writer_printf(l->out, "%s:%u:%u: %s '%.*s'", l->file, at->line, at->column, what,
                  (int)(name.n > 100 ? 100 : name.n), (const char *)name.p);
    if (near)
        writer_printf(l->out, "; did you mean '%s'?", near);
    writer_u8(l->out, '\n');
}

static void declare(struct span *list, size_t *n, struct span name)
{
    if (*n < LOCALS_MAX)
        list[(*n)++] = name;
}

static bool among(const char *const *names, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(span_str(names[i]), name))
            return true;
    return false;
}

static bool known(const struct lint *l, struct span name)
{
    for (size_t i = l->n_locals; i-- > 0;)
        if (span_eq(l->locals[i], name))
            return true;
    for (size_t i = 0; i < l->n_globals; i++)
        if (span_eq(l->globals[i], name))
            return true;
    return among(l->names->globals, l->names->n_globals, name);
}

static void push(struct lint *l, enum opener kind)
{
    if (l->depth < DEPTH_MAX)
        l->scopes[l->depth] = (struct scope){kind, l->n_locals};
    l->depth++;
}

static void pop(struct lint *l)
{
    if (l->depth && --l->depth < DEPTH_MAX)
        l->n_locals = l->scopes[l->depth].locals;
}

/* (a, b, ...) behind function; its names belong to the new block. */
static void parameters(struct lint *l)
{
    push(l, IN_BLOCK);
    while (l->t.kind != LEX_END && !lex_is(&l->t, ")")) {
        if (l->t.kind == LEX_NAME)
            declare(l->locals, &l->n_locals, l->t.text);
        advance(l);
    }
    advance(l);
}

/* local a <const>, b = … ; local function f */
static void local_names(struct lint *l)
{
    advance(l);
    if (lex_is(&l->t, "function")) {
        advance(l);
        declare(l->locals, &l->n_locals, l->t.text);
        advance(l);
        parameters(l);
        return;
    }
    while (l->t.kind == LEX_NAME) {
        declare(l->locals, &l->n_locals, l->t.text);
        advance(l);
        if (lex_is(&l->t, "<")) {
            advance(l);
            advance(l);
            advance(l);
        }
        if (!lex_is(&l->t, ","))
            break;
        advance(l);
    }
}

/* function a.b:c (…) */
static void function_statement(struct lint *l)
{
    advance(l);
    if (l->t.kind == LEX_NAME) { /* a statement; an expression has no name */
        if (!known(l, l->t.text))
            declare(l->globals, &l->n_globals, l->t.text);
        while (l->t.kind != LEX_END && !lex_is(&l->t, "("))
            advance(l);
    }
    parameters(l);
}

/* for i = … do / for a, b in … do: the names live in the block that `do` opens; declaring them a little early
 * is harmless. */
static void for_names(struct lint *l)
{
    push(l, IN_FOR);
    advance(l);
    while (l->t.kind == LEX_NAME || lex_is(&l->t, ",")) {
        if (l->t.kind == LEX_NAME)
            declare(l->locals, &l->n_locals, l->t.text);
        advance(l);
    }
}

/* Events that the rule judges in which this line stands; all when that is not clear. */
static uint64_t types_at(const struct lint *l, unsigned line)
{
    uint64_t types = UINT64_MAX;
    unsigned found = 0;

    for (size_t i = 0; i < l->names->n_rules; i++)
        if (line >= l->names->rules[i].first && line <= l->names->rules[i].last) {
            types = l->names->rules[i].types;
            found++;
        }
    return found == 1 ? types : UINT64_MAX;
}

/* A fact that none of the rule's events has is always absent: somebody meant another one. */
static void check_type(struct lint *l, const struct schema_node *n, uint64_t types)
{
    char what[160];
    size_t used = 0;

    if (n->types & types)
        return;
    for (int t = 0; t < EVENT_TYPE_COUNT && used < sizeof(what); t++)
        if (types >> t & 1)
            used += (size_t)snprintf(what + used, sizeof(what) - used, "%s%s", used ? ", " : "",
                                     event_type_name((enum event_type)t));
    if (used < sizeof(what))
        (void)snprintf(what + used, sizeof(what) - used, "%s", " (on = …) never has the fact");
    fault(l, &l->t, what, l->t.text, NULL);
}

/* e.document.level: every step must be a fact. The token is "e". */
static void fact_chain(struct lint *l)
{
    const struct schema_node *n = schema_root();
    uint64_t types = types_at(l, l->t.line);

    advance(l);
    while (n && lex_is(&l->t, ".") && l->after.kind == LEX_NAME) {
        const struct schema_node *child;
        advance(l);
        child = schema_child(n, l->t.text);
        if (!child && (n->child || n->same)) {
            char name[64];
            snprintf(name, sizeof(name), "%.*s", (int)(l->t.text.n > 60 ? 60 : l->t.text.n),
                     (const char *)l->t.text.p);
            fault(l, &l->t, "there is no such fact:", l->t.text, schema_nearest(n, name));
        }
        if (child && types && !child->child) { /* of a group some facts may belong to others */
            check_type(l, child, types);
            types = 0;
        } else if (child && types && !(child->types & types)) {
            check_type(l, child, types);
            types = 0; /* once for the whole path */
        }
        n = child;
        if (n && n->type == FIELD_ARR)
            n = NULL; /* elements are checked when they are read */
        advance(l);
    }
    while (lex_is(&l->t, ".") && l->after.kind == LEX_NAME) {
        advance(l);
        advance(l);
    }
}

static bool is_local(const struct lint *l, const char *name)
{
    for (size_t i = l->n_locals; i-- > 0;)
        if (span_eq(l->locals[i], span_str(name)))
            return true;
    return false;
}

static const char *nearest(const char *const *names, size_t n, struct span name)
{
    char word[64];

    snprintf(word, sizeof(word), "%.*s", (int)(name.n > 60 ? 60 : name.n), (const char *)name.p);
    return text_nearest(word, names, n);
}

/* settings.name; the token is "settings". */
static void setting_name(struct lint *l)
{
    const struct lint_names *n = l->names;

    advance(l);
    if (!lex_is(&l->t, ".") || l->after.kind != LEX_NAME)
        return;
    advance(l);
    if (n->settings && !among(n->settings, n->n_settings, l->t.text))
        fault(l, &l->t, "there is no such setting:", l->t.text,
              nearest(n->settings, n->n_settings, l->t.text));
    advance(l);
}

/* in_list("name", …) with the name written out; the token is "in_list". */
static void list_name(struct lint *l)
{
    const struct lint_names *n = l->names;
    struct span text;

    advance(l);
    if (!lex_is(&l->t, "(") || l->after.kind != LEX_STRING || !n->lists_known)
        return;
    text = l->after.text;
    if (text.n < 2 || text.p[0] == '[')
        return;
    text = span_part(text, 1, text.n - 2);
    if (!among(n->lists, n->n_lists, text))
        fault(l, &l->after, "there is no such list in lists/:", text, nearest(n->lists, n->n_lists, text));
}

static void name(struct lint *l)
{
    bool in_brace = l->depth && l->depth <= DEPTH_MAX && l->scopes[l->depth - 1].kind == IN_BRACE;
    bool key = in_brace && lex_is(&l->after, "=") &&
               (lex_is(&l->before, "{") || lex_is(&l->before, ",") || lex_is(&l->before, ";"));

    if (key || lex_is(&l->before, ".") || lex_is(&l->before, ":") || lex_is(&l->before, "::") ||
        lex_is(&l->before, "goto")) {
        advance(l);
    } else if (span_eq(l->t.text, span_str("e")) && is_local(l, "e")) {
        fact_chain(l);
    } else if (span_eq(l->t.text, span_str("settings")) && !is_local(l, "settings")) {
        setting_name(l);
    } else if (span_eq(l->t.text, span_str("in_list")) && !is_local(l, "in_list")) {
        list_name(l);
    } else {
        if (!in_brace && lex_is(&l->after, "=") && !known(l, l->t.text)) {
            declare(l->globals, &l->n_globals, l->t.text); /* a global of the policy's own */
        } else if (!known(l, l->t.text)) {
            fault(l, &l->t, "unknown name", l->t.text,
                  nearest(l->names->globals, l->names->n_globals, l->t.text));
        }
        advance(l);
    }
}

static void keyword_or_sign(struct lint *l)
{
    bool of_for = l->depth && l->depth <= DEPTH_MAX && l->scopes[l->depth - 1].kind == IN_FOR;

    if (lex_is(&l->t, "do") && of_for) {
        l->scopes[l->depth - 1].kind = IN_BLOCK;
    } else if (lex_is(&l->t, "do") || lex_is(&l->t, "then") || lex_is(&l->t, "repeat")) {
        push(l, IN_BLOCK);
    } else if (lex_is(&l->t, "elseif") || lex_is(&l->t, "end")) {
        pop(l);
    } else if (lex_is(&l->t, "until")) { /* its condition still sees the block's locals */
        size_t locals = l->n_locals;
        pop(l);
        l->n_locals = locals;
    } else if (lex_is(&l->t, "else")) {
        pop(l);
        push(l, IN_BLOCK);
    } else if (lex_is(&l->t, "{")) {
        push(l, IN_BRACE);
    } else if (lex_is(&l->t, "(")) {
        push(l, IN_PAREN);
    } else if (lex_is(&l->t, "}") || lex_is(&l->t, ")")) {
        pop(l);
    }
    advance(l);
}

unsigned lint_source(const char *file, struct span source, const struct lint_names *names, struct writer *out)
{
    static struct lint l; /* large; one thread */

    memset(&l, 0, sizeof(l));
    l.file = file;
    l.names = names;
    l.out = out;
    lex_open(&l.lex, source);
    l.t = lex_next(&l.lex);
    l.after = lex_next(&l.lex);
    while (l.t.kind != LEX_END && l.t.kind != LEX_ERROR) {
        if (lex_is(&l.t, "local") && l.t.kind == LEX_KEYWORD)
            local_names(&l);
        else if (lex_is(&l.t, "function"))
            function_statement(&l);
        else if (lex_is(&l.t, "for"))
            for_names(&l);
        else if (l.t.kind == LEX_NAME)
            name(&l);
        else
            keyword_or_sign(&l);
    }
    if (l.faults > FAULTS_MAX)
        writer_printf(out, "%s: %u more faults are not shown\n", file, l.faults - FAULTS_MAX);
    return l.faults;
}

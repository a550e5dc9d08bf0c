/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tree to SQL. What can be is put into one full-text expression that drives the search; what remains is
 * checked row by row. */
#include "console/query/ast.h"
#include "console/query/keys.h"
#include "console/query/tsquery.h"

#define MATCH_MAX 65536
#define TSQUERY_MAX (8 * MATCH_MAX)
#define WHERE_MAX 16384
#define AHEAD_US INT64_C(172800000000) /* clocks of appliances may be ahead */

struct build {
    struct parser *p;
    struct query_sql *out;
    struct writer match, where;
    struct node *left[QUERY_NODES],
        *without[QUERY_NODES]; /* conjuncts for rows; negated ones for the match */
    size_t n_left, n_without;
    size_t slots;
};

/* Can this subtree be a full-text expression? A negation alone can't. */
static bool is_match(const struct node *n)
{
    bool positive = false;

    switch (n->kind) {
    case NODE_MATCH:
        return true;
    case NODE_OR:
        for (const struct node *c = n->first; c; c = c->next)
            if (!is_match(c))
                return false;
        return true;
    case NODE_AND:
        for (const struct node *c = n->first; c; c = c->next) {
            bool negative = c->kind == NODE_NOT && is_match(c->first);
            if (!negative && !is_match(c))
                return false;
            positive = positive || !negative;
        }
        return positive;
    default:
        return false;
    }
}

static void put_match(struct writer *w, const struct node *n)
{
    bool first = true;

    if (n->kind == NODE_MATCH) {
        writer_str(w, n->text);
        return;
    }
    writer_str(w, "((");
    for (const struct node *c = n->first; c; c = c->next) {
        if (c->kind == NODE_NOT)
            continue;
        writer_str(w, first ? "" : n->kind == NODE_OR ? " OR " : " AND ");
        put_match(w, c);
        first = false;
    }
    writer_str(w, ")");
    for (const struct node *c = n->first; c; c = c->next) {
        if (c->kind != NODE_NOT)
            continue;
        writer_str(w, " NOT ");
        put_match(w, c->first);
    }
    writer_str(w, ")");
}

static unsigned slot(struct build *b, const char *value)
{
    if (b->slots == QUERY_SLOTS) {
        parse_fail(b->p, 0, b->p->text.n, "too_long", NULL,
                   "This mixes too many conditions: split the question.");
        return QUERY_FIRST;
    }
    b->out->slot[b->slots] = value;
    if (!value)
        b->p->rc = ST_NOMEM;
    return QUERY_FIRST + (unsigned)b->slots++;
}

/* The expression in the engine's language, in the arena; NULL: too long, or no memory. */
static const char *expression(struct build *b, const struct writer *match)
{
    const char *text = NULL;
    struct writer w;

    if (!writer_ok(match))
        return NULL;
    if (!b->p->context->postgres)
        return arena_dup(b->p->arena, match->p, match->n);
    writer_init(&w, TSQUERY_MAX);
    if (tsquery_put(writer_span(match), &w) == 0)
        text = arena_dup(b->p->arena, w.p, w.n);
    writer_done(&w);
    return text;
}

static void put_exists(struct build *b, const struct node *n)
{
    bool alerts = b->p->context->target == QUERY_ALERTS;
    const char *table = alerts ? "alert_text" : "event_text";
    struct writer w;
    unsigned at;

    writer_init(&w, MATCH_MAX);
    put_match(&w, n);
    at = slot(b, expression(b, &w));
    writer_done(&w);
    writer_printf(&b->where, "EXISTS(SELECT 1 FROM %s x WHERE ", table);
    if (b->p->context->postgres)
        writer_printf(&b->where, "x.v @@ CAST(?%u AS TSQUERY)", at);
    else
        writer_printf(&b->where, "x.%s MATCH ?%u", table, at);
    writer_printf(&b->where, " AND x.rowid = r.%s)", alerts ? "event" : "id");
}

static void put_condition(struct build *b, const struct node *n)
{
    unsigned at = slot(b, n->value);

    for (const char *c = n->text; *c; c++)
        if (*c == '@')
            writer_printf(&b->where, "?%u", at);
        else
            writer_u8(&b->where, (uint8_t)*c);
}

static void put_where(struct build *b, const struct node *n)
{
    const char *between = n->kind == NODE_OR ? " OR " : " AND ";

    if (is_match(n)) {
        put_exists(b, n);
        return;
    }
    if (n->kind == NODE_TIME) {
        unsigned from = slot(b, arena_printf(b->p->arena, "%lld", (long long)n->from));
        unsigned to = slot(b, arena_printf(b->p->arena, "%lld", (long long)n->to));
        writer_printf(&b->where, "(r.time >= CAST(?%u AS INTEGER) AND r.time < CAST(?%u AS INTEGER))", from,
                      to);
    } else if (n->kind == NODE_WHERE) {
        writer_str(&b->where, "(");
        put_condition(b, n);
        writer_str(&b->where, ")");
    } else {
        writer_str(&b->where, n->kind == NODE_NOT ? "NOT coalesce((" : "(");
        for (const struct node *c = n->first; c; c = c->next) {
            put_where(b, c);
            writer_str(&b->where, c->next && n->kind != NODE_NOT ? between : "");
            if (n->kind == NODE_NOT)
                break;
        }
        writer_str(&b->where, n->kind == NODE_NOT ? "), FALSE)" : ")");
    }
}

/* A subtree as a condition for a table that is looked through. */
static void put_scan(struct build *b, const struct node *n, enum scan_form form, size_t *boxes, struct writer *w)
{
    const char *between = n->kind == NODE_OR ? " OR " : " AND ";

    writer_str(w, n->kind == NODE_NOT ? "NOT (" : "(");
    if (n->kind == NODE_TIME) {
        writer_str(w, "1 = 1");
        if (n->from != INT64_MIN)
            writer_printf(w, " AND time >= %lld", (long long)n->from);
        if (n->to != INT64_MAX)
            writer_printf(w, " AND time < %lld", (long long)n->to);
    } else if (n->kind == NODE_MATCH) {
        if (scan_put(span_str(n->text), form, w) != 0)
            writer_fail(w);
    } else if (n->kind == NODE_WHERE) {
        gh_check(n->box); /* all others are of alerts */
        if (*boxes == QUERY_SLOTS) {
            writer_fail(w);
            return;
        }
        writer_printf(w, "appliance IN {%zu}", *boxes);
        b->out->box[(*boxes)++] = n->value;
    }
    for (const struct node *c = n->first; c; c = c->next) {
        put_scan(b, c, form, boxes, w);
        writer_str(w, c->next ? between : "");
    }
    writer_str(w, ")");
}

static int build_scan(struct build *b, const struct node *root)
{
    for (int form = 0; form < SCAN_FORMS; form++) {
        struct writer w;
        size_t boxes = 0;
        writer_init(&w, MATCH_MAX);
        if (root)
            put_scan(b, root, (enum scan_form)form, &boxes, &w);
        else
            writer_str(&w, "1 = 1");
        b->out->scan[form] = writer_ok(&w) ? arena_dup(b->p->arena, w.p, w.n) : NULL;
        writer_done(&w);
        if (!b->out->scan[form]) {
            parse_fail(b->p, 0, b->p->text.n, "too_long", NULL, "This is too much for one question.");
            return b->p->rc;
        }
    }
    return 0;
}

static void add_match(struct build *b, const struct node *n, const char *text)
{
    writer_str(&b->match, b->match.n ? " AND " : "");
    if (n)
        put_match(&b->match, n);
    else
        writer_str(&b->match, text);
}

/* Sorts the conjuncts of the whole query. */
static void conjuncts(struct build *b, struct node *n)
{
    if (n->kind == NODE_AND && !is_match(n)) {
        for (struct node *c = n->first; c; c = c->next)
            conjuncts(b, c);
    } else if (n->kind == NODE_TIME) {
        b->out->from = n->from > b->out->from ? n->from : b->out->from;
        b->out->to = n->to < b->out->to ? n->to : b->out->to;
    } else if (n->kind == NODE_NOT && is_match(n->first)) {
        b->without[b->n_without++] = n;
    } else if (is_match(n)) {
        writer_str(&b->match, b->match.n ? " AND (" : "(");
        put_match(&b->match, n);
        writer_str(&b->match, ")");
    } else {
        b->left[b->n_left++] = n;
    }
}

static void add_keys(struct build *b)
{
    const struct query_sql *q = b->out;
    int64_t to = q->to == INT64_MAX ? (int64_t)b->p->context->now_us + AHEAD_US : q->to;
    int64_t oldest =
        b->p->context->oldest_us > 0 && q->to != INT64_MAX ? b->p->context->oldest_us : INT64_MIN;
    int64_t from = q->from == INT64_MIN ? oldest : q->from;
    const char *time = from == INT64_MIN ? NULL : time_match(b->p->arena, from, to);
    struct writer w;

    if (time)
        add_match(b, NULL, time);
    /* a negation alone needs something to be taken from: all alerts, or everything */
    if (!b->n_without && (b->p->context->target != QUERY_ALERTS || !b->match.n))
        return;
    writer_init(&w, 64);
    writer_str(&w, "keys : ");
    if (b->p->context->target == QUERY_ALERTS)
        key_put(&w, "type", span_str("alert"));
    else
        key_put(&w, "all", span_str(""));
    add_match(b, NULL, writer_cstr(&w));
    writer_done(&w);
}

static int build(struct build *b, struct node *root)
{
    struct parser *p = b->p;

    if (root)
        conjuncts(b, root);
    add_keys(b);
    if (b->match.n && b->n_without) {
        struct writer w;
        writer_init(&w, MATCH_MAX);
        writer_str(&w, "(");
        writer_put(&w, writer_span(&b->match));
        writer_str(&w, ")");
        for (size_t i = 0; i < b->n_without; i++) {
            writer_str(&w, " NOT ");
            put_match(&w, b->without[i]->first);
        }
        writer_done(&b->match);
        b->match = w;
    }
    for (size_t i = 0; i < b->n_left; i++) {
        writer_str(&b->where, i ? " AND " : "");
        put_where(b, b->left[i]);
    }
    if (!p->rc && (!writer_ok(&b->match) || !writer_ok(&b->where)))
        parse_fail(p, 0, p->text.n, "too_long", NULL, "This is too much for one question.");
    if (p->rc)
        return p->rc;
    b->out->match = b->match.n ? expression(b, &b->match) : NULL;
    b->out->where = b->where.n ? arena_dup(p->arena, b->where.p, b->where.n) : "TRUE";
    return (b->match.n && !b->out->match) || !b->out->where ? ST_NOMEM : 0;
}

int query_compile(struct arena *a, struct span text, const struct query_context *c, struct query_sql *ret,
                  struct query_error *err)
{
    struct parser p = {.arena = a, .context = c, .text = text, .err = err};
    struct build *b = arena_alloc(a, sizeof(*b));
    struct node *root;
    int rc;

    memset(err, 0, sizeof(*err));
    if (!b)
        return ST_NOMEM;
    root = query_parse_text(&p);
    if (p.rc)
        return p.rc;
    *ret = (struct query_sql){.from = INT64_MIN, .to = INT64_MAX};
    ret->content = p.content;
    b->p = &p;
    b->out = ret;
    writer_init(&b->match, MATCH_MAX);
    writer_init(&b->where, WHERE_MAX);
    rc = build(b, root);
    if (!rc && c->target == QUERY_EVENTS)
        rc = build_scan(b, root);
    writer_done(&b->match);
    writer_done(&b->where);
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * What single terms mean. */
#include "base/event.h"
#include "console/query/ast.h"
#include "console/query/keys.h"
#include "console/store/fold.h"
#include "console/store/schema.h"

#define EXPRESSION_MAX 16384
#define ALL_TEXT "{file host mail words}"
#define PREFIX_MIN 2 /* shorter words are looked for whole */

static struct node *bad_value(struct parser *p, const struct query_field *f, size_t start, const char *wanted)
{
    return parse_fail(p, start, p->pos, "bad_value", f->example, "'%s' takes %s, like in %s.", f->name,
                      wanted, f->example);
}

static struct node *leaf(struct parser *p, enum node_kind kind, struct writer *w)
{
    struct node *n = writer_ok(w) ? node_new(p, kind) : NULL;

    if (!writer_ok(w))
        p->rc = p->rc ? p->rc : ST_NOMEM;
    if (n) {
        n->text = arena_dup(p->arena, w->p, w->n);
        if (!n->text) {
            p->rc = ST_NOMEM;
            n = NULL;
        }
    }
    writer_done(w);
    return n;
}

static struct node *key_leaf(struct parser *p, const char *name, struct span value)
{
    struct writer w;

    writer_init(&w, EXPRESSION_MAX);
    writer_str(&w, "keys : ");
    key_put(&w, name, value);
    return leaf(p, NODE_MATCH, &w);
}

/* Folded words for an expression: a quote, or whatever ends a string there, is no part of a word. */
static void put_folded(struct writer *w, struct span value)
{
    uint8_t buf[4 * QUERY_BYTES];
    struct writer folded;

    writer_fixed(&folded, buf, sizeof(buf));
    fold_text(&folded, value);
    for (size_t i = 0; i < folded.n; i++)
        if (buf[i] == '"' || buf[i] < ' ')
            buf[i] = ' ';
    writer_put(w, writer_span(&folded));
}

/* Words in columns. Accents count when quoted text has them. */
static struct node *words_leaf(struct parser *p, const char *columns, struct span value, bool quoted,
                               size_t start)
{
    struct writer w, exact;
    bool special;
    size_t words;

    p->content = true;
    writer_init(&exact, EXPRESSION_MAX);
    words = key_put_exact(&exact, value, &special);
    if (!words) {
        writer_done(&exact);
        return parse_fail(p, start, p->pos, "no_words", NULL,
                          "There is no letter and no digit to search for here.");
    }
    writer_init(&w, EXPRESSION_MAX);
    writer_printf(&w, "(%s : \"", columns);
    put_folded(&w, value);
    writer_str(&w, "\"");
    if (!quoted && value.n >= PREFIX_MIN)
        writer_str(&w, " *");
    if (quoted && special) {
        writer_str(&w, " AND exact : \"");
        writer_put(&w, writer_span(&exact));
        writer_str(&w, "\"");
    }
    writer_str(&w, ")");
    writer_done(&exact);
    return leaf(p, NODE_MATCH, &w);
}

static struct node *network_leaf(struct parser *p, const char *ends, struct span value)
{
    struct writer w;
    size_t n = 0;

    writer_init(&w, EXPRESSION_MAX);
    writer_str(&w, "keys : (");
    for (const char *e = ends; *e; e++) {
        char end[2] = {*e, 0};
        size_t one;
        if (e != ends)
            writer_str(&w, " OR ");
        one = key_put_network(&w, end, value, " OR ", QUERY_KEYS);
        n += one;
        if (!one) {
            writer_done(&w);
            return NULL;
        }
    }
    writer_str(&w, ")");
    return n ? leaf(p, NODE_MATCH, &w) : NULL;
}

static struct node *ip_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    struct node *n = network_leaf(p, f->part, value);

    if (n || p->rc)
        return n;
    return bad_value(p, f, start,
                     key_is_network(value) ? "no network as wide as this one" : "an address or a network");
}

static bool compares(const char *op, int64_t a, int64_t b)
{
    if (op[0] == '>')
        return op[1] ? a >= b : a > b;
    if (op[0] == '<')
        return op[1] ? a <= b : a < b;
    return a == b;
}

/* One OR over the known values that fit. */
static struct node *level_term(struct parser *p, const struct query_field *f, const char *op,
                               struct span value, size_t start)
{
    uint8_t folded[32];
    struct writer w, name;
    bool any = false, classified = span_eq_nocase(value, "classified");
    int rank;

    writer_fixed(&name, folded, sizeof(folded) - 1);
    fold_text(&name, value);
    for (size_t i = 0; i < name.n; i++)
        if (folded[i] == ' ' || folded[i] == '-')
            folded[i] = '_';
    rank = writer_ok(&name) ? event_level_rank(writer_span(&name)) : -1;
    if (rank < 0 && !classified)
        return bad_value(p, f, start,
                         "none, mat, toi_mat, tuyet_mat, restricted, confidential, secret, top_secret");
    writer_init(&w, EXPRESSION_MAX);
    writer_str(&w, "keys : (");
    for (int i = 0; i < LEVEL_COUNT; i++) {
        bool fits = classified ? i > 0
                    : op[0] == ':' || op[0] == '='
                        ? span_eq(writer_span(&name), span_str(level_names[i]))
                        : compares(op, event_level_rank(span_str(level_names[i])), rank);
        if (!fits)
            continue;
        writer_str(&w, any ? " OR " : "");
        key_put(&w, "level", span_str(level_names[i]));
        any = true;
    }
    writer_str(&w, ")");
    if (any)
        return leaf(p, NODE_MATCH, &w);
    writer_done(&w);
    return bad_value(p, f, start, "a level that exists with this comparison");
}

static struct node *number_term(struct parser *p, const struct query_field *f, const char *op,
                                struct span value, size_t start)
{
    struct writer w;
    bool any = false;
    uint64_t n;

    if (!span_number(value, 4, &n) || n < 1)
        return bad_value(p, f, start, "a number from 1 to 4");
    writer_init(&w, EXPRESSION_MAX);
    writer_str(&w, "keys : (");
    for (int64_t i = 1; i <= 4; i++)
        if (compares(op, i, (int64_t)n)) {
            writer_str(&w, any ? " OR " : "");
            key_put_number(&w, f->name, i);
            any = true;
        }
    writer_str(&w, ")");
    if (any)
        return leaf(p, NODE_MATCH, &w);
    writer_done(&w);
    return bad_value(p, f, start, "a number that this comparison leaves");
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], small = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(small >= 'a' && small <= 'f'))
            return false;
    }
    return true;
}

static struct node *hash_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    if (value.n != 64 || !is_hex(value))
        return bad_value(p, f, start, "64 hex digits");
    p->content = true;
    return key_leaf(p, "sha256", value);
}

static struct node *where(struct parser *p, const char *sql, const char *value)
{
    struct node *n = node_new(p, NODE_WHERE);

    if (!n)
        return NULL;
    n->text = sql;
    n->value = value;
    if (!value)
        p->rc = ST_NOMEM;
    return value ? n : NULL;
}

static struct node *state_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    if (span_eq_nocase(value, "open"))
        return where(p, "r.state < CAST(@ AS INTEGER)", "2");
    for (int i = 0; i < ALERT_STATE_COUNT; i++)
        if (span_eq_nocase(value, alert_state_names[i]))
            return where(p, "r.state = CAST(@ AS INTEGER)", arena_printf(p->arena, "%d", i));
    return bad_value(p, f, start, "new, acknowledged, closed or open");
}

static struct node *reason_term(struct parser *p, const struct query_field *f, struct span value,
                                size_t start)
{
    for (int i = 1; i < REASON_COUNT; i++)
        if (span_eq_nocase(value, close_reason_names[i]))
            return where(p, "r.reason = CAST(@ AS INTEGER)", arena_printf(p->arena, "%d", i));
    return bad_value(p, f, start, "confirmed, false_alarm or permitted");
}

static struct node *user_term(struct parser *p, struct span value)
{
    if (span_eq_nocase(value, "nobody"))
        return where(p, "coalesce(r.taken_by, '') = @", "");
    if (span_eq_nocase(value, "me"))
        return where(p, "r.taken_by = @", p->context->user ? p->context->user : "");
    return where(p, "r.taken_by = @ COLLATE NOCASE", arena_dup(p->arena, value.p, value.n));
}

static struct node *clock_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    uint64_t until = p->context->now_us;

    if (span_eq_nocase(value, "soon"))
        until += 3600000000ull;
    else if (!span_eq_nocase(value, "late"))
        return bad_value(p, f, start, "late or soon");
    return where(p, "r.state < 2 AND " ALERT_DUE(r) " < CAST(@ AS INTEGER)",
                 arena_printf(p->arena, "%llu", (unsigned long long)until));
}

static struct node *case_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    uint64_t n;

    if (!span_number(value, INT64_MAX, &n))
        return bad_value(p, f, start, "the number of a case");
    return where(p, "r.case_id IS CAST(@ AS INTEGER)", arena_dup(p->arena, value.p, value.n));
}

static struct node *has_term(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    static const struct {
        const char *name, *sql;
    } parts[] = {{"document", "(r.sha256 NOTNULL) = CAST(@ AS INTEGER)"},
                 {"rule", "(r.rule NOTNULL) = CAST(@ AS INTEGER)"},
                 {"sender", "(r.host NOTNULL) = CAST(@ AS INTEGER)"},
                 {"case", "(r.case_id NOTNULL) = CAST(@ AS INTEGER)"},
                 {"comment", "(r.comments > 0) = CAST(@ AS INTEGER)"}};

    for (size_t i = 0; i < GH_COUNT(parts); i++)
        if (span_eq_nocase(value, parts[i].name))
            return where(p, parts[i].sql, "1");
    return bad_value(p, f, start, "document, rule, sender, case or comment");
}

static struct node *boxes(struct parser *p, const char *sql, const char *value)
{
    struct node *n = where(p, sql, value);

    if (n)
        n->box = true;
    return n;
}

/* Value is "region=NAME", or "region=" for all regions: so it is told apart from an appliance's name everywhere. */
static struct node *region_term(struct parser *p, const char *value)
{
    return boxes(p,
                 "r.appliance IN (SELECT id FROM appliance WHERE kind = 1 AND ('region=' || name = @ COLLATE NOCASE OR "
                 "'region=' || lower(hex(identity)) = @ OR 'region=' = @))",
                 value);
}

static struct node *box_term(struct parser *p, const struct query_field *f, struct span value)
{
    if (!strcmp(f->name, "region"))
        return region_term(p, arena_printf(p->arena, "region=%.*s", (int)value.n, (const char *)value.p));
    return boxes(p,
                 "r.appliance IN (SELECT id FROM appliance WHERE name = @ COLLATE NOCASE OR "
                 "lower(hex(identity)) = @)",
                 arena_dup(p->arena, value.p, value.n));
}

/* Who is no region may say of its events what it likes: it stands behind none. */
static struct node *origin_term(struct parser *p, struct span value)
{
    struct node *both = node_new(p, NODE_AND);

    if (!both || !(both->first = key_leaf(p, "origin", value)))
        return NULL;
    both->first->next = region_term(p, "region=");
    return both->first->next ? both : NULL;
}

struct node *term_of_field(struct parser *p, const struct query_field *f, const char *op, struct span value,
                           bool quoted, size_t start)
{
    bool ordered = f->kind == QUERY_LEVEL || f->kind == QUERY_NUMBER;

    if (f->alerts_only && p->context->target != QUERY_ALERTS)
        return parse_fail(p, start, p->pos, "alerts_only", NULL, "'%s' is known of alerts only.", f->name);
    if ((op[0] == '<' || op[0] == '>') && !ordered)
        return parse_fail(p, start, p->pos, "bad_operator", f->example, "'%s' has no order: write %s.",
                          f->name, f->example);
    switch (f->kind) {
    case QUERY_KEY:
        return !strcmp(f->name, "origin") ? origin_term(p, value) : key_leaf(p, f->name, value);
    case QUERY_TEXT:
        return words_leaf(p, f->part, value, quoted, start);
    case QUERY_IP:
        return ip_term(p, f, value, start);
    case QUERY_LEVEL:
        return level_term(p, f, op, value, start);
    case QUERY_NUMBER:
        return number_term(p, f, op, value, start);
    case QUERY_HASH:
        return hash_term(p, f, value, start);
    case QUERY_TIME:
        return term_of_time(p, f, value, start);
    case QUERY_STATE:
        return state_term(p, f, value, start);
    case QUERY_REASON:
        return reason_term(p, f, value, start);
    case QUERY_USER:
        return user_term(p, value);
    case QUERY_CLOCK:
        return clock_term(p, f, value, start);
    case QUERY_CASE:
        return case_term(p, f, value, start);
    case QUERY_HAS:
        return has_term(p, f, value, start);
    case QUERY_BOX:
        return box_term(p, f, value);
    }
    return NULL;
}

struct node *term_of_text(struct parser *p, struct span value, bool quoted, size_t start)
{
    static const struct query_field hash = {.name = "sha256", .example = ""};

    if (!quoted && key_is_network(value)) {
        struct node *n = network_leaf(p, "sd", value);
        if (n || p->rc)
            return n;
    }
    if (!quoted && value.n == 64 && is_hex(value))
        return hash_term(p, &hash, value, start);
    return words_leaf(p, ALL_TEXT, value, quoted, start);
}

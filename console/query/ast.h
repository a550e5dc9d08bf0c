/* SPDX-License-Identifier: GPL-3.0-or-later
 * ast: what parse.c hands to compile.c. All of it lives in the arena. */
#ifndef GH_CONSOLE_QUERY_AST_H
#define GH_CONSOLE_QUERY_AST_H

#include "console/query/query.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_MATCH, NODE_WHERE, NODE_TIME };
struct node {
    enum node_kind kind;
    struct node *first, *next; /* children of AND, OR, NOT */
    const char *text;  /* MATCH: full-text expression; WHERE: condition, '@' stands for the parameter */
    const char *value; /* WHERE: the parameter */
    bool box;          /* WHERE: value names an appliance, or "region=" and a region, and nothing else is asked */
    int64_t from, to;  /* TIME */
};
struct parser {
    struct arena *arena;
    const struct query_context *context;
    struct span text;
    size_t pos;
    unsigned depth, nodes;
    bool content; /* a term asks for words, names or hashes of the content */
    struct query_error *err;
    int rc;
};

/* The tree of a query; NULL for an empty one or with p->rc set. */
struct node *query_parse_text(struct parser *p);
/* A node, or NULL with p->rc set: too many, no memory. */
struct node *node_new(struct parser *p, enum node_kind kind);
/* One value of a field, with its operator (":", "<=", ...), from byte start to the present place. */
struct node *term_of_field(struct parser *p, const struct query_field *f, const char *op, struct span value,
                           bool quoted, size_t start);
/* last, from, to. */
struct node *term_of_time(struct parser *p, const struct query_field *f, struct span value, size_t start);
/* Text without a field. */
struct node *term_of_text(struct parser *p, struct span value, bool quoted, size_t start);
/* Sets the error for bytes start..end; returns NULL. */
struct node *parse_fail(struct parser *p, size_t start, size_t end, const char *code, const char *near,
                        const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The expression of one TIME's days or months; NULL when it has no beginning or is too long for that. */
const char *time_match(struct arena *a, int64_t from, int64_t to);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/schema.h"
#include "base/arena.h"
#include "base/text.h"

#define NODES_MAX 512
#define NAMES_MAX 128

static struct schema_node nodes[NODES_MAX];
static size_t n_nodes;
static struct arena *name_memory; /* lives as long as the process */

static struct schema_node *add(struct schema_node *parent, struct span name, enum event_field_type type)
{
    struct schema_node **last = &parent->child, *n;

    while (*last) {
        if (span_eq(span_str((*last)->name), name))
            return *last;
        last = &(*last)->next;
    }
    gh_check(n_nodes < NODES_MAX); /* the table is ours */
    n = &nodes[n_nodes++];
    n->name = arena_dup(name_memory, name.p, name.n);
    gh_check(n->name);
    n->len = name.n;
    n->type = type;
    *last = n;
    return n;
}

/* "gatehouse.document.markings[].text": groups on the way are objects; "[]" only says that the parent is a
 * list. */
static void add_path(struct schema_node *root, const char *path, enum event_field_type type, const char *en,
                     const char *vi)
{
    struct span rest = span_str(path);
    struct schema_node *n = root;

    while (rest.n) {
        ptrdiff_t dot = span_find_byte(rest, '.', 0);
        struct span part = span_part(rest, 0, dot < 0 ? rest.n : (size_t)dot);
        bool list = part.n > 2 && part.p[part.n - 1] == ']';

        rest = dot < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)dot + 1, rest.n);
        n = add(n, list ? span_part(part, 0, part.n - 2) : part, rest.n ? FIELD_OBJ : type);
    }
    n->en = en;
    n->vi = vi;
}

const struct schema_node *schema_root(void)
{
    static const struct {
        const char *path;
        enum event_field_type type;
        const char *en, *vi;
    } derived[] = {
#define X(path, type, en, vi) {path, type, en, vi},
        SCHEMA_DERIVED(X)
#undef X
    };
    struct schema_node *root = &nodes[0];
    const struct schema_node *document;

    if (n_nodes)
        return root;
    name_memory = arena_new(64 << 10);
    if (!name_memory)
        return NULL;
    n_nodes = 1;
    root->name = "e";
    root->type = FIELD_OBJ;
    for (size_t i = 0; i < event_field_count; i++)
        add_path(root, event_fields[i].path, event_fields[i].type, event_fields[i].en, event_fields[i].vi);
    for (size_t i = 0; i < GH_COUNT(derived); i++)
        add_path(root, derived[i].path, derived[i].type, derived[i].en, derived[i].vi);
    document = schema_child(schema_child(root, span_str("gatehouse")), span_str("document"));
    gh_check(document);
    /* "document" is the short name that policies use; a member is a document like its container. */
    add(root, span_str("document"), FIELD_OBJ)->same = document;
    ((struct schema_node *)schema_child(document, span_str("members")))->same = document;
    return root;
}

bool schema_judged(enum event_type t)
{
    return t < EVENT_TYPE_COUNT && t != EVENT_ALERT && t != EVENT_STATS && t != EVENT_AUDIT &&
           t != EVENT_DROP;
}

const char *schema_nearest_type(const char *name)
{
    const char *names[EVENT_TYPE_COUNT];
    size_t n = 0;

    for (int t = 0; t < EVENT_TYPE_COUNT; t++)
        if (schema_judged((enum event_type)t))
            names[n++] = event_type_name((enum event_type)t);
    return text_nearest(name, names, n);
}

const struct schema_node *schema_child(const struct schema_node *n, struct span name)
{
    for (const struct schema_node *c = n->same ? n->same->child : n->child; c; c = c->next)
        if (c->len == name.n && !memcmp(c->name, name.p, name.n))
            return c;
    return NULL;
}

const char *schema_nearest(const struct schema_node *n, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (const struct schema_node *c = n->same ? n->same->child : n->child; c && count < NAMES_MAX;
         c = c->next)
        names[count++] = c->name;
    return text_nearest(name, names, count);
}

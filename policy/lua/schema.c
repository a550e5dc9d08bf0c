/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/schema.h"
#include "base/arena.h"
#include "base/text.h"

#define NODES_MAX 512
#define NAMES_MAX 128

static struct schema_node nodes[NODES_MAX];
static size_t n_nodes;
static struct arena *name_memory; /* lives as long as the process */

#define TYPES_ALL UINT64_MAX

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
    n->type = type;
    n->types = TYPES_ALL;
    *last = n;
    return n;
}

/* "gatehouse.document.markings[].text": groups on the way are objects; "[]" only says that the parent is a
 * list. */
static void add_path(struct schema_node *root, const char *path, enum event_field_type type, const char *en,
                     const char *vi, bool derived)
{
    struct span rest = span_str(path);
    struct schema_node *n = root;

    while (rest.n) {
        ptrdiff_t dot = span_find_byte(rest, '.', 0);
        struct span part = span_part(rest, 0, dot < 0 ? rest.n : (size_t)dot);
        bool list = part.n > 2 && part.p[part.n - 1] == ']';

        rest = dot < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)dot + 1, rest.n);
        n = add(n, list ? span_part(part, 0, part.n - 2) : part, rest.n ? FIELD_OBJ : type);
        n->derived = derived;
    }
    n->en = en;
    n->vi = vi;
}

static void set_types(struct schema_node *n, uint64_t types)
{
    n->types = types;
    for (struct schema_node *c = n->child; c; c = c->next)
        set_types(c, types);
}

/* EVENT_GROUP("http", "http fileinfo") */
static void add_group(struct schema_node *root, const char *path, const char *types)
{
    struct schema_node *n = root;
    uint64_t mask = 0;

    for (struct span rest = span_str(path); rest.n;) {
        ptrdiff_t dot = span_find_byte(rest, '.', 0);
        n = (struct schema_node *)schema_child(n, span_part(rest, 0, dot < 0 ? rest.n : (size_t)dot));
        gh_check(n); /* the table is ours */
        rest = dot < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)dot + 1, rest.n);
    }
    for (struct span rest = span_str(types); rest.n;) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        enum event_type t = EVENT_FLOW;
        gh_check(event_type_parse(span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank), &t));
        mask |= 1ull << t;
        rest = blank < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)blank + 1, rest.n);
    }
    set_types(n, mask | 1ull << EVENT_ALERT); /* an alert has what the event has that it is about */
}

const struct schema_node *schema_root(void)
{
    static const struct {
        const char *path, *types;
    } groups[] = {
#define EVENT_GROUP(path, types) {path, types},
#include "base/event.def"
    };
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
    struct schema_node *short_name;

    if (n_nodes)
        return root;
    name_memory = arena_new(64 << 10);
    if (!name_memory)
        return NULL;
    n_nodes = 1;
    root->name = "e";
    root->type = FIELD_OBJ;
    for (size_t i = 0; i < event_field_count; i++)
        add_path(root, event_fields[i].path, event_fields[i].type, event_fields[i].en, event_fields[i].vi,
                 false);
    for (size_t i = 0; i < GH_COUNT(derived); i++)
        add_path(root, derived[i].path, derived[i].type, derived[i].en, derived[i].vi, true);
    for (size_t i = 0; i < GH_COUNT(groups); i++)
        add_group(root, groups[i].path, groups[i].types);
    document = schema_child(schema_child(root, span_str("gatehouse")), span_str("document"));
    gh_check(document);
    /* "document" is the short name that policies use; a member is a document like its container. */
    short_name = add(root, span_str("document"), FIELD_OBJ);
    short_name->same = document;
    short_name->types = document->types;
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
        if (span_eq(span_str(c->name), name))
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

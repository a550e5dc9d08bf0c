/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/view.h"
#include "base/clock.h"
#include "policy/lua/derive.h"
#include "policy/lua/lua_door.h"

#include <stddef.h>
#include <stdio.h>

#define EVENT_DEPTH 128 /* members nest; the scanner has its own limit */

static const char view_meta; /* registry key of the metatable */

/* One object or list of the event inside Lua. */
struct node {
    struct view *view;
    unsigned serial;
    const struct json *json;          /* NULL: an absent object, whose facts are all absent */
    const struct schema_node *schema; /* NULL: free form (a rule's meta, strings) */
    bool list;
    lua_Integer at; /* of a list: where the last look was, so that walking it is no walk each time */
    const struct json *element; /* that element */
    char path[VIEW_PATH];
};

const struct json *view_member(const struct json *j, struct span name)
{
    json_each(m, j && j->type == JSON_OBJECT ? j : NULL) if (span_eq(m->key, name)) return m;
    return NULL;
}

struct span view_text(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static void note_read(struct view *v, const char *path, const struct json *value)
{
    struct span raw = value ? value->raw : (struct span){NULL, 0};

    if (!v->noting)
        return;
    for (size_t i = 0; i < v->n_reads; i++)
        if (!strcmp(v->reads[i].path, path))
            return;
    if (v->n_reads == VIEW_READS)
        return; /* more than a person reads: the first ones tell enough */
    snprintf(v->reads[v->n_reads].path, VIEW_PATH, "%s", path);
    v->reads[v->n_reads++].value = raw;
}

/* What a rule did not read while nobody notes needs no room for its path. */
static struct node *push_node(lua_State *l, struct view *v, const struct json *j, const struct schema_node *s,
                              bool list)
{
    struct node *n = lua_newuserdatauv(l, v->noting ? sizeof(*n) : offsetof(struct node, path) + 1, 0);

    n->view = v;
    n->serial = v->serial;
    n->json = j;
    n->schema = s;
    n->list = list;
    n->at = 1;
    n->element = list && j ? j->child : NULL;
    n->path[0] = 0;
    lua_rawgetp(l, LUA_REGISTRYINDEX, &view_meta);
    lua_setmetatable(l, -2);
    return n;
}

static int push_value(lua_State *l, const struct node *from, const struct json *j,
                      const struct schema_node *s, const char *path)
{
    bool absent = !j || j->type == JSON_NULL;
    bool object = absent ? s && (s->type == FIELD_OBJ || s->child || s->same) : j->type == JSON_OBJECT;
    bool list = absent ? s && s->type == FIELD_ARR : j->type == JSON_ARRAY;

    if (object || list) {
        struct node *n = push_node(l, from->view, absent ? NULL : j, s, list);
        if (from->view->noting)
            snprintf(n->path, sizeof(n->path), "%s", path);
        if (list)
            note_read(from->view, path, absent ? NULL : j);
        return 1;
    }
    note_read(from->view, path, absent ? NULL : j);
    if (absent)
        lua_pushnil(l);
    else if (j->type == JSON_STRING)
        lua_pushlstring(l, (const char *)j->s.p, j->s.n);
    else if (j->type == JSON_NUMBER && j->integer)
        lua_pushinteger(l, j->i);
    else if (j->type == JSON_NUMBER)
        lua_pushnumber(l, j->d);
    else
        lua_pushboolean(l, j->type == JSON_TRUE);
    return 1;
}

static struct node *check_node(lua_State *l)
{
    struct node *n =
        lua_touserdata(l, 1); /* nobody can call these functions but Lua itself, with its own kind */

    if (n->serial != n->view->serial)
        luaL_error(l, "a fact of another event was kept: rules must not remember anything");
    return n;
}

static int index_list(lua_State *l, struct node *n)
{
    lua_Integer want = luaL_checkinteger(l, 2);
    char path[VIEW_PATH] = "";

    if (want < n->at) {
        n->at = 1;
        n->element = n->json ? n->json->child : NULL;
    }
    for (; n->element && n->at < want; n->at++)
        n->element = n->element->next;
    if (!n->element || want < 1) {
        n->at = want < 1 ? 1 : n->at;
        lua_pushnil(l);
        return 1;
    }
    if (n->view->noting)
        snprintf(path, sizeof(path), "%.90s[%lld]", n->path, (long long)want);
    return push_value(l, n, n->element, n->schema, path);
}

static int view_index(lua_State *l)
{
    struct node *n = check_node(l);
    const struct schema_node *s = NULL;
    const struct json *j;
    struct span name;
    const char *key, *near;
    char path[VIEW_PATH] = "";
    size_t len;

    if (n->list && lua_type(l, 2) == LUA_TNUMBER)
        return index_list(l, n);
    key = luaL_checklstring(l, 2, &len);
    name = span_of(key, len);
    if (n->schema && (n->schema->child || n->schema->same)) {
        s = schema_child(n->schema, name);
        if (!s) {
            near = schema_nearest(n->schema, key);
            return luaL_error(l, "no such fact: %s%s%s%s%s%s", n->path, *n->path ? "." : "", key,
                              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        if (n->list)
            return luaL_error(l, "%s is a list: go through it with each(%s)", n->path, n->path);
    }
    if (n->view->noting)
        snprintf(path, sizeof(path), "%.80s%s%.36s", n->path, *n->path ? "." : "", key);
    j = view_member(n->json, name);
    if (n->json == n->view->event) { /* the root: short names and derived facts */
        if (span_eq(name, span_str("document")))
            j = json_path(n->json, "gatehouse.document");
        if (!j)
            j = derive_fact(n->view, name);
    }
    return push_value(l, n, j, s, path);
}

static int view_newindex(lua_State *l)
{
    return luaL_error(l, "facts are read-only ('%s')", luaL_tolstring(l, 2, NULL));
}

static int view_len(lua_State *l)
{
    const struct node *n = check_node(l);

    lua_pushinteger(l, n->json ? (lua_Integer)n->json->count : 0);
    return 1;
}

static int view_tostring(lua_State *l)
{
    const struct node *n = check_node(l);

    lua_pushfstring(l, "%s %s", n->list ? "list" : "object", n->path);
    return 1;
}

int view_open(lua_State *l)
{
    static const luaL_Reg meta[] = {{"__index", view_index},
                                    {"__newindex", view_newindex},
                                    {"__len", view_len},
                                    {"__tostring", view_tostring},
                                    {NULL, NULL}};

    lua_newtable(l);
    luaL_setfuncs(l, meta, 0);
    lua_pushboolean(l, 0);
    lua_setfield(l, -2, "__metatable");
    lua_rawsetp(l, LUA_REGISTRYINDEX, &view_meta);
    return 0;
}

void view_push_list(lua_State *l, struct view *v, const struct json *j, const struct schema_node *s)
{
    (void)push_node(l, v, j, s, true);
}

void view_push_free(lua_State *l, struct view *v, const struct json *j)
{
    (void)push_node(l, v, j, NULL, j->type == JSON_ARRAY);
}

void view_push(lua_State *l, struct view *v)
{
    push_node(l, v, v->event, schema_root(), false);
}

int view_at_least(lua_State *l)
{
    size_t n, m;
    const char *want = luaL_checklstring(l, 2, &m), *is;
    int rank = event_level_rank(span_of(want, m));

    if (rank < 0)
        return luaL_error(l,
                          "there is no level '%s': none, restricted, confidential, secret, top_secret, mat, "
                          "toi_mat, tuyet_mat",
                          want);
    if (lua_isnil(l, 1)) {
        lua_pushboolean(l, rank == 0);
        return 1;
    }
    is = luaL_checklstring(l, 1, &n);
    lua_pushboolean(l, event_level_rank(span_of(is, n)) >= rank);
    return 1;
}

int view_begin(struct view *v, struct arena *a, struct span event, const struct view_world *world)
{
    struct json *j;
    struct span stamp;
    int rc = json_parse(a, event, EVENT_DEPTH, &j, NULL);

    if (rc)
        return rc;
    if (j->type != JSON_OBJECT)
        return ST_MALFORMED;
    v->arena = a;
    v->event = v->last = j;
    v->n_reads = 0;
    v->serial++;
    v->world = world;
    memset(v->derived, 0, sizeof(v->derived));
    if (!event_type_parse(view_text(view_member(j, span_str("event_type"))), &v->type))
        v->type = EVENT_FILEINFO;
    stamp = view_text(view_member(j, span_str("timestamp")));
    v->time_us = 0;
    if (stamp.n)
        (void)clock_parse_iso((const char *)stamp.p, stamp.n, &v->time_us);
    v->date[0] = 0;
    return 0;
}

const char *view_date(struct view *v)
{
    (void)derive_fact(v, span_str("time"));
    return v->date;
}

void view_note(struct view *v, const char *path, struct span value, bool text)
{
    struct json j = {.type = JSON_STRING, .raw = value};
    struct writer w;
    struct jw quoted;

    if (value.n && text) {
        writer_init(&w, 4096);
        jw_init(&quoted, &w);
        jw_str(&quoted, value);
        j.raw = span_of(arena_dup(v->arena, w.p, w.n), w.n);
        writer_done(&w);
    } else if (value.n) {
        j.raw = span_of(arena_dup(v->arena, value.p, value.n), value.n);
    }
    note_read(v, path, value.n && j.raw.p ? &j : NULL);
}

void view_end(struct view *v)
{
    v->serial++;
    v->event = NULL;
}

void view_forget(struct view *v)
{
    v->n_reads = 0;
}

const struct json *view_path(struct view *v, const char *path)
{
    struct span p = span_str(path);
    ptrdiff_t dot = span_find_byte(p, '.', 0);
    const struct json *j = json_path(v->event, path);

    if (!j && span_starts(p, "document."))
        return json_path(json_path(v->event, "gatehouse.document"), path + 9);
    if (j)
        return j;
    j = derive_fact(v, span_part(p, 0, dot < 0 ? p.n : (size_t)dot));
    return j && dot >= 0 ? json_path(j, path + dot + 1) : j;
}

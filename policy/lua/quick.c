/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/quick.h"
#include "policy/lua/derive.h"
#include "policy/lua/lua_door.h"

#include <stdlib.h>

#define OBJECTS_MAX 160
#define FACTS_MAX 1024

struct fact {
    const char *interned; /* Lua's own copy of the name: equal names are one pointer */
    const struct schema_node *schema;
    bool seen;
};
struct object {
    struct quick *quick;
    struct object *parent;
    const struct schema_node *schema;
    struct fact *facts;
    unsigned n_facts, n_seen;
    int shown, table; /* registry: the userdata, and the table of what was looked at */
    const struct json *json;
    uint64_t event; /* for which json holds */
};
struct quick {
    struct view *view;
    uint64_t event;
    struct object objects[OBJECTS_MAX];
    size_t n_objects;
    struct fact facts[FACTS_MAX];
    size_t n_facts;
};

static const struct json *find(struct object *o);

/* A member of the event or of one of its objects. */
static const struct json *look(struct object *o, const struct schema_node *s)
{
    struct view *v = o->quick->view;
    struct span name = span_str(s->name);

    if (o->parent)
        return view_member(find(o), name);
    if (s->same) /* "document" is short for gatehouse.document */
        return json_path(v->event, "gatehouse.document");
    return s->derived ? derive_fact(v, name) : view_member(v->event, name);
}

static const struct json *find(struct object *o)
{
    if (o->event != o->quick->event) {
        o->json = o->parent ? look(o->parent, o->schema) : o->quick->view->event;
        o->event = o->quick->event;
    }
    return o->json;
}

static struct fact *fact_of(struct object *o, const char *key)
{
    for (unsigned i = 0; i < o->n_facts; i++)
        if (o->facts[i].interned == key)
            return &o->facts[i];
    return NULL;
}

static void push_value(lua_State *l, struct view *v, const struct json *j, const struct schema_node *s)
{
    if (s->type == FIELD_ARR && j->type == JSON_ARRAY)
        view_push_list(l, v, j, s);
    else if (j->type == JSON_STRING)
        lua_pushlstring(l, (const char *)j->s.p, j->s.n);
    else if (j->type == JSON_NUMBER && j->integer)
        lua_pushinteger(l, j->i);
    else if (j->type == JSON_NUMBER)
        lua_pushnumber(l, j->d);
    else if (j->type == JSON_OBJECT || j->type == JSON_ARRAY)
        view_push_free(l, v, j);
    else
        lua_pushboolean(l, j->type == JSON_TRUE);
}

/* The table has no such field yet: (table, key). What the event does not have is looked for each time. */
static int on_miss(lua_State *l)
{
    struct object *o = lua_touserdata(l, lua_upvalueindex(1));
    struct fact *f = lua_type(l, 2) == LUA_TSTRING ? fact_of(o, lua_tostring(l, 2)) : NULL;
    const struct json *j;

    if (!f) /* told exactly when the rule is tried again with notes */
        return luaL_error(l, "no such fact: %s", luaL_tolstring(l, 2, NULL));
    if (!o->quick->view->event)
        return luaL_error(l, "a fact of another event was kept: rules must not remember anything");
    j = look(o, f->schema);
    if (j && j->type == JSON_NULL)
        j = NULL;
    if (!j && f->schema->type != FIELD_ARR) {
        lua_pushnil(l);
        return 1;
    }
    if (j)
        push_value(l, o->quick->view, j, f->schema);
    else
        view_push_list(l, o->quick->view, NULL, f->schema);
    lua_pushvalue(l, 2);
    lua_pushvalue(l, -2);
    lua_rawset(l, 1);
    o->n_seen += !f->seen;
    f->seen = true;
    return 1;
}

static int on_write(lua_State *l)
{
    return luaL_error(l, "facts are read-only ('%s')", luaL_tolstring(l, 2, NULL));
}

static int on_len(lua_State *l)
{
    struct object *o = lua_touserdata(l, lua_upvalueindex(1));
    const struct json *j = o->quick->view->event ? find(o) : NULL;

    lua_pushinteger(l, j ? (lua_Integer)j->count : 0);
    return 1;
}

static bool is_object(const struct schema_node *s)
{
    return s->type == FIELD_OBJ && (s->child || s->same);
}

/* The table and its metatable with on_miss; the table stays on the stack. */
static void push_table(lua_State *l, struct object *o)
{
    lua_newtable(l);
    lua_newtable(l);
    lua_pushlightuserdata(l, o);
    lua_pushcclosure(l, on_miss, 1);
    lua_setfield(l, -2, "__index");
    lua_setmetatable(l, -2);
    lua_pushvalue(l, -1);
    o->table = luaL_ref(l, LUA_REGISTRYINDEX);
}

static struct object *make(struct quick *q, lua_State *l, struct object *parent, const struct schema_node *s)
{
    struct object *o = &q->objects[q->n_objects++];

    gh_check(q->n_objects <= OBJECTS_MAX); /* the schema is ours */
    o->quick = q;
    o->parent = parent;
    o->schema = s;
    o->facts = &q->facts[q->n_facts];
    luaL_checkstack(l, 8, "schema");
    lua_newuserdatauv(l, 0, 0);
    lua_newtable(l);
    push_table(l, o);
    lua_setfield(l, -2, "__index");
    lua_pushcfunction(l, on_write);
    lua_setfield(l, -2, "__newindex");
    lua_pushlightuserdata(l, o);
    lua_pushcclosure(l, on_len, 1);
    lua_setfield(l, -2, "__len");
    lua_pushboolean(l, 0);
    lua_setfield(l, -2, "__metatable");
    lua_setmetatable(l, -2);
    o->shown = luaL_ref(l, LUA_REGISTRYINDEX);
    for (const struct schema_node *c = s->same ? s->same->child : s->child; c; c = c->next) {
        if (is_object(c))
            continue;
        gh_check(q->n_facts < FACTS_MAX);
        o->facts[o->n_facts].schema = c;
        lua_pushstring(l, c->name);
        o->facts[o->n_facts++].interned = lua_tostring(l, -1);
        (void)luaL_ref(l, LUA_REGISTRYINDEX); /* so that the copy stays */
        q->n_facts++;
    }
    for (const struct schema_node *c = s->same ? s->same->child : s->child; c; c = c->next) {
        struct object *below;
        if (!is_object(c))
            continue;
        below = make(q, l, o, c);
        lua_rawgeti(l, LUA_REGISTRYINDEX, o->table);
        lua_rawgeti(l, LUA_REGISTRYINDEX, below->shown);
        lua_setfield(l, -2, c->name);
        lua_pop(l, 1);
    }
    return o;
}

struct quick *quick_open(lua_State *l)
{
    struct quick *q = calloc(1, sizeof(*q));

    if (!q)
        return NULL;
    make(q, l, NULL, schema_root());
    return q;
}

void quick_push(struct quick *q, lua_State *l, struct view *v)
{
    q->view = v;
    q->event++;
    lua_rawgeti(l, LUA_REGISTRYINDEX, q->objects[0].shown);
}

void quick_end(struct quick *q, lua_State *l)
{
    for (size_t i = 0; i < q->n_objects; i++) {
        struct object *o = &q->objects[i];
        if (!o->n_seen)
            continue;
        lua_rawgeti(l, LUA_REGISTRYINDEX, o->table);
        for (unsigned k = 0; k < o->n_facts; k++) {
            if (!o->facts[k].seen)
                continue;
            o->facts[k].seen = false;
            lua_pushnil(l);
            lua_setfield(l, -2, o->facts[k].interned);
        }
        lua_pop(l, 1);
        o->n_seen = 0;
    }
}

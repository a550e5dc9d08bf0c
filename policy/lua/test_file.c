/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/test_file.h"
#include "policy/lua/lua_door.h"

#include <stdio.h>
#include <stdlib.h>

#define FACTS_DEPTH 16
#define EVENT_MAX (1u << 20)

static const char key_tests; /* registry key of the struct policy_tests being filled */

static void put_value(lua_State *l, int index, const struct schema_node *s, struct jw *j, unsigned depth,
                      bool in_list);

static void put_list(lua_State *l, int index, const struct schema_node *s, struct jw *j, unsigned depth)
{
    jw_arr(j);
    for (lua_Integer i = 1, n = luaL_len(l, index); i <= n; i++) {
        lua_geti(l, index, i);
        put_value(l, lua_gettop(l), s, j, depth + 1, true);
        lua_pop(l, 1);
    }
    jw_end_arr(j);
}

static void put_object(lua_State *l, int index, const struct schema_node *s, struct jw *j, unsigned depth)
{
    jw_obj(j);
    lua_pushnil(l);
    while (lua_next(l, index)) {
        size_t n;
        const char *key, *near;
        const struct schema_node *child = NULL;
        if (lua_type(l, -2) != LUA_TSTRING)
            luaL_error(l, "facts: give every value a name");
        key = lua_tolstring(l, -2, &n);
        if (s && (s->child || s->same)) {
            child = schema_child(s, span_of(key, n));
            near = child ? NULL : schema_nearest(s, key);
            if (!child)
                luaL_error(l, "facts: there is no such fact: '%s'%s%s%s", key, near ? "; did you mean '" : "",
                           near ? near : "", near ? "'?" : "");
        }
        if (!depth && !strcmp(key, "document")) { /* the short name stands for where events keep it */
            jw_kobj(j, "gatehouse");
            jw_key(j, "document");
            put_value(l, lua_gettop(l), child, j, depth + 1, false);
            jw_end_obj(j);
        } else {
            jw_key_span(j, span_of(key, n));
            put_value(l, lua_gettop(l), child, j, depth + 1, false);
        }
        lua_pop(l, 1);
    }
    jw_end_obj(j);
}

static bool is_empty(lua_State *l, int index)
{
    lua_pushnil(l);
    if (!lua_next(l, index))
        return true;
    lua_pop(l, 2);
    return false;
}

static void put_value(lua_State *l, int index, const struct schema_node *s, struct jw *j, unsigned depth,
                      bool in_list)
{
    size_t n;
    const char *text;

    luaL_checkstack(l, 8, "facts");
    if (depth > FACTS_DEPTH)
        luaL_error(l, "facts: nested too deeply");
    switch (lua_type(l, index)) {
    case LUA_TTABLE:
        /* {} is an empty list where the fact is one; its elements are objects again */
        if (luaL_len(l, index) > 0 || (s && s->type == FIELD_ARR && !in_list && is_empty(l, index)))
            put_list(l, index, s, j, depth);
        else
            put_object(l, index, s, j, depth);
        break;
    case LUA_TSTRING:
        text = lua_tolstring(l, index, &n);
        jw_str(j, span_of(text, n));
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(l, index))
            jw_i64(j, lua_tointeger(l, index));
        else
            jw_f64(j, lua_tonumber(l, index));
        break;
    case LUA_TBOOLEAN:
        jw_bool(j, lua_toboolean(l, index));
        break;
    default:
        luaL_error(l, "facts: a %s is no fact", luaL_typename(l, index));
    }
}

static void take_field(lua_State *l, const char *key, char *buf, size_t cap, bool needed)
{
    if (lua_getfield(l, -1, key) == LUA_TSTRING)
        snprintf(buf, cap, "%s", lua_tostring(l, -1));
    else if (needed)
        luaL_error(l, "test: expect = { action = \"…\", rule = \"…\" }: '%s' is missing", key);
    lua_pop(l, 1);
}

/* before = { {…}, {…} }, then facts = {…}; each becomes one event. From the first on policy_tests_done frees
 * them. */
static void put_events(lua_State *l, struct policy_test *t, size_t *n_tests)
{
    lua_Integer before = 0;

    if (lua_getfield(l, 1, "before") != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        before = luaL_len(l, -1);
        if (before >= TEST_EVENTS_MAX)
            luaL_error(l, "test '%s': more than %d events before", t->name, TEST_EVENTS_MAX - 1);
    }
    if (lua_getfield(l, 1, "facts") != LUA_TTABLE)
        luaL_error(l, "test '%s': facts = { … } is missing", t->name);
    t->events = calloc((size_t)before + 1, sizeof(*t->events));
    if (!t->events)
        luaL_error(l, "not enough memory");
    ++*n_tests;
    for (lua_Integer i = 1; i <= before + 1; i++) {
        struct writer *w = &t->events[t->n_events];
        struct jw j;
        writer_init(w, EVENT_MAX);
        t->n_events++;
        if (i <= before)
            lua_geti(l, -2, i);
        else
            lua_pushvalue(l, -1);
        if (lua_type(l, -1) != LUA_TTABLE)
            luaL_error(l, "test '%s': before is a list of facts", t->name);
        jw_init(&j, w);
        put_object(l, lua_gettop(l), schema_root(), &j, 0);
        if (!writer_ok(w))
            luaL_error(l, "test '%s': its facts are too large", t->name);
        lua_pop(l, 1);
    }
}

static int lua_test(lua_State *l)
{
    struct policy_tests *to;
    struct policy_test *t;
    enum action action;
    lua_Debug d;

    lua_rawgetp(l, LUA_REGISTRYINDEX, &key_tests);
    to = lua_touserdata(l, -1);
    lua_pop(l, 1);
    luaL_checktype(l, 1, LUA_TTABLE);
    if (to->n == TESTS_MAX)
        return luaL_error(l, "more than %d tests", TESTS_MAX);
    t = &to->t[to->n];
    memset(t, 0, sizeof(*t));
    if (lua_getstack(l, 1, &d) && lua_getinfo(l, "l", &d))
        t->line = d.currentline;
    if (lua_geti(l, 1, 1) != LUA_TSTRING)
        return luaL_error(l, "test: begin with what it says: test{ \"a marked document …\", facts = …");
    snprintf(t->name, sizeof(t->name), "%s", lua_tostring(l, -1));
    lua_pop(l, 1);
    if (lua_getfield(l, 1, "expect") != LUA_TTABLE)
        return luaL_error(l, "test '%s': expect = { action = \"…\" } is missing", t->name);
    take_field(l, "action", t->action, sizeof(t->action), true);
    take_field(l, "rule", t->rule, sizeof(t->rule), false);
    if (!bundle_action_parse(to->of, t->action, &action))
        return luaL_error(l, "test '%s': '%s' is not one of %s", t->name, t->action, bundle_actions(to->of));
    lua_pop(l, 1);
    put_events(l, t, &to->n);
    return 0;
}

static int set_tests(lua_State *l)
{
    lua_rawsetp(l, LUA_REGISTRYINDEX, &key_tests);
    return 0;
}

int test_file_load(const char *dir, const char *name, const struct cage_limits *lim, struct policy_tests *to,
                   struct writer *err)
{
    struct cage *c = cage_new(lim);
    char message[1024] = "";
    struct writer w;
    int rc;

    if (!c || !schema_root()) {
        cage_free(c);
        return ST_NOMEM;
    }
    cage_register(c, "test", lua_test);
    lua_pushcfunction(cage_lua(c), set_tests);
    lua_pushlightuserdata(cage_lua(c), to);
    rc = cage_call(c, 1, 0, message, sizeof(message));
    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    if (!rc)
        rc = bundle_read_file(dir, name, &w);
    if (rc) {
        writer_printf(err, "%s/%s: %s\n", dir, name, status_text(rc));
    } else {
        cage_begin(c);
        rc = cage_run(c, name, writer_span(&w), message, sizeof(message));
        if (rc)
            writer_printf(err, "%s/%s\n", dir, message);
    }
    writer_done(&w);
    cage_free(c);
    return rc ? ST_USAGE : 0;
}

void policy_tests_done(struct policy_tests *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->t[i].n_events; k++)
            writer_done(&t->t[i].events[k]);
        free(t->t[i].events);
    }
    t->n = 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Read-only tables and watched locals: a rule that remembered something between two decisions would judge the
 * same facts differently on replay. */
#include "policy/lua/cage_lib.h"

#include <stdio.h>
#include <string.h>

/* Registry keys by address. */
static const char key_frozen; /* table → its read-only face */
static const char key_seen;   /* functions visited */
static const char key_watch;  /* list of {function, upvalue number, value, name} */

static void freeze_function(lua_State *l, int index);

static void registry_table(lua_State *l, const void *key)
{
    if (lua_rawgetp(l, LUA_REGISTRYINDEX, key) == LUA_TTABLE)
        return;
    lua_pop(l, 1);
    lua_newtable(l);
    lua_pushvalue(l, -1);
    lua_rawsetp(l, LUA_REGISTRYINDEX, key);
}

static int on_write(lua_State *l)
{
    return luaL_error(l, "a rule may not change a table that was made while the policy was loaded ('%s')",
                      luaL_tolstring(l, 2, NULL));
}

static int face_len(lua_State *l)
{
    lua_pushinteger(l, luaL_len(l, lua_upvalueindex(1)));
    return 1;
}

void cage_push_face(lua_State *l, int index)
{
    lua_newtable(l);
    lua_newtable(l);
    lua_pushvalue(l, index);
    lua_setfield(l, -2, "__index");
    lua_pushcfunction(l, on_write);
    lua_setfield(l, -2, "__newindex");
    lua_pushvalue(l, index);
    lua_pushcclosure(l, face_len, 1);
    lua_setfield(l, -2, "__len");
    lua_pushboolean(l, 0);
    lua_setfield(l, -2, "__metatable");
    lua_setmetatable(l, -2);
}

/* Pushes the frozen form of the value at index: itself unless it is a table. */
static void push_frozen(lua_State *l, int index)
{
    luaL_checkstack(l, 12, "nested too deeply");
    if (lua_type(l, index) == LUA_TFUNCTION) {
        freeze_function(l, index);
        lua_pushvalue(l, index);
        return;
    }
    if (lua_type(l, index) != LUA_TTABLE) {
        lua_pushvalue(l, index);
        return;
    }
    registry_table(l, &key_frozen);
    lua_pushvalue(l, index);
    if (lua_rawget(l, -2) != LUA_TNIL) {
        lua_remove(l, -2);
        return;
    }
    lua_pop(l, 1);
    cage_push_face(l, index);
    lua_pushvalue(l, index);
    lua_pushvalue(l, -2);
    lua_rawset(l, -4); /* before its fields, so that cycles end */
    lua_pushvalue(l, -1);
    lua_pushvalue(l, -1);
    lua_rawset(l, -4); /* a face is its own face */
    cage_freeze(l, index);
    lua_remove(l, -2);
}

static void watch(lua_State *l, int function, int n, const char *name)
{
    registry_table(l, &key_watch);
    lua_newtable(l);
    lua_pushvalue(l, function);
    lua_rawseti(l, -2, 1);
    lua_pushinteger(l, n);
    lua_rawseti(l, -2, 2);
    lua_getupvalue(l, function, n);
    lua_rawseti(l, -2, 3);
    lua_pushstring(l, name);
    lua_rawseti(l, -2, 4);
    lua_rawseti(l, -2, (lua_Integer)lua_rawlen(l, -2) + 1);
    lua_pop(l, 1);
}

static void freeze_function(lua_State *l, int index)
{
    const char *name;
    uint64_t sets;

    if (lua_iscfunction(l, index))
        return;
    registry_table(l, &key_seen);
    lua_pushvalue(l, index);
    if (lua_rawget(l, -2) != LUA_TNIL) {
        lua_pop(l, 2);
        return;
    }
    lua_pop(l, 1);
    lua_pushvalue(l, index);
    lua_pushboolean(l, 1);
    lua_rawset(l, -3);
    lua_pop(l, 1);
    sets = cage_sets_upvalues(l, index);
    for (int n = 1; (name = lua_getupvalue(l, index, n)) != NULL; n++) {
        char copy[64];
        snprintf(copy, sizeof(copy), "%s", name);
        if (strcmp(copy, "_ENV") != 0) { /* its face takes no assignment by itself */
            push_frozen(l, lua_gettop(l));
            lua_setupvalue(l, index, n);
        }
        lua_pop(l, 1);
        if (sets & (n <= 64 ? 1ull << (n - 1) : UINT64_MAX))
            watch(l, index, n, copy);
    }
}

void cage_freeze(lua_State *l, int index)
{
    if (lua_type(l, index) != LUA_TTABLE) {
        push_frozen(l, index);
        lua_pop(l, 1);
        return;
    }
    luaL_checkstack(l, 12, "nested too deeply");
    lua_pushnil(l);
    while (lua_next(l, index)) {
        push_frozen(l, lua_gettop(l));
        lua_pushvalue(l, -3);
        lua_insert(l, -2);
        lua_rawset(l, index); /* an existing field: allowed while walking */
        lua_pop(l, 1);
    }
}

bool cage_watch_check(lua_State *l, char *err, size_t cap)
{
    bool same = true;
    lua_Integer n;

    registry_table(l, &key_watch);
    n = (lua_Integer)lua_rawlen(l, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(l, -1, i);
        lua_rawgeti(l, -1, 1); /* function */
        lua_rawgeti(l, -2, 2);
        lua_rawgeti(l, -3, 3); /* value then */
        lua_getupvalue(l, -3, (int)lua_tointeger(l, -2));
        if (!lua_rawequal(l, -1, -2)) {
            lua_pop(l, 1);
            lua_rawgeti(l, -4, 4);
            snprintf(
                err, cap,
                "a rule changed the local '%s' that lies outside of it: rules must not remember anything",
                lua_tostring(l, -1));
            lua_pop(l, 1);
            lua_setupvalue(l, -3, (int)lua_tointeger(l, -2));
            same = false;
            lua_pop(l, 3);
            continue;
        }
        lua_pop(l, 5);
    }
    lua_pop(l, 1);
    return same;
}

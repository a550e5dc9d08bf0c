/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/cage_lib.h"
#include "policy/lua/cage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARK_MAX 16

/* Lua's own functions that are harmless and bounded by memory and the count hook. Left out and why: pairs and
 * next (their order differs from run to run), string.rep/find/match/gsub/format (run long inside C),
 * table.move (likewise), pcall (catches the budget's end), setmetatable (finalizers), load*, collectgarbage,
 * math.random, io, os, debug, coroutine. */
static const char *const keep_base[] = {"assert", "error", "ipairs", "select", "tonumber", "type"};
static const char *const keep_string[] = {"byte", "char", "len", "lower", "reverse", "sub", "upper"};
static const char *const keep_table[] = {"concat", "insert", "remove", "sort", "unpack"};
static const char *const keep_math[] = {"abs",        "ceil", "floor",      "fmod",      "huge", "max",
                                        "maxinteger", "min",  "mininteger", "tointeger", "type"};
static const char *const names[] = {
#define WORD(name, kind, params, result, en, vi) name,
#include "policy/lua/words.def"
};

const char *const *cage_names(size_t *ret_n)
{
    *ret_n = GH_COUNT(names);
    return names;
}

/* tostring of a table or function would show its address, which differs from run to run. */
static int lib_tostring(lua_State *l)
{
    luaL_checkany(l, 1);
    switch (lua_type(l, 1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        luaL_tolstring(l, 1, NULL);
        break;
    default:
        lua_pushstring(l, luaL_typename(l, 1));
    }
    return 1;
}

/* contains(text, part): plain, no patterns; nil text contains nothing. */
static int lib_contains(lua_State *l)
{
    size_t n, m;
    const char *part = luaL_checklstring(l, 2, &m);
    const char *s = lua_isnil(l, 1) ? NULL : luaL_checklstring(l, 1, &n);

    lua_pushboolean(l, s && span_find(span_of(s, n), span_of(part, m), 0) >= 0);
    return 1;
}

static int lib_starts_with(lua_State *l)
{
    size_t n, m;
    const char *part = luaL_checklstring(l, 2, &m);
    const char *s = lua_isnil(l, 1) ? NULL : luaL_checklstring(l, 1, &n);

    lua_pushboolean(l, s && n >= m && !memcmp(s, part, m));
    return 1;
}

static int lib_ends_with(lua_State *l)
{
    size_t n, m;
    const char *part = luaL_checklstring(l, 2, &m);
    const char *s = lua_isnil(l, 1) ? NULL : luaL_checklstring(l, 1, &n);

    lua_pushboolean(l, s && n >= m && span_eq(span_part(span_of(s, n), n - m, m), span_of(part, m)));
    return 1;
}

static struct span text_at(lua_State *l, int index)
{
    size_t n;
    const char *s = lua_isnil(l, index) ? NULL : luaL_checklstring(l, index, &n);

    return s ? span_of(s, n) : (struct span){NULL, 0};
}

static struct span behind_last(struct span s, struct span mark)
{
    for (size_t at = s.n; mark.n && at >= mark.n; at--)
        if (!memcmp(s.p + at - mark.n, mark.p, mark.n))
            return span_part(s, at, s.n - at);
    return s;
}

static int push_lower(lua_State *l, struct span s)
{
    luaL_Buffer b;

    luaL_buffinit(l, &b);
    for (size_t i = 0; i < s.n; i++)
        luaL_addchar(&b, (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
    luaL_pushresult(&b);
    return 1;
}

static int lib_lower(lua_State *l)
{
    return push_lower(l, text_at(l, 1));
}

/* after_last(text, mark): what stands behind the last mark, all of it without one; nil of nil. */
static int lib_after_last(lua_State *l)
{
    struct span s = text_at(l, 1), mark;
    size_t n;

    mark.p = (const uint8_t *)luaL_checklstring(l, 2, &n);
    mark.n = n;
    luaL_argcheck(l, n >= 1 && n <= MARK_MAX, 2, "a mark is 1 to 16 bytes"); /* no count hook ends a search */
    s = behind_last(s, mark);
    if (s.p)
        lua_pushlstring(l, (const char *)s.p, s.n);
    else
        lua_pushnil(l);
    return 1;
}

/* domain_of("An <an@Bo.example>") is "bo.example" (RFC 5322, 3.4); "" where no domain is. */
static int lib_domain_of(lua_State *l)
{
    struct span s = text_at(l, 1), domain = behind_last(s, span_str("@"));
    size_t n = 0;

    if (domain.n == s.n)
        domain = span_part(s, 0, 0);
    while (n < domain.n && domain.p[n] > ' ' && domain.p[n] != '>')
        n++;
    return push_lower(l, span_part(domain, 0, n));
}

/* extension_of("A.DOCX") is "docx"; "" where none is, as in "README" and ".profile". */
static int lib_extension_of(lua_State *l)
{
    struct span s = text_at(l, 1), name = behind_last(behind_last(s, span_str("/")), span_str("\\")),
                extension = behind_last(name, span_str("."));

    if (extension.n + 1 >= name.n)
        extension = span_part(s, 0, 0);
    return push_lower(l, extension);
}

/* Iterator of each(): state is the list, control the position. */
static int each_next(lua_State *l)
{
    lua_Integer i = (lua_Integer)lua_tonumber(l, lua_upvalueindex(2)) + 1;

    lua_pushinteger(l, i);
    lua_copy(l, -1, lua_upvalueindex(2));
    lua_geti(l, lua_upvalueindex(1), i);
    return 1;
}

/* for m in each(list) do … end; a missing list is an empty one. */
static int lib_each(lua_State *l)
{
    if (lua_isnoneornil(l, 1)) {
        lua_settop(l, 0);
        lua_newtable(l);
    }
    lua_settop(l, 1);
    lua_pushinteger(l, 0);
    lua_pushcclosure(l, each_next, 2);
    return 1;
}

enum quantifier { Q_ANY, Q_ALL, Q_COUNT };

static int quantify(lua_State *l, enum quantifier q)
{
    lua_Integer n = lua_isnoneornil(l, 1) ? 0 : luaL_len(l, 1), hits = 0;

    luaL_checktype(l, 2, LUA_TFUNCTION);
    for (lua_Integer i = 1; i <= n; i++) {
        bool hit;
        lua_pushvalue(l, 2);
        lua_geti(l, 1, i);
        lua_call(l, 1, 1);
        hit = lua_toboolean(l, -1);
        lua_pop(l, 1);
        hits += hit;
        if ((q == Q_ANY && hit) || (q == Q_ALL && !hit))
            break;
    }
    if (q == Q_COUNT)
        lua_pushinteger(l, hits);
    else
        lua_pushboolean(l, q == Q_ANY ? hits > 0 : hits == n);
    return 1;
}

static int lib_any(lua_State *l)
{
    return quantify(l, Q_ANY);
}

static int lib_all(lua_State *l)
{
    return quantify(l, Q_ALL);
}

static int lib_count(lua_State *l)
{
    return quantify(l, Q_COUNT);
}

static const luaL_Reg own[] = {{"tostring", lib_tostring},
                               {"contains", lib_contains},
                               {"starts_with", lib_starts_with},
                               {"ends_with", lib_ends_with},
                               {"lower", lib_lower},
                               {"after_last", lib_after_last},
                               {"domain_of", lib_domain_of},
                               {"extension_of", lib_extension_of},
                               {"each", lib_each},
                               {"any", lib_any},
                               {"all", lib_all},
                               {"count", lib_count}};

/* table at index from → a new table with only the named fields, on the stack. */
static void keep_fields(lua_State *l, int from, const char *const *keep, size_t n)
{
    lua_newtable(l);
    for (size_t i = 0; i < n; i++) {
        lua_getfield(l, from, keep[i]);
        lua_setfield(l, -2, keep[i]);
    }
}

static void open_part(lua_State *l, int globals, const char *name, lua_CFunction open,
                      const char *const *keep, size_t n)
{
    luaL_requiref(l, name, open, 0);
    keep_fields(l, lua_gettop(l), keep, n);
    lua_pushstring(l, name);
    lua_insert(l, -2);
    lua_rawset(l, globals);
    lua_pop(l, 1);
}

/* ("x"):rep() goes through the metatable of strings, whatever the globals are. */
static void cut_string_methods(lua_State *l, int globals)
{
    lua_pushliteral(l, "");
    if (lua_getmetatable(l, -1)) {
        lua_pushliteral(l, "string");
        lua_rawget(l, globals);
        lua_setfield(l, -2, "__index");
        lua_pushboolean(l, 0);
        lua_setfield(l, -2, "__metatable");
        lua_pop(l, 1);
    }
    lua_pop(l, 1);
}

void cage_lib_open(lua_State *l, int globals)
{
    luaL_requiref(l, "_G", luaopen_base, 0);
    for (size_t i = 0; i < GH_COUNT(keep_base); i++) {
        lua_getfield(l, -1, keep_base[i]);
        lua_pushstring(l, keep_base[i]);
        lua_insert(l, -2);
        lua_rawset(l, globals);
    }
    lua_pop(l, 1);
    open_part(l, globals, "string", luaopen_string, keep_string, GH_COUNT(keep_string));
    open_part(l, globals, "table", luaopen_table, keep_table, GH_COUNT(keep_table));
    open_part(l, globals, "math", luaopen_math, keep_math, GH_COUNT(keep_math));
    cut_string_methods(l, globals);
    for (size_t i = 0; i < GH_COUNT(own); i++) {
        lua_pushstring(l, own[i].name);
        lua_pushcfunction(l, own[i].func);
        lua_rawset(l, globals);
    }
    /* What package keeps of the full libraries. */
    lua_pushnil(l);
    lua_setfield(l, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

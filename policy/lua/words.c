/* SPDX-License-Identifier: GPL-3.0-or-later
 * words: lists and history for rules. Each call is bounded, and what it answered is noted with the facts. */
#include "base/text.h"
#include "policy/lua/declare.h"

#include <stdio.h>

static struct bundle *deciding(lua_State *l, const char *word)
{
    struct bundle *b = declare_bundle(l);

    if (!b->now)
        luaL_error(l, "%s: ask inside a rule's when = function(e) … end", word);
    return b;
}

/* A key or value of any plain kind as bytes; nil is "". */
static struct span plain(lua_State *l, int index)
{
    size_t n = 0;
    const char *s;

    if (lua_isnoneornil(l, index))
        return span_str("");
    if (lua_type(l, index) != LUA_TBOOLEAN)
        luaL_argcheck(l, lua_isstring(l, index), index, "a text or a number is expected");
    s = luaL_tolstring(l, index, &n);
    lua_replace(l, index);
    return span_of(s, n);
}

/* in_list("partners", value) */
int words_in_list(lua_State *l)
{
    struct bundle *b = deciding(l, "in_list");
    size_t n;
    const char *name = luaL_checklstring(l, 1, &n);
    const struct list *list = lists_find(&b->lists, b->now->part, span_of(name, n));
    const struct list_row *row;
    char path[VIEW_PATH];

    if (!list) {
        const char *near = lists_nearest(&b->lists, b->now->part, name);
        return luaL_error(l, "there is no list '%s' (lists/%s.csv)%s%s%s", name, name,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    lua_settop(l, 2);
    row = list_match(list, plain(l, 2), view_date(&b->view));
    snprintf(path, sizeof(path), "in_list(%s)", list->name);
    view_note(&b->view, path, row ? span_of(row->value, row->len) : (struct span){NULL, 0}, true);
    lua_pushboolean(l, row != NULL);
    return 1;
}

static uint64_t window(lua_State *l, int index, const char *word)
{
    size_t n;
    const char *s = luaL_checklstring(l, index, &n);
    uint64_t us;

    if (!history_window(span_of(s, n), &us))
        luaL_error(l, "%s: '%s' is no span of time (\"30s\", \"10m\", \"2h\", \"7d\"; at most 31 days)", word,
                   s);
    return us;
}

static int answer(lua_State *l, struct bundle *b, const char *word, struct span key, unsigned count)
{
    char path[VIEW_PATH], text[16];
    int n = snprintf(text, sizeof(text), "%u", count);

    snprintf(path, sizeof(path), "%s(%.80s)", word, key.n ? (const char *)key.p : "");
    view_note(&b->view, path, span_of(text, (size_t)n), false);
    lua_pushinteger(l, (lua_Integer)count);
    return 1;
}

/* times(key, "10m") */
int words_times(lua_State *l)
{
    struct bundle *b = deciding(l, "times");
    uint64_t us = window(l, 2, "times");
    struct span key;

    lua_settop(l, 2);
    key = plain(l, 1);
    b->remembers = true;
    return answer(l, b, "times", key, history_times(b->history, (unsigned)(b->now - b->rules), key, us));
}

/* distinct(key, value, "10m") */
int words_distinct(lua_State *l)
{
    struct bundle *b = deciding(l, "distinct");
    uint64_t us = window(l, 3, "distinct");
    struct span key, value;

    lua_settop(l, 3);
    key = plain(l, 1);
    value = plain(l, 2);
    b->remembers = true;
    return answer(l, b, "distinct", key,
                  history_distinct(b->history, (unsigned)(b->now - b->rules), key, value, us));
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * settings: a bundle's numbers and names that may be tuned without touching its rules. */
#include "base/text.h"
#include "policy/lua/cage_lib.h"
#include "policy/lua/declare.h"

#include <stdio.h>

/* Where the calling Lua code stands, "settings.lua:12". */
static void where(lua_State *l, char *buf, size_t cap)
{
    lua_Debug d = {0};

    buf[0] = 0;
    if (lua_getstack(l, 1, &d) && lua_getinfo(l, "Sl", &d))
        snprintf(buf, cap, "%s:%d", d.short_src, d.currentline);
}

static enum setting_kind kind_of(lua_State *l, int index)
{
    switch (lua_type(l, index)) {
    case LUA_TBOOLEAN:
        return SETTING_BOOLEAN;
    case LUA_TSTRING:
        return SETTING_TEXT;
    case LUA_TTABLE:
        return SETTING_LIST;
    case LUA_TNUMBER:
        return lua_isinteger(l, index) ? SETTING_INTEGER : SETTING_NUMBER;
    default:
        luaL_error(l, "a setting is a number, true or false, a text, or a list of texts");
        return SETTING_TEXT;
    }
}

/* The value at index as people write it. */
static void shown(lua_State *l, int index, char *buf, size_t cap)
{
    struct writer w;

    writer_fixed(&w, buf, cap - 1);
    if (lua_type(l, index) == LUA_TTABLE) {
        writer_str(&w, "{");
        for (lua_Integer i = 1, n = luaL_len(l, index); i <= n && writer_ok(&w); i++) {
            lua_geti(l, index, i);
            writer_printf(&w, "%s\"%s\"", i > 1 ? ", " : " ", luaL_tolstring(l, -1, NULL));
            lua_pop(l, 2);
        }
        writer_str(&w, " }");
    } else {
        writer_str(&w, luaL_tolstring(l, index, NULL));
        lua_pop(l, 1);
    }
    buf[w.n < cap - 1 ? w.n : cap - 1] = 0;
    if (!writer_ok(&w))
        snprintf(buf + (cap > 8 ? cap - 8 : 0), 8, "…");
}

static bool allowed(const struct setting *s, const char *text)
{
    struct span rest = span_str(s->values);

    if (!rest.n)
        return true;
    while (rest.n) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        if (span_eq(span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank), span_str(text)))
            return true;
        rest = blank < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)blank + 1, rest.n);
    }
    return false;
}

/* Is the value at index one that the setting may have? Otherwise the sentence is in why. */
static bool fits(lua_State *l, int index, const struct setting *s, char *why, size_t cap)
{
    static const char *const kinds[] = {"a number", "a whole number", "true or false", "a text",
                                        "a list of texts"};
    int type = lua_type(l, index);
    static const int types[] = {LUA_TNUMBER, LUA_TNUMBER, LUA_TBOOLEAN, LUA_TSTRING, LUA_TTABLE};

    if (type != types[s->kind] || (s->kind == SETTING_INTEGER && !lua_isinteger(l, index))) {
        snprintf(why, cap, "setting '%s' is %s", s->name, kinds[s->kind]);
        return false;
    }
    if (type == LUA_TNUMBER && ((s->has_min && lua_tonumber(l, index) < s->min) ||
                                (s->has_max && lua_tonumber(l, index) > s->max))) {
        snprintf(why, cap, "setting '%s' goes from %.10g to %.10g", s->name, s->has_min ? s->min : -1e308,
                 s->has_max ? s->max : 1e308);
        return false;
    }
    if (type == LUA_TSTRING && !allowed(s, lua_tostring(l, index))) {
        snprintf(why, cap, "setting '%s' is one of: %s", s->name, s->values);
        return false;
    }
    for (lua_Integer i = 1, n = type == LUA_TTABLE ? luaL_len(l, index) : 0; i <= n; i++) {
        bool good = lua_geti(l, index, i) == LUA_TSTRING && allowed(s, lua_tostring(l, -1));
        lua_pop(l, 1);
        if (!good) {
            snprintf(why, cap, "setting '%s' is a list of texts%s%s", s->name,
                     *s->values ? ", each one of: " : "", s->values);
            return false;
        }
    }
    return true;
}

/* values = { "a", "b" } */
static void take_values(lua_State *l, struct setting *s)
{
    size_t used = 0;

    if (lua_getfield(l, 1, "values") != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
            const char *v = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
            size_t len = strlen(v);
            if (!len || strchr(v, ' ') || used + len + 2 > sizeof(s->values))
                luaL_error(l, "setting '%s': values are a few words without blanks", s->name);
            used += (size_t)snprintf(s->values + used, sizeof(s->values) - used, "%s%s", used ? " " : "", v);
            lua_pop(l, 1);
        }
    }
    lua_pop(l, 1);
}

static void take_bound(lua_State *l, const char *key, bool *ret_has, double *ret)
{
    if (lua_getfield(l, 1, key) != LUA_TNIL) {
        *ret_has = true;
        *ret = luaL_checknumber(l, -1);
    }
    lua_pop(l, 1);
}

int settings_setting(lua_State *l)
{
    static const char *const keys[] = {"name", "default", "min", "max", "values", "title"};
    struct bundle *b = declare_loading(l);
    struct part *p = &b->parts[b->loading];
    struct setting *s = &p->settings[p->n_settings];
    char why[512];

    if (p->n_settings == SETTINGS_MAX)
        return luaL_error(l, "more than %d settings", SETTINGS_MAX);
    memset(s, 0, sizeof(*s));
    declare_keys(l, keys, GH_COUNT(keys), "setting");
    declare_text(l, 1, "name", s->name, sizeof(s->name), true);
    for (size_t i = 0; i < p->n_settings; i++)
        if (!strcmp(p->settings[i].name, s->name))
            return luaL_error(l, "there is a setting '%s' already", s->name);
    declare_bilingual(l, "title", s->title_en, s->title_vi, sizeof(s->title_en));
    take_bound(l, "min", &s->has_min, &s->min);
    take_bound(l, "max", &s->has_max, &s->max);
    take_values(l, s);
    lua_getfield(l, 1, "default");
    s->kind = kind_of(l, -1);
    if (!fits(l, lua_gettop(l), s, why, sizeof(why)))
        return luaL_error(l, "default: %s", why);
    shown(l, lua_gettop(l), s->initial, sizeof(s->initial));
    memcpy(s->now, s->initial, sizeof(s->now));
    lua_rawgeti(l, LUA_REGISTRYINDEX, p->values);
    lua_insert(l, -2);
    lua_setfield(l, -2, s->name);
    p->n_settings++;
    return 0;
}

static struct tuning *new_tuning(lua_State *l, struct bundle *b, const char *what, const char *name)
{
    struct tuning *t;

    for (size_t i = 0; i < b->n_tunings; i++)
        if (!strcmp(b->tunings[i].what, what) && !strcmp(b->tunings[i].name, name))
            return NULL; /* who uses a bundle has spoken before it */
    if (b->n_tunings == TUNINGS_MAX)
        luaL_error(l, "more than %d set() and off()", TUNINGS_MAX);
    if (strlen(what) >= sizeof(t->what) || strlen(name) >= sizeof(t->name))
        luaL_error(l, "'%s' is too long a name", *name ? name : what);
    t = &b->tunings[b->n_tunings++];
    memset(t, 0, sizeof(*t));
    snprintf(t->what, sizeof(t->what), "%s", what);
    snprintf(t->name, sizeof(t->name), "%s", name);
    where(l, t->where, sizeof(t->where));
    return t;
}

/* set("mail-out", { cccd_count = 20 }) */
int settings_set(lua_State *l)
{
    struct bundle *b = declare_loading(l);
    const char *what = luaL_checkstring(l, 1);

    luaL_checktype(l, 2, LUA_TTABLE);
    lua_pushnil(l);
    while (lua_next(l, 2)) {
        struct tuning *t;
        if (lua_type(l, -2) != LUA_TSTRING)
            return luaL_error(l, "set: give every value its setting's name: set(\"%s\", { name = value })",
                              what);
        t = new_tuning(l, b, what, lua_tostring(l, -2));
        if (t)
            t->value = luaL_ref(l, LUA_REGISTRYINDEX);
        else
            lua_pop(l, 1);
    }
    return 0;
}

/* off("mail-out/some-rule") */
int settings_off(lua_State *l)
{
    struct bundle *b = declare_loading(l);

    (void)new_tuning(l, b, luaL_checkstring(l, 1), "");
    return 0;
}

static const char *nearest_setting(const struct part *p, const char *name)
{
    const char *names[SETTINGS_MAX];

    for (size_t i = 0; i < p->n_settings; i++)
        names[i] = p->settings[i].name;
    return text_nearest(name, names, p->n_settings);
}

static int on_unknown(lua_State *l)
{
    struct bundle *b = declare_bundle(l);
    const struct part *p = &b->parts[lua_tointeger(l, lua_upvalueindex(1))];
    const char *name = luaL_tolstring(l, 2, NULL), *near = nearest_setting(p, name);

    return luaL_error(l, "no such setting: %s%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

static void apply_one(lua_State *l, struct part *p, const struct tuning *t)
{
    struct setting *s = NULL;
    char why[512];

    for (size_t i = 0; i < p->n_settings; i++)
        if (!strcmp(p->settings[i].name, t->name))
            s = &p->settings[i];
    if (!s) {
        const char *near = nearest_setting(p, t->name);
        lua_pushfstring(l, "%s: bundle '%s' has no setting '%s'%s%s%s", t->where, p->name, t->name,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        lua_error(l);
        return;
    }
    lua_rawgeti(l, LUA_REGISTRYINDEX, p->values);
    lua_rawgeti(l, LUA_REGISTRYINDEX, t->value);
    if (s->kind == SETTING_NUMBER && lua_isinteger(l, -1)) {
        lua_pushnumber(l, (lua_Number)lua_tointeger(l, -1));
        lua_remove(l, -2);
    }
    if (!fits(l, lua_gettop(l), s, why, sizeof(why))) {
        lua_pushfstring(l, "%s: %s", t->where, why);
        lua_error(l);
    }
    shown(l, lua_gettop(l), s->now, sizeof(s->now));
    snprintf(s->set_at, sizeof(s->set_at), "%s", t->where);
    lua_setfield(l, -2, s->name);
    lua_pop(l, 1);
}

/* Leaves the read-only table `settings` on the stack. */
static int do_apply(lua_State *l)
{
    struct bundle *b = declare_bundle(l);
    struct part *p = &b->parts[b->loading];

    for (size_t i = 0; i < b->n_tunings; i++)
        if (*b->tunings[i].name && !strcmp(b->tunings[i].what, p->name)) {
            b->tunings[i].used = true;
            apply_one(l, p, &b->tunings[i]);
        }
    lua_rawgeti(l, LUA_REGISTRYINDEX, p->values);
    for (size_t i = 0; i < p->n_settings; i++)
        if (p->settings[i].kind == SETTING_LIST) {
            lua_getfield(l, -1, p->settings[i].name);
            cage_push_face(l, lua_gettop(l));
            lua_setfield(l, -3, p->settings[i].name);
            lua_pop(l, 1);
        }
    lua_newtable(l);
    lua_pushinteger(l, (lua_Integer)b->loading);
    lua_pushcclosure(l, on_unknown, 1);
    lua_setfield(l, -2, "__index");
    lua_setmetatable(l, -2);
    cage_push_face(l, lua_gettop(l));
    return 1;
}

int settings_apply(struct bundle *b, struct writer *err)
{
    char message[1024];
    int rc;

    lua_pushcfunction(cage_lua(b->cage), do_apply);
    cage_begin(b->cage);
    rc = cage_call(b->cage, 0, 1, message, sizeof(message));
    if (!rc)
        rc = cage_global(b->cage, "settings");
    else
        writer_printf(err, "%s/%s\n", b->dir, message);
    return rc ? ST_USAGE : 0;
}

static void leftover_off(struct bundle *b, struct tuning *t, struct writer *err)
{
    const char *names[RULES_MAX], *near;

    for (size_t i = 0; i < b->n_rules; i++) {
        names[i] = b->rules[i].id;
        if (!strcmp(b->rules[i].id, t->what))
            t->used = b->rules[i].off = true;
    }
    if (t->used)
        return;
    near = text_nearest(t->what, names, b->n_rules);
    writer_printf(err, "%s/%s: off: there is no rule '%s'%s%s%s\n", b->dir, t->where, t->what,
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int settings_leftover(struct bundle *b, struct writer *err)
{
    size_t before = err->n;

    for (size_t i = 0; i < b->n_tunings; i++) {
        struct tuning *t = &b->tunings[i];
        if (!*t->name)
            leftover_off(b, t, err);
        else if (!t->used)
            writer_printf(err, "%s/%s: set: no bundle '%s' is used (bundle.json: \"use\")\n", b->dir,
                          t->where, t->what);
    }
    return err->n > before ? ST_USAGE : 0;
}

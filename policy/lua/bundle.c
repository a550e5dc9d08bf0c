/* SPDX-License-Identifier: GPL-3.0-or-later
 * Loading: bundle.json, then zones.lua and policy.lua, whose zone{} and rule{} calls fill the struct. */
#include "policy/lua/bundle.h"
#include "base/text.h"
#include "policy/lua/lua_door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const actions[ACTION_COUNT] = {"allow", "log", "alert", "quarantine", "block"};
static const char key_bundle; /* registry key of the bundle under construction */

const char *action_name(enum action a)
{
    return (size_t)a < ACTION_COUNT ? actions[a] : "?";
}

bool action_parse(const char *s, enum action *ret)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (!strcmp(s, actions[i])) {
            *ret = (enum action)i;
            return true;
        }
    return false;
}

static struct bundle *loading(lua_State *l)
{
    struct bundle *b;

    lua_rawgetp(l, LUA_REGISTRYINDEX, &key_bundle);
    b = lua_touserdata(l, -1);
    lua_pop(l, 1);
    if (!b)
        luaL_error(l, "rules and zones are made while the policy is loaded, not inside a rule");
    return b;
}

/* The table at 1 has no other keys than the known ones: a typing error is an error. */
static void known_keys(lua_State *l, const char *const *known, size_t n, const char *what)
{
    luaL_checktype(l, 1, LUA_TTABLE);
    lua_pushnil(l);
    while (lua_next(l, 1)) {
        bool found = false;
        const char *key, *near;
        lua_pop(l, 1);
        if (lua_type(l, -1) != LUA_TSTRING)
            luaL_error(l, "%s: give every value a name, as in id = \"…\"", what);
        key = lua_tostring(l, -1);
        for (size_t i = 0; i < n; i++)
            found |= !strcmp(key, known[i]);
        if (found)
            continue;
        near = text_nearest(key, known, n);
        luaL_error(l, "%s: unknown key '%s'%s%s%s", what, key, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'?" : "");
    }
}

/* String field of the table at index; must fit cap. */
static void take_text(lua_State *l, int index, const char *key, char *buf, size_t cap, bool needed)
{
    size_t n;
    const char *s;

    if (lua_getfield(l, index, key) == LUA_TNIL && !needed) {
        lua_pop(l, 1);
        return;
    }
    if (lua_type(l, -1) != LUA_TSTRING)
        luaL_error(l, "'%s' must be a text", key);
    s = lua_tolstring(l, -1, &n);
    if (!n || n >= cap || strlen(s) != n || !text_is_utf8(span_of(s, n)))
        luaL_error(l, "'%s' must be a text of 1 to %d bytes in UTF-8", key, (int)cap - 1);
    memcpy(buf, s, n + 1);
    lua_pop(l, 1);
}

/* title = "…" or { vi = "…", en = "…" } */
static void take_bilingual(lua_State *l, const char *key, char *en, char *vi, size_t cap)
{
    if (lua_getfield(l, 1, key) == LUA_TTABLE) {
        take_text(l, lua_gettop(l), "en", en, cap, true);
        take_text(l, lua_gettop(l), "vi", vi, cap, true);
        lua_pop(l, 1);
        return;
    }
    lua_pop(l, 1);
    take_text(l, 1, key, en, cap, true);
    memcpy(vi, en, cap);
}

/* {fact} in a reason must exist. */
static void check_reason(lua_State *l, const char *text)
{
    struct span rest = span_str(text);
    ptrdiff_t open;

    while ((open = span_find_byte(rest, '{', 0)) >= 0) {
        ptrdiff_t close = span_find_byte(rest, '}', (size_t)open);
        const struct schema_node *n = schema_root();
        struct span path;
        if (close < 0)
            luaL_error(l, "reason: '{' without '}'");
        path = span_part(rest, (size_t)open + 1, (size_t)(close - open) - 1);
        for (struct span p = path; p.n && n;) {
            ptrdiff_t dot = span_find_byte(p, '.', 0);
            n = schema_child(n, span_part(p, 0, dot < 0 ? p.n : (size_t)dot));
            p = dot < 0 ? span_part(p, p.n, 0) : span_part(p, (size_t)dot + 1, p.n);
        }
        if (!n || n->type == FIELD_OBJ || !path.n)
            luaL_error(l, "reason: there is no fact to show for '%s'",
                       text + (path.p - (const uint8_t *)text) - 1);
        rest = span_part(rest, (size_t)close + 1, rest.n);
    }
}

static int lua_rule(lua_State *l)
{
    static const char *const keys[] = {"id", "title", "when", "action", "severity", "category", "reason"};
    struct bundle *b = loading(l);
    struct rule *r = &b->rules[b->n_rules];
    char action[16] = "";
    lua_Debug d = {0};

    if (b->n_rules == RULES_MAX)
        return luaL_error(l, "more than %d rules", RULES_MAX);
    memset(r, 0, sizeof(*r));
    known_keys(l, keys, GH_COUNT(keys), "rule");
    take_text(l, 1, "id", r->id, sizeof(r->id), true);
    for (size_t i = 0; i < b->n_rules; i++)
        if (!strcmp(b->rules[i].id, r->id))
            return luaL_error(l, "rule '%s' stands at line %d already", r->id, b->rules[i].line);
    take_bilingual(l, "title", r->title_en, r->title_vi, sizeof(r->title_en));
    take_bilingual(l, "reason", r->reason_en, r->reason_vi, sizeof(r->reason_en));
    check_reason(l, r->reason_en);
    check_reason(l, r->reason_vi);
    snprintf(r->category, sizeof(r->category), "Document policy");
    take_text(l, 1, "category", r->category, sizeof(r->category), false);
    take_text(l, 1, "action", action, sizeof(action), true);
    if (!action_parse(action, &r->action))
        return luaL_error(l, "rule '%s': action '%s' is not one of allow, log, alert, quarantine, block",
                          r->id, action);
    lua_getfield(l, 1, "severity");
    if (!lua_isnil(l, -1) && (!lua_isinteger(l, -1) || lua_tointeger(l, -1) < 1 || lua_tointeger(l, -1) > 4))
        return luaL_error(l, "rule '%s': severity is 1 (high) to 4 (low)", r->id);
    r->severity = lua_isnil(l, -1) ? 3 : (unsigned)lua_tointeger(l, -1);
    lua_pop(l, 1);
    if (lua_getfield(l, 1, "when") != LUA_TFUNCTION)
        return luaL_error(l, "rule '%s': when = function(e) … end is missing", r->id);
    lua_pushvalue(l, -1);
    lua_getinfo(l, ">S", &d);
    r->line = d.linedefined;
    r->when = luaL_ref(l, LUA_REGISTRYINDEX);
    b->n_rules++;
    return 0;
}

static int lua_zone(lua_State *l)
{
    static const char *const keys[] = {"name", "networks", "holds"};
    struct bundle *b = loading(l);
    char name[ZONE_NAME] = "", holds[16] = "";
    int zone;

    known_keys(l, keys, GH_COUNT(keys), "zone");
    take_text(l, 1, "name", name, sizeof(name), true);
    take_text(l, 1, "holds", holds, sizeof(holds), true);
    if (event_level_rank(span_str(holds)) < 0)
        return luaL_error(l, "zone '%s': holds = '%s' is no level", name, holds);
    zone = zones_add(&b->zones, name, holds);
    if (zone < 0)
        return luaL_error(l, "zone '%s': %s", name, status_text(zone));
    if (lua_getfield(l, 1, "networks") != LUA_TTABLE)
        return luaL_error(l, "zone '%s': networks = { \"10.0.0.0/8\" } is missing", name);
    for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
        unsigned other = 0;
        const char *net = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
        int rc = zones_add_net(&b->zones, (unsigned)zone, net, &other);
        if (rc == ST_EXISTS)
            return luaL_error(l, "zone '%s': %s overlaps zone '%s'", name, net, b->zones.zone[other].name);
        if (rc)
            return luaL_error(
                l, "zone '%s': '%s' is not a network (10.1.0.0/16, 2001:db8::/32; no bits behind the prefix)",
                name, net);
        lua_pop(l, 1);
    }
    return 0;
}

int bundle_read_file(const char *dir, const char *name, struct writer *w)
{
    char path[1024];
    uint8_t *to;
    ssize_t n = -1;
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return ST_LIMIT;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
    while (w->n <= BUNDLE_FILE_MAX && (to = writer_reserve(w, 4096)) && (n = read(fd, to, 4096)) > 0)
        writer_advance(w, (size_t)n);
    close(fd);
    return n < 0 ? ST_IO : w->n > BUNDLE_FILE_MAX || !writer_ok(w) ? ST_LIMIT : 0;
}

/* "+07:00" to minutes. */
static bool parse_offset(const char *s, int *ret)
{
    uint64_t h, m;

    if (strlen(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' ||
        !span_number(span_of(s + 1, 2), 14, &h) || !span_number(span_of(s + 4, 2), 59, &m))
        return false;
    *ret = (int)(h * 60 + m) * (s[0] == '-' ? -1 : 1);
    return true;
}

static int load_manifest(struct bundle *b, struct writer *err)
{
    static const char *const keys[] = {"name", "version", "author", "note", "otherwise", "utc_offset"};
    struct writer w;
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    size_t at = 0, before = err->n;
    int rc;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    rc = a ? bundle_read_file(b->dir, "bundle.json", &w) : ST_NOMEM;
    if (!rc && json_parse(a, writer_span(&w), 8, &j, &at) != 0) {
        unsigned line = 1;
        for (size_t i = 0; i < at && i < w.n; i++)
            line += w.p[i] == '\n';
        writer_printf(err, "%s/bundle.json:%u: this is not valid JSON\n", b->dir, line);
    } else if (rc) {
        writer_printf(err, "%s/bundle.json: %s. A bundle needs {\"name\": …, \"version\": …}\n", b->dir,
                      status_text(rc));
    } else {
        const char *name = json_cstr(json_get(j, "name"), ""),
                   *version = json_cstr(json_get(j, "version"), "");
        const char *otherwise = json_cstr(json_get(j, "otherwise"), "log"),
                   *offset = json_cstr(json_get(j, "utc_offset"), "+00:00");
        json_each(m, j)
        {
            bool known = false;
            for (size_t i = 0; i < GH_COUNT(keys); i++)
                known |= span_eq(m->key, span_str(keys[i]));
            if (!known)
                writer_printf(err, "%s/bundle.json: unknown key '%.*s'\n", b->dir, (int)m->key.n,
                              (const char *)m->key.p);
        }
        if (!*name || strlen(name) >= sizeof(b->name) || strchr(name, '@') || !*version ||
            strlen(version) >= sizeof(b->version))
            writer_printf(err, "%s/bundle.json: name and version must be short texts without '@'\n", b->dir);
        if (!action_parse(otherwise, &b->otherwise))
            writer_printf(err, "%s/bundle.json: otherwise: '%s' is no action\n", b->dir, otherwise);
        if (!parse_offset(offset, &b->utc_offset_min))
            writer_printf(err, "%s/bundle.json: utc_offset: '%s' is not of the form +07:00\n", b->dir,
                          offset);
        snprintf(b->name, sizeof(b->name), "%.63s", name);
        snprintf(b->version, sizeof(b->version), "%.31s", version);
    }
    writer_done(&w);
    arena_free(a);
    return err->n > before ? ST_USAGE : 0;
}

static int run_file(struct bundle *b, const char *name, bool needed, struct writer *err)
{
    char message[1024];
    struct writer w;
    int rc;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    rc = bundle_read_file(b->dir, name, &w);
    if (rc == ST_NOT_FOUND && !needed) {
        writer_done(&w);
        return 0;
    }
    if (rc) {
        writer_printf(err, "%s/%s: %s\n", b->dir, name, status_text(rc));
    } else {
        cage_begin(b->cage);
        rc = cage_run(b->cage, name, writer_span(&w), message, sizeof(message));
        if (rc)
            writer_printf(err, "%s/%s\n", b->dir, message);
    }
    writer_done(&w);
    return rc ? ST_USAGE : 0;
}

static int open_room(lua_State *l)
{
    lua_rawsetp(l, LUA_REGISTRYINDEX, &key_bundle); /* the light userdata given */
    return view_open(l);
}

/* Every rule's function and what it uses becomes read-only; the bundle can no longer be added to. */
static int seal(struct bundle *b, struct writer *err)
{
    lua_State *l = cage_lua(b->cage);
    char message[512];
    int rc = 0;

    lua_pushnil(l);
    rc = cage_seal(b->cage, message, sizeof(message));
    lua_pop(l, 1);
    for (size_t i = 0; i < b->n_rules && !rc; i++) {
        lua_rawgeti(l, LUA_REGISTRYINDEX, b->rules[i].when);
        rc = cage_seal(b->cage, message, sizeof(message));
        lua_pop(l, 1);
    }
    lua_pushnil(l);
    lua_rawsetp(l, LUA_REGISTRYINDEX, &key_bundle);
    if (rc)
        writer_printf(err, "%s/policy.lua: %s\n", b->dir, message);
    return rc;
}

int bundle_load(const char *dir, const struct cage_limits *lim, struct bundle **ret, struct writer *err)
{
    struct bundle *b = calloc(1, sizeof(*b));
    char message[256];
    int rc;

    if (!b)
        return ST_NOMEM;
    snprintf(b->dir, sizeof(b->dir), "%s", dir);
    zones_init(&b->zones);
    b->cage = schema_root() ? cage_new(lim) : NULL;
    if (!b->cage) {
        writer_printf(err, "%s: policy.memory is too small for Lua itself\n", dir);
        bundle_free(b);
        return ST_USAGE;
    }
    cage_register(b->cage, "rule", lua_rule);
    cage_register(b->cage, "zone", lua_zone);
    cage_register(b->cage, "at_least", view_at_least);
    lua_pushcfunction(cage_lua(b->cage), open_room);
    lua_pushlightuserdata(cage_lua(b->cage), b);
    rc = cage_call(b->cage, 1, 0, message, sizeof(message));
    if (!rc)
        rc = load_manifest(b, err);
    if (!rc)
        rc = run_file(b, "zones.lua", false, err);
    if (!rc)
        rc = run_file(b, "policy.lua", true, err);
    if (!rc)
        rc = seal(b, err);
    if (!rc && !b->n_rules) {
        writer_printf(err, "%s/policy.lua: there is no rule in it\n", dir);
        rc = ST_USAGE;
    }
    if (rc) {
        bundle_free(b);
        return ST_USAGE;
    }
    *ret = b;
    return 0;
}

void bundle_free(struct bundle *b)
{
    if (!b)
        return;
    cage_free(b->cage);
    free(b);
}

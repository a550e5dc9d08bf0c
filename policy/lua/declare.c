/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/declare.h"
#include "base/text.h"
#include "policy/lua/quick.h"

#include <stdio.h>

#define BETWEEN " \t," /* two networks of policy.inside */

static const char key_bundle; /* registry key of the bundle */

int declare_open(lua_State *l)
{
    struct bundle *b = lua_touserdata(l, 1);

    lua_rawsetp(l, LUA_REGISTRYINDEX, &key_bundle);
    b->quick = quick_open(l);
    return b->quick ? view_open(l) : luaL_error(l, "not enough memory");
}

struct bundle *declare_bundle(lua_State *l)
{
    struct bundle *b;

    lua_rawgetp(l, LUA_REGISTRYINDEX, &key_bundle);
    b = lua_touserdata(l, -1);
    lua_pop(l, 1);
    gh_check(b);
    return b;
}

struct bundle *declare_loading(lua_State *l)
{
    struct bundle *b = declare_bundle(l);

    if (b->sealed)
        luaL_error(l, "rules, zones and settings are made while the policy is loaded, not inside a rule");
    return b;
}

void declare_keys(lua_State *l, const char *const *known, size_t n, const char *what)
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

void declare_text(lua_State *l, int index, const char *key, char *buf, size_t cap, bool needed)
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

void declare_bilingual(lua_State *l, const char *key, char *en, char *vi, size_t cap)
{
    if (lua_getfield(l, 1, key) == LUA_TTABLE) {
        declare_text(l, lua_gettop(l), "en", en, cap, true);
        declare_text(l, lua_gettop(l), "vi", vi, cap, true);
        lua_pop(l, 1);
        return;
    }
    lua_pop(l, 1);
    declare_text(l, 1, key, en, cap, true);
    memcpy(vi, en, cap);
}

/* {fact} in a reason must exist, {settings.name} too. */
static void check_reason(lua_State *l, const struct bundle *b, const char *text)
{
    struct span rest = span_str(text);
    ptrdiff_t open;

    while ((open = span_find_byte(rest, '{', 0)) >= 0) {
        ptrdiff_t close = span_find_byte(rest, '}', (size_t)open);
        const struct schema_node *n = schema_root();
        struct span path;
        bool setting = false;
        if (close < 0)
            luaL_error(l, "reason: '{' without '}'");
        path = span_part(rest, (size_t)open + 1, (size_t)(close - open) - 1);
        if (span_starts(path, "settings.")) {
            const struct part *p = &b->parts[b->loading];
            for (size_t i = 0; i < p->n_settings; i++)
                setting |= span_eq(span_str(p->settings[i].name), span_part(path, 9, path.n));
        }
        for (struct span p = path; p.n && n;) {
            ptrdiff_t dot = span_find_byte(p, '.', 0);
            n = schema_child(n, span_part(p, 0, dot < 0 ? p.n : (size_t)dot));
            p = dot < 0 ? span_part(p, p.n, 0) : span_part(p, (size_t)dot + 1, p.n);
        }
        if (!setting && (!n || n->type == FIELD_OBJ || !path.n))
            luaL_error(l, "reason: there is no fact to show for '%s'",
                       text + (path.p - (const uint8_t *)text) - 1);
        rest = span_part(rest, (size_t)close + 1, rest.n);
    }
}

/* on = { "flow", "tls" }; without it the documents, and for forwarding the alerts. */
static uint64_t take_types(lua_State *l, const struct bundle *b, const char *id)
{
    uint64_t types = 0;

    if (lua_getfield(l, 1, "on") == LUA_TNIL) {
        lua_pop(l, 1);
        return 1ull << (b->forwarding ? EVENT_ALERT : EVENT_FILEINFO);
    }
    if (lua_type(l, -1) == LUA_TSTRING) { /* on = "flow" */
        lua_newtable(l);
        lua_insert(l, -2);
        lua_rawseti(l, -2, 1);
    }
    luaL_checktype(l, -1, LUA_TTABLE);
    for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
        enum event_type t;
        const char *name = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
        if (!event_type_parse(span_str(name), &t) || (!b->forwarding && !schema_judged(t))) {
            const char *near = schema_nearest_type(name);
            luaL_error(l, "rule '%s': on: there is no event '%s' to judge%s%s%s", id, name,
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        types |= 1ull << t;
        lua_pop(l, 1);
    }
    lua_pop(l, 1);
    if (!types)
        luaL_error(l, "rule '%s': on = { \"flow\" } names no event", id);
    return types;
}

static void take_id(lua_State *l, const struct bundle *b, struct rule *r)
{
    struct writer w;
    char id[64];

    declare_text(l, 1, "id", id, sizeof(id), true);
    if (strchr(id, '/'))
        luaL_error(l, "rule '%s': an id has no '/'", id);
    writer_fixed(&w, r->id, sizeof(r->id) - 1);
    writer_str(&w, b->parts[b->loading].prefix);
    writer_str(&w, id);
    r->id[w.n] = 0;
    for (size_t i = 0; i < b->n_rules; i++)
        if (!strcmp(b->rules[i].id, r->id))
            luaL_error(l, "rule '%s' stands at line %d already", r->id, b->rules[i].line);
}

static int lua_rule(lua_State *l)
{
    static const char *const keys[] = {"id",       "title",    "when",   "action",
                                       "severity", "category", "reason", "on"};
    struct bundle *b = declare_loading(l);
    struct rule *r = &b->rules[b->n_rules];
    char action[16] = "";
    lua_Debug d = {0};

    if (b->n_rules == RULES_MAX)
        return luaL_error(l, "more than %d rules", RULES_MAX);
    memset(r, 0, sizeof(*r));
    r->part = (unsigned)b->loading;
    declare_keys(l, keys, GH_COUNT(keys), "rule");
    take_id(l, b, r);
    declare_bilingual(l, "title", r->title_en, r->title_vi, sizeof(r->title_en));
    declare_bilingual(l, "reason", r->reason_en, r->reason_vi, sizeof(r->reason_en));
    check_reason(l, b, r->reason_en);
    check_reason(l, b, r->reason_vi);
    snprintf(r->category, sizeof(r->category), "Document policy");
    declare_text(l, 1, "category", r->category, sizeof(r->category), false);
    declare_text(l, 1, "action", action, sizeof(action), true);
    if (!bundle_action_parse(b, action, &r->action))
        return luaL_error(l, "rule '%s': action '%s' is not one of %s", r->id, action, bundle_actions(b));
    r->types = take_types(l, b, r->id);
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
    r->last_line = d.lastlinedefined;
    r->when = luaL_ref(l, LUA_REGISTRYINDEX);
    b->n_rules++;
    return 0;
}

static void zone_networks(lua_State *l, struct bundle *b, unsigned zone, const char *name)
{
    for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
        unsigned other = 0;
        const char *net = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
        int rc = zones_add_net(&b->zones, zone, net, &other);
        if (rc == ST_EXISTS)
            luaL_error(l, "zone '%s': %s overlaps zone '%s'", name, net, b->zones.zone[other].name);
        if (rc)
            luaL_error(
                l, "zone '%s': '%s' is not a network (10.1.0.0/16, 2001:db8::/32; no bits behind the prefix)",
                name, net);
        lua_pop(l, 1);
    }
}

/* vlans = { 10, 20 }, interfaces = { "eth1" } */
static void zone_bounds(lua_State *l, struct bundle *b, unsigned zone, const char *name)
{
    if (lua_getfield(l, 1, "vlans") != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
            int good = 0;
            lua_Integer vlan = (lua_geti(l, -1, i), lua_tointegerx(l, -1, &good));
            if (!good || zones_add_vlan(&b->zones, zone, vlan) != 0)
                luaL_error(l, "zone '%s': vlans holds at most %d numbers from 1 to 4094", name, ZONE_VLANS);
            lua_pop(l, 1);
        }
    }
    if (lua_getfield(l, 1, "interfaces") != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
            const char *s = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
            if (zones_add_interface(&b->zones, zone, s) != 0)
                luaL_error(l, "zone '%s': interfaces holds at most %d names such as \"eth1\"", name,
                           ZONE_INTERFACES);
            lua_pop(l, 1);
        }
    }
    lua_pop(l, 2);
}

/* inside { "10.0.0.0/8" }: one bundle serves every post, each with its own networks. */
static int lua_inside(lua_State *l)
{
    static const char *const always[] = {"127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10"};
    const struct bundle *b = declare_loading(l);
    const char *site = cage_inside(b->cage);
    lua_Integer n = 0;

    luaL_checktype(l, 1, LUA_TTABLE);
    lua_settop(l, 1);
    if (!site[strspn(site, BETWEEN)])
        return 1;
    lua_newtable(l);
    while (*(site += strspn(site, BETWEEN))) { /* zone looks whether they are networks */
        size_t length = strcspn(site, BETWEEN);
        lua_pushlstring(l, site, length);
        lua_rawseti(l, -2, ++n);
        site += length;
    }
    for (size_t i = 0; i < GH_COUNT(always); i++) {
        lua_pushstring(l, always[i]);
        lua_rawseti(l, -2, ++n);
    }
    return 1;
}

static int lua_zone(lua_State *l)
{
    static const char *const keys[] = {"name", "networks", "holds", "vlans", "interfaces"};
    struct bundle *b = declare_loading(l);
    char name[ZONE_NAME] = "", holds[16] = "";
    unsigned other = 0;
    int zone, rc;

    declare_keys(l, keys, GH_COUNT(keys), "zone");
    declare_text(l, 1, "name", name, sizeof(name), true);
    declare_text(l, 1, "holds", holds, sizeof(holds), true);
    if (event_level_rank(span_str(holds)) < 0)
        return luaL_error(l, "zone '%s': holds = '%s' is no level", name, holds);
    zone = zones_add(&b->zones, name, holds);
    if (zone < 0)
        return luaL_error(l, "zone '%s': %s", name, status_text(zone));
    zone_bounds(l, b, (unsigned)zone, name);
    if (lua_getfield(l, 1, "networks") == LUA_TTABLE) {
        zone_networks(l, b, (unsigned)zone, name);
        return 0;
    }
    rc = zones_check_bound(&b->zones, (unsigned)zone, &other);
    if (rc == ST_EXISTS)
        return luaL_error(l, "zone '%s' overlaps zone '%s': the same VLAN or interface, and no networks",
                          name, b->zones.zone[other].name);
    if (rc)
        return luaL_error(l, "zone '%s': networks = { \"10.0.0.0/8\" } is missing", name);
    return 0;
}

static size_t take_dates(lua_State *l, const char *key, char (*to)[CALENDAR_DATE])
{
    lua_Integer n = 0;

    if (lua_getfield(l, 1, key) != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        n = luaL_len(l, -1);
        if (n > CALENDAR_DAYS)
            luaL_error(l, "calendar: more than %d %s", CALENDAR_DAYS, key);
        for (lua_Integer i = 1; i <= n; i++) {
            const char *s = lua_geti(l, -1, i) == LUA_TSTRING ? lua_tostring(l, -1) : "";
            if (!calendar_date(span_str(s)))
                luaL_error(l, "calendar: %s: '%s' is not a date of the form 2026-09-02", key, s);
            snprintf(to[i - 1], CALENDAR_DATE, "%s", s);
            lua_pop(l, 1);
        }
    }
    lua_pop(l, 1);
    return (size_t)n;
}

/* The first calendar holds: who uses a bundle speaks before it. */
static int lua_calendar(lua_State *l)
{
    static const char *const keys[] = {"days", "from", "to", "holidays", "workdays"};
    struct bundle *b = declare_loading(l);
    struct calendar c;
    char text[8];

    declare_keys(l, keys, GH_COUNT(keys), "calendar");
    calendar_default(&c);
    c.given = true;
    if (lua_getfield(l, 1, "days") != LUA_TNIL) {
        luaL_checktype(l, -1, LUA_TTABLE);
        c.days = 0;
        for (lua_Integer i = 1, n = luaL_len(l, -1); i <= n; i++) {
            lua_Integer day = (lua_geti(l, -1, i), lua_tointeger(l, -1));
            if (day < 1 || day > 7)
                return luaL_error(l, "calendar: days are 1 (Monday) to 7 (Sunday)");
            c.days |= (uint8_t)(1u << (day - 1));
            lua_pop(l, 1);
        }
    }
    lua_pop(l, 1);
    for (int i = 0; i < 2; i++) {
        text[0] = 0;
        declare_text(l, 1, i ? "to" : "from", text, sizeof(text), false);
        if (*text && !calendar_time(span_str(text), i ? &c.to : &c.from))
            return luaL_error(l, "calendar: '%s' is not a time of the form 07:30", text);
    }
    if (c.from >= c.to)
        return luaL_error(l, "calendar: `from` must come before `to`");
    c.n_holidays = take_dates(l, "holidays", c.holidays);
    c.n_workdays = take_dates(l, "workdays", c.workdays);
    if (!b->calendar.given)
        b->calendar = c;
    return 0;
}

void declare_words(struct bundle *b)
{
    static const struct {
        const char *name;
        int (*fn)(lua_State *l);
    } words[] = {{"rule", lua_rule},          {"zone", lua_zone},
                 {"calendar", lua_calendar},  {"setting", settings_setting},
                 {"set", settings_set},       {"off", settings_off},
                 {"inside", lua_inside},      {"at_least", view_at_least},
                 {"in_list", words_in_list},  {"times", words_times},
                 {"distinct", words_distinct}};

    for (size_t i = 0; i < GH_COUNT(words); i++)
        cage_register(b->cage, words[i].name, words[i].fn);
}

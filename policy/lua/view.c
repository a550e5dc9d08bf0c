/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/view.h"
#include "base/clock.h"
#include "policy/lua/lua_door.h"

#include <stdio.h>
#include <time.h>

#define EVENT_DEPTH 128 /* members nest; the scanner has its own limit */

static const char view_meta[] = "gatehouse.view";

/* One object or list of the event inside Lua. */
struct node {
    struct view *view;
    unsigned serial;
    const struct json *json;          /* NULL: an absent object, whose facts are all absent */
    const struct schema_node *schema; /* NULL: free form (a rule's meta, strings) */
    bool list;
    size_t path_len;
    char path[VIEW_PATH];
};

/* A path being put together: reading facts is what rules do most, so nothing is formatted. */
struct path {
    size_t n;
    char text[VIEW_PATH];
};

static void path_add(struct path *p, const char *s, size_t n)
{
    size_t room = sizeof(p->text) - 1 - p->n;

    n = n < room ? n : room;
    memcpy(p->text + p->n, s, n);
    p->n += n;
    p->text[p->n] = 0;
}

#define OUTER_MOST 80 /* of a long path the end is kept as well */
#define KEY_MOST 36

static void path_key(struct path *p, const struct node *n, const char *key, size_t len)
{
    p->n = 0;
    path_add(p, n->path, n->path_len < OUTER_MOST ? n->path_len : OUTER_MOST);
    if (n->path_len)
        path_add(p, ".", 1);
    path_add(p, key, len < KEY_MOST ? len : KEY_MOST);
}

static const struct json *member(const struct json *j, struct span name)
{
    json_each(m, j && j->type == JSON_OBJECT ? j : NULL) if (span_eq(m->key, name)) return m;
    return NULL;
}

static void note_read(struct view *v, const char *path, size_t len, const struct json *value)
{
    struct span raw = value ? value->raw : (struct span){NULL, 0};

    len = len < VIEW_PATH ? len : VIEW_PATH - 1;
    for (size_t i = 0; i < v->n_reads; i++)
        if (!memcmp(v->reads[i].path, path, len) && !v->reads[i].path[len])
            return;
    if (v->n_reads == VIEW_READS)
        return; /* more than a person reads: the first ones tell enough */
    memcpy(v->reads[v->n_reads].path, path, len);
    v->reads[v->n_reads].path[len] = 0;
    v->reads[v->n_reads++].value = raw;
}

static struct node *push_node(lua_State *l, struct view *v, const struct json *j, const struct schema_node *s,
                              bool list)
{
    struct node *n = lua_newuserdatauv(l, sizeof(*n), list ? 0 : 1);

    n->view = v;
    n->serial = v->serial;
    n->json = j;
    n->schema = s;
    n->list = list;
    n->path_len = 0;
    n->path[0] = 0;
    luaL_setmetatable(l, view_meta);
    return n;
}

/* The object at 1 keeps the one that was just pushed for its key at 2: rules ask for it again and again. */
static void keep_child(lua_State *l)
{
    if (lua_getiuservalue(l, 1, 1) != LUA_TTABLE) {
        lua_pop(l, 1);
        lua_newtable(l);
        lua_pushvalue(l, -1);
        lua_setiuservalue(l, 1, 1);
    }
    lua_pushvalue(l, 2);
    lua_pushvalue(l, -3);
    lua_rawset(l, -3);
    lua_pop(l, 1);
}

/* Pushes what keep_child kept, or nothing. */
static const struct node *kept_child(lua_State *l)
{
    if (lua_getiuservalue(l, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(l, 2);
        if (lua_rawget(l, -2) == LUA_TUSERDATA) {
            lua_remove(l, -2);
            return lua_touserdata(l, -1);
        }
        lua_pop(l, 1);
    }
    lua_pop(l, 1);
    return NULL;
}

static int push_value(lua_State *l, const struct node *from, const struct json *j,
                      const struct schema_node *s, const struct path *path)
{
    bool absent = !j || j->type == JSON_NULL;
    bool object = absent ? s && (s->type == FIELD_OBJ || s->child || s->same) : j->type == JSON_OBJECT;
    bool list = absent ? s && s->type == FIELD_ARR : j->type == JSON_ARRAY;

    if (object || list) {
        struct node *n = push_node(l, from->view, absent ? NULL : j, s, list);
        memcpy(n->path, path->text, path->n + 1);
        n->path_len = path->n;
        if (list)
            note_read(from->view, path->text, path->n, n->json);
        if (!from->list)
            keep_child(l);
        return 1;
    }
    note_read(from->view, path->text, path->n, absent ? NULL : j);
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
    struct node *n = luaL_checkudata(l, 1, view_meta);

    if (n->serial != n->view->serial)
        luaL_error(l, "a fact of another event was kept: rules must not remember anything");
    return n;
}

static int index_list(lua_State *l, const struct node *n)
{
    lua_Integer i, want = luaL_checkinteger(l, 2);
    const struct json *e = n->json ? n->json->child : NULL;
    char number[32];
    struct path path = {.n = 0};

    for (i = 1; e && i < want; i++)
        e = e->next;
    if (!e || want < 1) {
        lua_pushnil(l);
        return 1;
    }
    path_add(&path, n->path, n->path_len < OUTER_MOST ? n->path_len : OUTER_MOST);
    path_add(&path, number, (size_t)snprintf(number, sizeof(number), "[%lld]", (long long)want));
    return push_value(l, n, e, n->schema, &path);
}

static int view_index(lua_State *l)
{
    const struct node *n = check_node(l), *kept;
    const struct schema_node *s = NULL;
    const struct json *j;
    struct span name;
    const char *key, *near;
    struct path path;
    size_t len;

    if (n->list && lua_type(l, 2) == LUA_TNUMBER)
        return index_list(l, n);
    key = luaL_checklstring(l, 2, &len);
    kept = n->list ? NULL : kept_child(l);
    if (kept) {
        if (kept->list)
            note_read(n->view, kept->path, kept->path_len, kept->json);
        return 1;
    }
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
    path_key(&path, n, key, len);
    j = member(n->json, name);
    if (n->json == n->view->event) { /* the root: short names and derived facts */
        if (span_eq(name, span_str("document")))
            j = json_path(n->json, "gatehouse.document");
        if (!j)
            j = member(n->view->derived, name);
    }
    return push_value(l, n, j, s, &path);
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

    luaL_newmetatable(l, view_meta);
    luaL_setfuncs(l, meta, 0);
    lua_pushboolean(l, 0);
    lua_setfield(l, -2, "__metatable");
    lua_pop(l, 1);
    return 0;
}

void view_push(lua_State *l, struct view *v)
{
    static const char key_root; /* registry: the root of the last decision */
    const struct node *kept;

    if (lua_rawgetp(l, LUA_REGISTRYINDEX, &key_root) == LUA_TUSERDATA) {
        kept = lua_touserdata(l, -1);
        if (kept->view == v && kept->serial == v->serial)
            return;
    }
    lua_pop(l, 1);
    push_node(l, v, v->event, schema_root(), false);
    lua_pushvalue(l, -1);
    lua_rawsetp(l, LUA_REGISTRYINDEX, &key_root);
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

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static void derive_time(struct view *v, const struct view_world *world, struct jw *j)
{
    struct span stamp = text_of(member(v->event, span_str("timestamp")));
    time_t t;
    struct tm tm;
    int weekday;

    v->time_us = 0;
    v->date[0] = 0;
    if (!stamp.n || !clock_parse_iso((const char *)stamp.p, stamp.n, &v->time_us))
        return;
    t = (time_t)(v->time_us / 1000000) + (time_t)world->utc_offset_min * 60;
    if (!gmtime_r(&t, &tm))
        return;
    weekday = tm.tm_wday ? tm.tm_wday : 7;
    if (!strftime(v->date, sizeof(v->date), "%Y-%m-%d", &tm))
        return;
    jw_kobj(j, "time");
    jw_kcstr(j, "date", v->date);
    jw_ku64(j, "hour", (uint64_t)tm.tm_hour);
    jw_ku64(j, "minute", (uint64_t)tm.tm_min);
    jw_ku64(j, "weekday", (uint64_t)weekday);
    jw_kbool(j, "working", calendar_working(world->calendar, v->date, weekday, tm.tm_hour * 60 + tm.tm_min));
    jw_end_obj(j);
}

static struct zone_seen seen_where(const struct json *event)
{
    struct zone_seen s = {.interface = text_of(member(event, span_str("in_iface")))};

    json_each(e, member(event, span_str("vlan")))
    {
        if (s.n_vlans < ZONE_SEEN_VLANS && e->type == JSON_NUMBER && e->integer)
            s.vlans[s.n_vlans++] = (uint16_t)e->i;
    }
    return s;
}

static int derive(struct view *v, struct arena *a, const struct view_world *world)
{
    const struct zones *z = world->zones;
    struct zone_seen seen = seen_where(v->event);
    unsigned src = zones_find(z, text_of(member(v->event, span_str("src_ip"))), &seen);
    unsigned dest = zones_find(z, text_of(member(v->event, span_str("dest_ip"))), &seen);
    int rank = event_level_rank(text_of(json_path(v->event, "gatehouse.document.level")));
    int holds = event_level_rank(span_str(z->zone[dest].holds));
    struct json *derived;
    struct writer w;
    struct jw j;
    char *text;
    int rc;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kobj(&j, "zone");
    jw_kcstr(&j, "src", z->zone[src].name);
    jw_kcstr(&j, "dest", z->zone[dest].name);
    jw_kcstr(&j, "src_holds", z->zone[src].holds);
    jw_kcstr(&j, "dest_holds", z->zone[dest].holds);
    jw_end_obj(&j);
    jw_kbool(&j, "leaving", src != 0 && src != dest && member(v->event, span_str("dest_ip")));
    jw_kbool(&j, "dest_may_hold", (rank < 0 ? 0 : rank) <= holds);
    derive_time(v, world, &j);
    jw_end_obj(&j);
    text = writer_ok(&w) ? arena_dup(a, w.p, w.n) : NULL;
    rc = text ? json_parse(a, span_of(text, w.n), 8, &derived, NULL) : ST_NOMEM;
    writer_done(&w);
    if (!rc)
        v->derived = derived;
    return rc;
}

int view_begin(struct view *v, struct arena *a, struct span event, const struct view_world *world)
{
    struct json *j;
    int rc = json_parse(a, event, EVENT_DEPTH, &j, NULL);

    if (rc)
        return rc;
    if (j->type != JSON_OBJECT)
        return ST_MALFORMED;
    v->arena = a;
    v->event = j;
    v->n_reads = 0;
    v->serial++;
    if (!event_type_parse(text_of(member(j, span_str("event_type"))), &v->type))
        v->type = EVENT_FILEINFO;
    return derive(v, a, world);
}

const char *view_date(const struct view *v)
{
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
    note_read(v, path, strlen(path), value.n && j.raw.p ? &j : NULL);
}

void view_end(struct view *v)
{
    v->serial++;
    v->event = v->derived = NULL;
}

void view_forget(struct view *v)
{
    v->n_reads = 0;
}

const struct json *view_path(const struct view *v, const char *path)
{
    const struct json *j = json_path(v->event, path);

    if (!j && !strncmp(path, "document.", 9))
        j = json_path(json_path(v->event, "gatehouse.document"), path + 9);
    return j ? j : json_path(v->derived, path);
}

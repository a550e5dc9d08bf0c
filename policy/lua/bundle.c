/* SPDX-License-Identifier: GPL-3.0-or-later
 * Loading: bundle.json, settings.lua, the bundles it uses, then zones.lua and policy.lua, whose calls fill
 * the struct. */
#include "policy/lua/bundle.h"
#include "policy/lua/declare.h"
#include "policy/lua/lex.h"

#include <stdio.h>
#include <stdlib.h>

#define USE_DEPTH 4 /* bundles that use bundles that use … */

static const char *const actions[ACTION_COUNT] = {"allow", "log", "alert", "quarantine", "block"};

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

static const char *const forwardings[FORWARD_COUNT] = {"forward", "redact", "drop"};

const char *bundle_action_name(const struct bundle *b, enum action a)
{
    if (!b->forwarding)
        return action_name(a);
    return (size_t)a < FORWARD_COUNT ? forwardings[a] : "?";
}

bool bundle_action_parse(const struct bundle *b, const char *s, enum action *ret)
{
    if (!b->forwarding)
        return action_parse(s, ret);
    for (size_t i = 0; i < FORWARD_COUNT; i++)
        if (!strcmp(s, forwardings[i])) {
            *ret = (enum action)i;
            return true;
        }
    return false;
}

const char *bundle_actions(const struct bundle *b)
{
    return b->forwarding ? "forward, redact, drop" : "allow, log, alert, quarantine, block";
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

/* "fail-closed", "fail-open", or an action. */
static bool parse_safe(const struct bundle *b, const char *s, enum action *ret)
{
    if (!strcmp(s, "fail-closed"))
        *ret = b->forwarding ? (enum action)FORWARD_DROP : ACTION_BLOCK;
    else if (!strcmp(s, "fail-open"))
        *ret = b->forwarding ? (enum action)FORWARD_WHOLE : ACTION_LOG;
    else
        return bundle_action_parse(b, s, ret);
    return true;
}

/* What it decides; all that are combined decide the same. */
static void take_purpose(struct bundle *b, const struct part *p, const struct json *j, struct writer *err)
{
    const char *purpose = json_cstr(json_get(j, "purpose"), json_get(j, "purpose") ? "" : "judging");
    bool forwarding = !strcmp(purpose, "forwarding");

    if (!forwarding && strcmp(purpose, "judging") != 0)
        writer_printf(err, "%s/bundle.json: purpose: '%s' is not judging or forwarding\n", p->dir, purpose);
    else if (p == b->parts)
        b->forwarding = forwarding;
    else if (b->forwarding != forwarding)
        writer_printf(err, "%s/bundle.json: purpose: a bundle for %s cannot be used by one for %s\n", p->dir,
                      purpose, b->forwarding ? "forwarding" : "judging");
}

struct manifest {
    char use[PARTS_MAX][BUNDLE_NAME];
    size_t n_use;
};

static void take_use(const struct part *p, const struct json *use, struct manifest *m, struct writer *err)
{
    if (use && use->type != JSON_ARRAY)
        writer_printf(err, "%s/bundle.json: use: a list of names of bundles\n", p->dir);
    json_each(e, use && use->type == JSON_ARRAY ? use : NULL)
    {
        const char *name = json_cstr(e, "");
        if (m->n_use == PARTS_MAX || !*name || strlen(name) >= BUNDLE_NAME) {
            writer_printf(err, "%s/bundle.json: use: at most %d names of bundles\n", p->dir, PARTS_MAX - 1);
            return;
        }
        snprintf(m->use[m->n_use++], BUNDLE_NAME, "%s", name);
    }
}

/* What the object says; the first part's outcome and time zone hold for all. */
static void take_manifest(struct bundle *b, struct part *p, const struct json *j, struct manifest *m,
                          struct writer *err)
{
    static const char *const keys[] = {"name",      "version",    "author", "note",
                                       "otherwise", "utc_offset", "use",    "safe",
                                       "purpose"};
    const char *name = json_cstr(json_get(j, "name"), ""), *version = json_cstr(json_get(j, "version"), "");
    const char *otherwise = json_cstr(json_get(j, "otherwise"), ""),
               *offset = json_cstr(json_get(j, "utc_offset"), "+00:00"),
               *safe = json_cstr(json_get(j, "safe"), NULL);
    enum action other = ACTION_LOG;
    int minutes = 0;

    json_each(e, j)
    {
        bool known = false;
        for (size_t i = 0; i < GH_COUNT(keys); i++)
            known |= span_eq(e->key, span_str(keys[i]));
        if (!known)
            writer_printf(err, "%s/bundle.json: unknown key '%.*s'\n", p->dir, (int)e->key.n,
                          (const char *)e->key.p);
    }
    if (!*name || strlen(name) >= sizeof(p->name) || strchr(name, '@') || strchr(name, '/') || !*version ||
        strlen(version) >= sizeof(p->version))
        writer_printf(err, "%s/bundle.json: name and version must be short texts without '@' and '/'\n",
                      p->dir);
    take_purpose(b, p, j, err);
    if (b->forwarding && !*otherwise)
        other = (enum action)FORWARD_DROP;
    else if (*otherwise && !bundle_action_parse(b, otherwise, &other))
        writer_printf(err, "%s/bundle.json: otherwise: '%s' is not one of %s\n", p->dir, otherwise, bundle_actions(b));
    if (!parse_offset(offset, &minutes))
        writer_printf(err, "%s/bundle.json: utc_offset: '%s' is not of the form +07:00\n", p->dir, offset);
    p->has_safe = safe != NULL;
    if (safe && !parse_safe(b, safe, &p->safe))
        writer_printf(err, "%s/bundle.json: safe: '%s' is not fail-closed, fail-open or an action\n", p->dir,
                      safe);
    take_use(p, json_get(j, "use"), m, err);
    snprintf(p->name, sizeof(p->name), "%.63s", name);
    snprintf(p->version, sizeof(p->version), "%.31s", version);
    snprintf(p->author, sizeof(p->author), "%.95s", json_cstr(json_get(j, "author"), ""));
    if (p == b->parts) {
        b->otherwise = other;
        b->world.utc_offset_min = minutes;
    }
}

static int load_manifest(struct bundle *b, struct part *p, struct manifest *m, struct writer *err)
{
    struct writer w;
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    size_t at = 0, before = err->n;
    int rc;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    rc = a ? bundle_read_file(p->dir, "bundle.json", &w) : ST_NOMEM;
    if (!rc && (json_parse(a, writer_span(&w), 8, &j, &at) != 0 || j->type != JSON_OBJECT)) {
        unsigned line = 1;
        for (size_t i = 0; i < at && i < w.n; i++)
            line += w.p[i] == '\n';
        writer_printf(err, "%s/bundle.json:%u: this is not a valid JSON object\n", p->dir, line);
    } else if (rc) {
        writer_printf(err, "%s/bundle.json: %s. A bundle needs {\"name\": …, \"version\": …}\n", p->dir,
                      status_text(rc));
    } else {
        take_manifest(b, p, j, m, err);
    }
    writer_done(&w);
    arena_free(a);
    return err->n > before ? ST_USAGE : 0;
}

/* Does the source name what counts over time? Then the order of events matters. */
static bool asks_history(struct span source)
{
    struct lex l;
    struct lex_token t;

    lex_open(&l, source);
    while ((t = lex_next(&l)).kind != LEX_END && t.kind != LEX_ERROR)
        if (t.kind == LEX_NAME && (lex_is(&t, "times") || lex_is(&t, "distinct")))
            return true;
    return false;
}

static int run_file(struct bundle *b, struct part *p, const char *name, bool needed, struct writer *err)
{
    char message[1024], chunk[BUNDLE_NAME + 32];
    struct writer w;
    int rc;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    rc = bundle_read_file(p->dir, name, &w);
    if (rc == ST_NOT_FOUND && !needed) {
        writer_done(&w);
        return rc;
    }
    if (rc) {
        writer_printf(err, "%s/%s: %s\n", p->dir, name, status_text(rc));
    } else {
        snprintf(chunk, sizeof(chunk), "%s%s", p->prefix, name);
        b->remembers = b->remembers || asks_history(writer_span(&w));
        cage_begin(b->cage);
        rc = cage_run(b->cage, chunk, writer_span(&w), message, sizeof(message));
        if (rc)
            writer_printf(err, "%s/%s\n", b->dir, message);
    }
    writer_done(&w);
    return rc ? ST_USAGE : 0;
}

static int new_table(lua_State *l)
{
    lua_newtable(l);
    lua_pushinteger(l, luaL_ref(l, LUA_REGISTRYINDEX));
    return 1;
}

static int open_part(struct bundle *b, struct part *p)
{
    lua_State *l = cage_lua(b->cage);
    char message[128];
    int rc = cage_environment(b->cage);

    if (rc)
        return rc;
    lua_pushcfunction(l, new_table);
    cage_begin(b->cage);
    rc = cage_call(b->cage, 0, 1, message, sizeof(message));
    if (!rc) {
        p->values = (int)lua_tointeger(l, -1);
        lua_pop(l, 1);
    }
    return rc;
}

static void set_prefix(struct part *p)
{
    size_t n = strlen(p->name);

    memcpy(p->prefix, p->name, n);
    p->prefix[n] = '/';
    p->prefix[n + 1] = 0;
}

static int load_part(struct bundle *b, const char *dir, unsigned depth, struct writer *err);

static int load_used(struct bundle *b, const struct part *p, const struct manifest *m, unsigned depth,
                     struct writer *err)
{
    char dir[BUNDLE_DIR];

    for (size_t i = 0; i < m->n_use; i++) {
        bool there = false;
        for (size_t k = 0; k < b->n_parts; k++)
            there |= !strcmp(b->parts[k].name, m->use[i]);
        if (there)
            continue;
        if (depth == USE_DEPTH || bundle_find(p->dir, m->use[i], dir, sizeof(dir)) != 0) {
            writer_printf(err, "%s/bundle.json: use: there is no bundle '%s' beside this one or installed\n",
                          p->dir, m->use[i]);
            return ST_USAGE;
        }
        if (load_part(b, dir, depth + 1, err) != 0)
            return ST_USAGE;
    }
    return 0;
}

/* Who uses speaks first (its settings hold), and judges last. */
static int load_part(struct bundle *b, const char *dir, unsigned depth, struct writer *err)
{
    size_t me = b->n_parts;
    struct part *p = &b->parts[me];
    struct manifest m = {.n_use = 0};
    int rc;

    if (me == PARTS_MAX || strlen(dir) >= sizeof(p->dir)) {
        writer_printf(err, "%s: more than %d bundles together, or too long a path\n", dir, PARTS_MAX);
        return ST_USAGE;
    }
    b->n_parts++;
    snprintf(p->dir, sizeof(p->dir), "%s", dir);
    rc = load_manifest(b, p, &m, err);
    if (!rc && me)
        set_prefix(p);
    if (!rc && (rc = open_part(b, p)) != 0)
        writer_printf(err, "%s: policy.memory is too small for %zu bundles together\n", dir, b->n_parts);
    b->loading = me;
    if (!rc)
        rc = lists_load(&b->lists, (unsigned)me, dir, err);
    if (!rc && (rc = run_file(b, p, "settings.lua", false, err)) == ST_NOT_FOUND)
        rc = 0;
    if (!rc)
        rc = settings_apply(b, err);
    if (!rc && !*b->zones_from && (rc = run_file(b, p, "zones.lua", false, err)) == 0)
        snprintf(b->zones_from, sizeof(b->zones_from), "%s", dir);
    if (rc == ST_NOT_FOUND)
        rc = 0;
    if (!rc && !m.n_use)
        return run_file(b, p, "policy.lua", true, err);
    if (!rc)
        rc = load_used(b, p, &m, depth, err);
    b->loading = me;
    if (!rc && (rc = cage_return(b->cage, me)) == 0)
        rc = run_file(b, p, "policy.lua", false, err);
    return rc == ST_NOT_FOUND ? 0 : rc;
}

/* Every rule's function and what it uses becomes read-only; the bundle can no longer be added to. */
static int seal(struct bundle *b, struct writer *err)
{
    lua_State *l = cage_lua(b->cage);
    char message[512];
    int rc = 0;

    cage_begin(b->cage);
    lua_pushnil(l);
    rc = cage_seal(b->cage, message, sizeof(message));
    lua_pop(l, 1);
    for (size_t i = 0; i < b->n_rules && !rc; i++) {
        lua_rawgeti(l, LUA_REGISTRYINDEX, b->rules[i].when);
        rc = cage_seal(b->cage, message, sizeof(message));
        lua_pop(l, 1);
    }
    b->sealed = true;
    if (rc)
        writer_printf(err, "%s/policy.lua: %s\n", b->dir, message);
    return rc;
}

static int check_rules(struct bundle *b, struct writer *err)
{
    int rc = settings_leftover(b, err);

    if (!b->n_rules) {
        writer_printf(err, "%s/policy.lua: there is no rule in it\n", b->dir);
        return ST_USAGE;
    }
    for (size_t i = 0; i < b->n_rules; i++)
        if (!b->rules[i].off)
            b->types |= b->rules[i].types;
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
    calendar_default(&b->calendar);
    b->cage = schema_root() ? cage_new(lim) : NULL;
    if (!b->cage || bundle_history(b, HISTORY_ENTRIES) != 0) {
        writer_printf(err, "%s: policy.memory is too small for Lua itself\n", dir);
        bundle_free(b);
        return ST_USAGE;
    }
    b->world = (struct view_world){&b->zones, &b->calendar, 0};
    declare_words(b);
    lua_pushcfunction(cage_lua(b->cage), declare_open);
    lua_pushlightuserdata(cage_lua(b->cage), b);
    cage_begin(b->cage);
    rc = cage_call(b->cage, 1, 0, message, sizeof(message));
    if (!rc)
        rc = load_part(b, dir, 0, err);
    memcpy(b->name, b->parts[0].name, sizeof(b->name));
    memcpy(b->version, b->parts[0].version, sizeof(b->version));
    if (!rc)
        rc = check_rules(b, err);
    if (!rc)
        rc = seal(b, err);
    if (rc) {
        bundle_free(b);
        return ST_USAGE;
    }
    *ret = b;
    return 0;
}

int bundle_history(struct bundle *b, size_t entries)
{
    struct history *h = history_new(entries);

    if (!h)
        return ST_NOMEM;
    history_free(b->history);
    b->history = h;
    return 0;
}

enum action bundle_safe(const struct bundle *b, const struct rule *r, enum action configured)
{
    const struct part *p = &b->parts[r ? r->part : 0];

    if (p->has_safe || b->parts[0].has_safe)
        return p->has_safe ? p->safe : b->parts[0].safe;
    return b->forwarding ? (enum action)FORWARD_REDACTED : configured;
}

void bundle_free(struct bundle *b)
{
    if (!b)
        return;
    cage_free(b->cage);
    free(b->quick);
    history_free(b->history);
    lists_done(&b->lists);
    free(b);
}

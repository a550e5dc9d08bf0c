/* SPDX-License-Identifier: GPL-3.0-or-later
 * For bench/policy.py: the real policy engine beside a bare Lua loop (policy_bare.lua) over the same rules
 * and events.
 *
 *   policy_loop ROUNDS EVENTS ENGINE-BUNDLE BARE.lua BUNDLE...
 *
 * EVENTS has pairs of lines: the event as recorded, and the same with the facts that the engine derives from
 * it, which the floor gets for nothing. Both parse the JSON of each event; the floor then makes a fresh Lua
 * table of it and runs the rules with a count hook. Prints one JSON line: CPU nanoseconds a decision of each
 * round, verdicts that differ. */
#include "base/json.h"
#include "policy/lua/bundle.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVENTS_MAX 200000
#define HOOK_COUNT 100 /* as the cage */

struct event {
    struct span recorded, complete;
    char verdict[96]; /* of the engine in the first round */
};
static struct event events[EVENTS_MAX];
static size_t n_events;
static uint64_t differ;

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "policy_loop: %s: %s\n", what, why);
    exit(2);
}

static void read_events(const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (!f)
        die(path, "cannot be read");
    for (size_t i = 0; (n = getline(&line, &cap, f)) > 0 && n_events < EVENTS_MAX; i++) {
        struct span s = span_of(line, (size_t)n - (line[n - 1] == '\n'));
        *(i % 2 ? &events[n_events].complete : &events[n_events].recorded) = s;
        n_events += i % 2;
        line = NULL; /* it is kept */
        cap = 0;
    }
    free(line);
    fclose(f);
}

static void on_count(lua_State *l, lua_Debug *d)
{
    static uint64_t steps;

    (void)d;
    steps += HOOK_COUNT;
    if (steps == UINT64_MAX)
        luaL_error(l, "the budget is spent");
}

static void push_json(lua_State *l, const struct json *j)
{
    luaL_checkstack(l, 4, NULL);
    switch (j->type) {
    case JSON_OBJECT:
        lua_createtable(l, 0, (int)j->count + 2);
        json_each(m, j)
        {
            lua_pushlstring(l, (const char *)m->key.p, m->key.n);
            push_json(l, m);
            lua_rawset(l, -3);
        }
        break;
    case JSON_ARRAY: {
        lua_Integer i = 0;
        lua_createtable(l, (int)j->count, 0);
        json_each(e, j)
        {
            push_json(l, e);
            lua_rawseti(l, -2, ++i);
        }
        break;
    }
    case JSON_STRING:
        lua_pushlstring(l, (const char *)j->s.p, j->s.n);
        break;
    case JSON_NUMBER:
        if (j->integer)
            lua_pushinteger(l, j->i);
        else
            lua_pushnumber(l, j->d);
        break;
    case JSON_NULL:
        lua_pushnil(l);
        break;
    default:
        lua_pushboolean(l, j->type == JSON_TRUE);
    }
}

static double run_bare(const char *file, int n_bundles, char **bundles, bool compare)
{
    lua_State *l = luaL_newstate();
    struct arena *a = arena_new(64u << 20);
    double start;

    luaL_openlibs(l);
    if (luaL_dofile(l, file) != LUA_OK)
        die(file, lua_tostring(l, -1));
    for (int i = 0; i < n_bundles; i++) {
        lua_getfield(l, 1, "bundle");
        lua_pushstring(l, bundles[i]);
        if (lua_pcall(l, 1, 0, 0) != LUA_OK)
            die(bundles[i], lua_tostring(l, -1));
    }
    lua_getfield(l, 1, "decide");
    lua_sethook(l, on_count, LUA_MASKCOUNT, HOOK_COUNT);
    start = cpu_ns();
    for (size_t i = 0; i < n_events; i++) {
        struct json *j;
        arena_reset(a);
        if (json_parse(a, events[i].complete, 128, &j, NULL) != 0)
            die("event", "no JSON");
        lua_pushvalue(l, 2);
        push_json(l, j);
        if (lua_pcall(l, 1, 2, 0) != LUA_OK)
            die("rule", lua_tostring(l, -1));
        if (compare) {
            char said[96];
            snprintf(said, sizeof(said), "%s", lua_tostring(l, -2));
            if (strcmp(said, events[i].verdict) != 0 && differ++ < 5)
                fprintf(stderr, "event %zu: the engine says %s, the floor %s (%s)\n", i, events[i].verdict,
                        said, lua_tostring(l, -1));
        }
        lua_pop(l, 2);
    }
    start = (cpu_ns() - start) / (double)n_events;
    lua_close(l);
    arena_free(a);
    return start;
}

static double run_engine(const char *dir, bool keep)
{
    static struct decision d;
    struct cage_limits lim = {8u << 20, 2000000, 100, NULL};
    struct arena *a = arena_new(64u << 20);
    struct bundle *b = NULL;
    struct writer err;
    double start;

    writer_init(&err, 65536);
    if (bundle_load(dir, &lim, &b, &err) != 0)
        die(dir, writer_cstr(&err));
    start = cpu_ns();
    for (size_t i = 0; i < n_events; i++) {
        arena_reset(a);
        if (bundle_decide(b, a, events[i].recorded, ACTION_ALERT, &d) != 0)
            die("event", "cannot be decided");
        if (keep)
            snprintf(events[i].verdict, sizeof(events[i].verdict), "%s", action_name(d.v[0].action));
        if (d.v[0].error)
            die("rule", d.v[0].error);
    }
    start = (cpu_ns() - start) / (double)n_events;
    bundle_free(b);
    writer_done(&err);
    arena_free(a);
    return start;
}

int main(int argc, char **argv)
{
    int rounds = argc > 5 ? (int)strtol(argv[1], NULL, 10) : 0;

    if (!rounds)
        die("usage", "policy_loop ROUNDS EVENTS ENGINE-BUNDLE BARE.lua BUNDLE...");
    read_events(argv[2]);
    printf("{\"events\":%zu,\"rounds\":[", n_events);
    for (int i = 0; i < rounds; i++) {
        double ours = run_engine(argv[3], !i), bare = run_bare(argv[4], argc - 5, argv + 5, !i);
        printf("%s[%.1f,%.1f]", i ? "," : "", ours, bare);
    }
    printf("],\"differ\":%llu}\n", (unsigned long long)differ);
    return 0;
}

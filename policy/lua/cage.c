/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/cage.h"
#include "base/clock.h"
#include "policy/lua/cage_lib.h"
#include "policy/lua/lua_door.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOOK_COUNT                                                                                           \
    100 /* instructions between two looks at the budget: 1000 let big strings run five times over */

#define CAGE_ENVIRONMENTS 64
#define WALL_TIMES 30 /* longer than so many times its budget nothing may take, however busy the machine is  \
                       */

struct cage {
    lua_State *l;
    struct cage_limits lim;
    size_t memory;
    uint64_t steps, start_us, deadline_us;
    uint64_t cpu_start_us; /* taken when the deadline passed for the first time; 0: not yet */
    int library;           /* registry: the table of what every policy finds */
    int globals; /* registry: the globals of the present environment, or the library before there is one */
    int environments[CAGE_ENVIRONMENTS];
    size_t n_environments;
    bool sealed;
    bool spent; /* a budget ended the call: a policy cannot catch it, and the message tells */
};

static void *cage_alloc(void *arg, void *p, size_t old, size_t size)
{
    struct cage *c = arg;
    void *q;

    if (!p)
        old = 0; /* Lua passes the kind of object there */
    if (!size) {
        free(p);
        c->memory -= old;
        return NULL;
    }
    if (size > old && size - old > c->lim.memory - c->memory)
        return NULL;
    q = realloc(p, size);
    if (q)
        c->memory += size - old;
    return q;
}

/* The cage of a state sits before the state's own memory. */
static struct cage *cage_of(lua_State *l)
{
    return *(struct cage **)lua_getextraspace(l);
}

static uint64_t cpu_us(void)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* A machine that is busy with others must not change a verdict: when the clock on the wall says that it is
 * late, processor time is asked. That is dearer, so it is not asked before, and a spendthrift gets up to
 * twice its time. */
static bool out_of_time(struct cage *c)
{
    uint64_t now = clock_mono_us(), limit_us = c->lim.timeout_ms * 1000, used;

    if (now <= c->deadline_us)
        return false;
    if (now > c->start_us + WALL_TIMES * limit_us)
        return true;
    if (!c->cpu_start_us) {
        c->cpu_start_us = cpu_us();
        c->deadline_us = now + limit_us;
        return false;
    }
    used = cpu_us() - c->cpu_start_us;
    if (used >= limit_us / 2)
        return true;
    c->deadline_us = now + limit_us - used;
    return false;
}

static void on_count(lua_State *l, lua_Debug *d)
{
    struct cage *c = cage_of(l);
    const char *file = "";
    int line = 0;

    c->steps += HOOK_COUNT;
    if (c->steps <= c->lim.steps && !out_of_time(c))
        return;
    c->spent = true;
    lua_sethook(l, on_count, LUA_MASKCOUNT, 1); /* nothing runs on after this, whoever catches it */
    if (lua_getinfo(l, "Sl", d)) {              /* luaL_error would name the caller of the hooked function */
        file = d->short_src;
        line = d->currentline;
    }
    if (c->steps > c->lim.steps)
        lua_pushfstring(l, "%s:%d: stopped after %d instructions (policy.steps): is this an endless loop?",
                        file, line, (int)c->lim.steps);
    else
        lua_pushfstring(l, "%s:%d: stopped after %d ms (policy.timeout)", file, line, (int)c->lim.timeout_ms);
    lua_error(l);
}

/* A writable face in front of the real globals (upvalue): it stays empty, so that every assignment comes
 * here. */
static int on_assign(lua_State *l)
{
    if (cage_of(l)->sealed)
        return luaL_error(l, "a rule may not change the global '%s': use 'local'",
                          luaL_tolstring(l, 2, NULL));
    lua_pushvalue(l, 2);
    lua_pushvalue(l, 3);
    lua_rawset(l, lua_upvalueindex(1));
    return 0;
}

static int on_unknown(lua_State *l)
{
    return luaL_error(l, "unknown name '%s'", luaL_tolstring(l, 2, NULL));
}

/* A table with a metatable that names what is missing. */
static void push_globals(lua_State *l)
{
    lua_newtable(l);
    lua_newtable(l);
    lua_pushcfunction(l, on_unknown);
    lua_setfield(l, -2, "__index");
    lua_setmetatable(l, -2);
}

static int open_state(lua_State *l)
{
    struct cage *c = cage_of(l);

    push_globals(l);
    cage_lib_open(l, lua_gettop(l));
    c->library = c->globals = luaL_ref(l, LUA_REGISTRYINDEX);
    /* No globals table of Lua's own remains reachable. */
    lua_pushnil(l);
    lua_rawseti(l, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

struct cage *cage_new(const struct cage_limits *lim)
{
    struct cage *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->lim = *lim;
    c->l = lua_newstate(cage_alloc, c);
    if (!c->l) {
        free(c);
        return NULL;
    }
    *(struct cage **)lua_getextraspace(c->l) = c;
    lua_pushcfunction(c->l, open_state);
    if (lua_pcall(c->l, 0, 0, 0) != LUA_OK) {
        cage_free(c);
        return NULL;
    }
    return c;
}

void cage_free(struct cage *c)
{
    if (!c)
        return;
    if (c->l)
        lua_close(c->l);
    free(c);
}

struct lua_State *cage_lua(struct cage *c)
{
    return c->l;
}

const char *cage_inside(const struct cage *c)
{
    return c->lim.inside ? c->lim.inside : "";
}

size_t cage_memory(const struct cage *c)
{
    return c->memory;
}

void cage_begin(struct cage *c)
{
    c->steps = 0;
    c->spent = false;
    c->start_us = clock_mono_us();
    c->deadline_us = c->start_us + c->lim.timeout_ms * 1000;
    c->cpu_start_us = 0;
}

static int do_register(lua_State *l)
{
    struct cage *c = cage_of(l);

    lua_rawgeti(l, LUA_REGISTRYINDEX, c->library);
    lua_pushvalue(l, 1);
    lua_pushvalue(l, 2);
    lua_rawset(l, -3);
    return 0;
}

/* A copy of the library: one look-up finds what is there, a policy's own or not. */
static int new_environment(lua_State *l)
{
    struct cage *c = cage_of(l);

    push_globals(l);
    lua_rawgeti(l, LUA_REGISTRYINDEX, c->library);
    lua_pushnil(l);
    while (lua_next(l, -2)) {
        lua_pushvalue(l, -2);
        lua_insert(l, -2);
        lua_rawset(l, -5);
    }
    lua_pop(l, 1);
    c->globals = luaL_ref(l, LUA_REGISTRYINDEX);
    return 0;
}

int cage_environment(struct cage *c)
{
    if (c->n_environments == CAGE_ENVIRONMENTS)
        return ST_LIMIT;
    lua_pushcfunction(c->l, new_environment);
    if (lua_pcall(c->l, 0, 0, 0) != LUA_OK) {
        lua_pop(c->l, 1);
        return ST_NOMEM;
    }
    c->environments[c->n_environments++] = c->globals;
    return 0;
}

int cage_return(struct cage *c, size_t i)
{
    if (i >= c->n_environments)
        return ST_USAGE;
    c->globals = c->environments[i];
    return 0;
}

static int do_global(lua_State *l)
{
    lua_rawgeti(l, LUA_REGISTRYINDEX, cage_of(l)->globals);
    lua_insert(l, 1); /* table, name, value */
    lua_rawset(l, 1);
    return 0;
}

int cage_global(struct cage *c, const char *name)
{
    lua_pushcfunction(c->l, do_global);
    lua_insert(c->l, -2);
    lua_pushstring(c->l, name);
    lua_insert(c->l, -2);
    if (lua_pcall(c->l, 2, 0, 0) == LUA_OK)
        return 0;
    lua_pop(c->l, 1);
    return ST_NOMEM;
}

void cage_register(struct cage *c, const char *name, int (*fn)(struct lua_State *))
{
    lua_pushcfunction(c->l, do_register);
    lua_pushstring(c->l, name);
    lua_pushcfunction(c->l, fn);
    gh_check(lua_pcall(c->l, 2, 0, 0) ==
             LUA_OK); /* before any foreign code: only a bug or no memory at all fails */
}

/* Any error value as a sentence; error objects may be tables. */
static void message(lua_State *l, char *err, size_t cap)
{
    const char *s = lua_type(l, -1) == LUA_TSTRING ? lua_tostring(l, -1) : NULL;

    snprintf(err, cap, "%s", s ? s : "error with a value that is no text");
    lua_pop(l, 1);
}

int cage_call(struct cage *c, int args, int results, char *err, size_t cap)
{
    int rc;

    lua_sethook(c->l, on_count, LUA_MASKCOUNT, HOOK_COUNT);
    rc = lua_pcall(c->l, args, results, 0);
    lua_sethook(c->l, NULL, 0, 0);
    if (rc == LUA_OK)
        return 0;
    message(c->l, err, cap);
    if (rc == LUA_ERRMEM) {
        snprintf(err, cap, "more memory than %zu KiB (policy.memory)", c->lim.memory >> 10);
        c->spent = true;
    }
    return c->spent ? ST_LIMIT : ST_USAGE;
}

/* Arguments: source (light userdata to a span), chunk name. Leaves the function with our globals as its
 * environment. */
static int do_load(lua_State *l)
{
    struct cage *c = cage_of(l);
    const struct span *s = lua_touserdata(l, 1);

    if (luaL_loadbufferx(l, (const char *)s->p, s->n, lua_tostring(l, 2), "t") != LUA_OK)
        return lua_error(l);
    lua_newtable(l); /* the face */
    lua_newtable(l);
    lua_rawgeti(l, LUA_REGISTRYINDEX, c->globals);
    lua_setfield(l, -2, "__index");
    lua_rawgeti(l, LUA_REGISTRYINDEX, c->globals);
    lua_pushcclosure(l, on_assign, 1);
    lua_setfield(l, -2, "__newindex");
    lua_pushboolean(l, 0);
    lua_setfield(l, -2, "__metatable");
    lua_setmetatable(l, -2);
    lua_setupvalue(l, -2, 1);
    return 1;
}

int cage_run(struct cage *c, const char *name, struct span source, char *err, size_t cap)
{
    char chunk[160];
    int rc = c->n_environments ? 0 : cage_environment(c);

    if (rc) {
        snprintf(err, cap, "more memory than %zu KiB (policy.memory)", c->lim.memory >> 10);
        return ST_LIMIT;
    }
    snprintf(chunk, sizeof(chunk), "@%s", name);
    lua_pushcfunction(c->l, do_load);
    lua_pushlightuserdata(c->l, &source);
    lua_pushstring(c->l, chunk);
    rc = cage_call(c, 2, 1, err, cap);
    return rc ? rc : cage_call(c, 0, 0, err, cap);
}

static int do_seal(lua_State *l)
{
    const struct cage *c = cage_of(l);

    for (size_t i = 0; i < c->n_environments; i++) {
        lua_rawgeti(l, LUA_REGISTRYINDEX, c->environments[i]);
        cage_freeze(l, lua_gettop(l));
        lua_pop(l, 1);
    }
    if (!lua_isnoneornil(l, 1))
        cage_freeze(l, 1);
    return 0;
}

int cage_seal(struct cage *c, char *err, size_t cap)
{
    int rc;

    lua_pushcfunction(c->l, do_seal);
    lua_pushvalue(c->l, -2);
    rc = cage_call(c, 1, 0, err, cap);
    c->sealed = !rc;
    return rc;
}

bool cage_unchanged(struct cage *c, char *err, size_t cap)
{
    return cage_watch_check(c->l, err, cap);
}

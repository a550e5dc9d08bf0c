/* SPDX-License-Identifier: GPL-3.0-or-later
 * cage: a Lua 5.4 state in which strangers' code can do no harm: no files, no time, no chance, no other code;
 * memory, instructions and wall time end by themselves; what a file built while it was loaded cannot be
 * changed later, so that the same facts give the same verdict.
 *
 * What a count hook cannot stop (patterns, finalizers, protected calls, table.move) is not there at all. One
 * thread. */
#ifndef GH_POLICY_CAGE_H
#define GH_POLICY_CAGE_H

#include "base/reader.h"

struct cage;
struct lua_State;
struct cage_limits {
    size_t memory;       /* bytes of the whole state */
    uint64_t steps;      /* Lua instructions of one unit of work */
    uint64_t timeout_ms; /* processor time of one unit of work */
    const char *inside;  /* policy.inside, for the word of that name; NULL or "": not said; borrowed while it loads */
};

/* NULL when memory (or the ceiling) is too small for the library itself. */
struct cage *cage_new(const struct cage_limits *lim);
void cage_free(struct cage *c); /* NULL is fine */
struct lua_State *cage_lua(struct cage *c);
const char *cage_inside(const struct cage *c); /* limits.inside, or "" */
/* Starts a new unit of work: budgets are full again. */
void cage_begin(struct cage *c);
/* Makes a C function known as a global of every policy file that is run later in a new environment. */
void cage_register(struct cage *c, const char *name, int (*fn)(struct lua_State *));
/* Files that are run from now on have globals of their own: bundles that are combined do not see one
 * another's names. 0 or ST_NOMEM. */
int cage_environment(struct cage *c);
/* Back to the i-th environment. 0 or ST_USAGE. */
int cage_return(struct cage *c, size_t i);
/* Makes the value on top of the stack a global of the present environment, and pops it. 0 or ST_NOMEM. */
int cage_global(struct cage *c, const char *name);
/* Runs a source file (text only) in the cage: name is what messages call it ("policy.lua"). 0; ST_USAGE with
 * Lua's message "policy.lua:12: …" in err; ST_LIMIT when a budget ended it (message likewise). */
int cage_run(struct cage *c, const char *name, struct span source, char *err, size_t cap);
/* As lua_pcall on what lies on the stack, with the hook on. Same results; on failure the stack has lost the
 * arguments. */
int cage_call(struct cage *c, int args, int results, char *err, size_t cap);
/* From now on globals, and every table that a function reachable from them or from the value on top of the
 * stack uses, are read-only; a local variable that outlives a call is watched (cage_unchanged). Pops nothing.
 */
int cage_seal(struct cage *c, char *err, size_t cap);
/* After a call: true, or false with the name of the outer local that a function changed; it has its old value
 * again. */
bool cage_unchanged(struct cage *c, char *err, size_t cap);
/* Names a policy may use, for checking and suggestions; *ret_n of them, sorted as registered. */
const char *const *cage_names(size_t *ret_n);
/* Memory in use and the most so far, in bytes. */
size_t cage_memory(const struct cage *c);

#endif

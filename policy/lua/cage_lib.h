/* SPDX-License-Identifier: GPL-3.0-or-later
 * cage_lib: what a policy finds inside the cage, and how what it built becomes read-only. For cage.c only. */
#ifndef GH_POLICY_CAGE_LIB_H
#define GH_POLICY_CAGE_LIB_H

#include "policy/lua/lua_door.h"
#include "base/status.h"

/* Fills the table at index globals with the allowed functions. May raise Lua errors. */
void cage_lib_open(lua_State *l, int globals);
/* Makes every table reachable from the value at index read-only: a table's own fields (the table itself stays
 * as it is when it is the globals table), tables and functions in upvalues, their upvalues in turn. Remembers
 * outer locals. May raise. */
void cage_freeze(lua_State *l, int index);
/* Pushes a table that shows the one at index and takes no assignment. May raise. */
void cage_push_face(lua_State *l, int index);
/* Outer locals that the Lua function at index, or one made inside it, may change: bit by upvalue number from 0; all
 * bits when that cannot be told. */
uint64_t cage_sets_upvalues(lua_State *l, int index);
/* True when no outer local changed since; otherwise puts the old values back and says which in err. */
bool cage_watch_check(lua_State *l, char *err, size_t cap);

#endif

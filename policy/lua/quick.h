/* SPDX-License-Identifier: GPL-3.0-or-later
 * quick: the event as rules see it while nobody notes what they read: objects that are made once for a Lua
 * state and whose facts are ordinary table fields after the first look. Same answers as view.h's object,
 * several times as fast.
 *
 * For each object of the schema: a read-only userdata, whose __index is a table of what was looked at, whose
 * own
 * __index is the one C function that looks into the event. The tables are emptied behind each event. */
#ifndef GH_POLICY_QUICK_H
#define GH_POLICY_QUICK_H

#include "policy/lua/view.h"

struct quick;
/* In a protected call: makes the objects in l. NULL when memory is short. Freed with free() after the state
 * is closed. */
struct quick *quick_open(struct lua_State *l);
/* A new event: pushes its object. */
void quick_push(struct quick *q, struct lua_State *l, struct view *v);
/* In a protected call, or when no Lua error can come: forgets what was looked at. */
void quick_end(struct quick *q, struct lua_State *l);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * lua_door: the one place that includes Lua's headers. For cage.c, view.c, bundle.c and test_file.c of this
 * folder only. */
#ifndef GH_POLICY_LUA_DOOR_H
#define GH_POLICY_LUA_DOOR_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#endif

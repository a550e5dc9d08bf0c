/* SPDX-License-Identifier: GPL-3.0-or-later
 * declare: what a bundle's files say while they are loaded: rule{}, zone{}, calendar{}, setting{}, set(),
 * off(). For the files of this folder that make up a bundle; Lua functions raise Lua errors. */
#ifndef GH_POLICY_DECLARE_H
#define GH_POLICY_DECLARE_H

#include "policy/lua/bundle.h"
#include "policy/lua/lua_door.h"

/* Makes every word known in the cage of b. */
void declare_words(struct bundle *b);
/* Protected: argument is the bundle as light userdata; remembered for declare_bundle. */
int declare_open(lua_State *l);
/* The bundle of this Lua state. */
struct bundle *declare_bundle(lua_State *l);
/* The same; an error once it is loaded. */
struct bundle *declare_loading(lua_State *l);

/* The table at 1 has no other keys than the known ones: a typing error is an error. */
void declare_keys(lua_State *l, const char *const *known, size_t n, const char *what);
/* Text field of the table at index; must fit cap. */
void declare_text(lua_State *l, int index, const char *key, char *buf, size_t cap, bool needed);
/* key = "…" or { vi = "…", en = "…" } of the table at 1. */
void declare_bilingual(lua_State *l, const char *key, char *en, char *vi, size_t cap);

/* settings.c */
int settings_setting(lua_State *l);
int settings_set(lua_State *l);
int settings_off(lua_State *l);
/* After settings.lua of the present part: takes over what others set, and makes `settings` known. 0 or
 * ST_USAGE with sentences in err. */
int settings_apply(struct bundle *b, struct writer *err);
/* When all is loaded: set() and off() that hit nothing. */
int settings_leftover(struct bundle *b, struct writer *err);

/* words.c: what rules may ask beyond the facts. */
int words_in_list(lua_State *l);
int words_times(lua_State *l);
int words_distinct(lua_State *l);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * view: one event as a policy sees it: read-only, lazily, by the schema's names; a misspelt fact is an error.
 * What a rule reads is noted, so that a verdict can say what decided it.
 *
 * A struct view belongs to one decision; Lua values made from it are dead after view_end. One thread. */
#ifndef GH_POLICY_VIEW_H
#define GH_POLICY_VIEW_H

#include "base/json.h"
#include "policy/lua/calendar.h"
#include "policy/lua/schema.h"
#include "policy/lua/zones.h"

#define VIEW_READS 64
#define VIEW_PATH 120

#define VIEW_DERIVED 8 /* roots of derived facts */

struct lua_State;
struct view_read {
    char path[VIEW_PATH];
    struct span value; /* JSON text; empty: the fact is absent */
};
/* What an event is looked at with. */
struct view_world {
    const struct zones *zones;
    const struct calendar *calendar;
    int utc_offset_min; /* local time of the post */
};
struct view {
    const struct view_world *world;
    struct arena *arena;
    const struct json *event;                 /* as parsed */
    const struct json *last;                  /* the same, also after view_end, as long as the arena */
    const struct json *derived[VIEW_DERIVED]; /* see derive.h; made when asked for */
    struct view_read reads[VIEW_READS];
    size_t n_reads;
    bool noting;          /* what is read is noted */
    enum event_type type; /* a document when it says nothing of itself */
    uint64_t time_us;     /* of the event; 0 when it has none */
    char date[16];        /* local, once derived; "" when it has no time */
    unsigned serial;      /* set by view_begin: Lua objects of older views are refused */
};
/* Parses the event into the arena. world must live until view_end. 0 or ST_MALFORMED, ST_NOMEM, ST_LIMIT. */
int view_begin(struct view *v, struct arena *a, struct span event, const struct view_world *world);
/* Local date of the event, "" when it has no time. */
const char *view_date(struct view *v);
/* Notes what something else than a fact answered: a JSON value, or plain text to be made one. Empty: nothing.
 */
void view_note(struct view *v, const char *path, struct span value, bool text);
void view_end(struct view *v);
/* Forget what was read (between two rules). */
void view_forget(struct view *v);
/* Pushes the event object that notes what is read. May raise Lua errors (memory). */
void view_push(struct lua_State *l, struct view *v);
/* A list of the event, or something of free form, on the stack. May raise. */
void view_push_list(struct lua_State *l, struct view *v, const struct json *j, const struct schema_node *s);
void view_push_free(struct lua_State *l, struct view *v, const struct json *j);
/* Once per Lua state, in a protected call. Pops nothing. */
int view_open(struct lua_State *l);
/* Value of a dotted path as JSON (event or derived); NULL when absent. */
const struct json *view_path(struct view *v, const char *path);
/* Member of an object, NULL when there is none; text of a string, empty for anything else. */
const struct json *view_member(const struct json *j, struct span name);
struct span view_text(const struct json *j);
/* at_least(level, wanted): global for policies. */
int view_at_least(struct lua_State *l);

#endif

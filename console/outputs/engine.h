/* SPDX-License-Identifier: GPL-3.0-or-later
 * engine: the thread that brings events outward: for each output the next batch behind its cursor, one at a
 * time and in order, through gh-outlet or into a file; failures wait longer and longer (2 s to 15 min, with
 * jitter). A slow receiver holds up itself only. What was not acknowledged is sent again: at least once. */
#ifndef GH_CONSOLE_ENGINE_H
#define GH_CONSOLE_ENGINE_H

#include "base/conf.h"
#include "console/helpers.h"
#include "console/store/outputs.h"

struct engine;
/* Starts the thread; everything is borrowed. NULL when the machine refuses. */
struct engine *engine_start(const struct conf *c, struct store *store, const struct seal_keys *keys,
                            struct helpers *helpers);
/* Ends it; before helpers_free. NULL is fine. */
void engine_stop(struct engine *e);

/* A trial, on a worker's thread: sends one event now. 0 with *ret_ok and the reason (cap); ST_CLOSED:
 * gh-outlet is not there. */
int engine_try(const struct conf *c, const struct seal_keys *keys, struct helpers *helpers, struct db *d,
               const struct output *o, bool *ret_ok, char *reason, size_t cap);

#endif

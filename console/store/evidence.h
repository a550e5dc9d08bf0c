/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence: what lies sealed on which appliance, and the requests to open it: who asked, who agreed, what was
 * opened. The sealed documents stay on their appliances; requests, shares and receipts are kept here as
 * members handed them in (base/opening.h): nothing in them is secret to the console. Changing functions run
 * in the caller's transaction. */
#ifndef GH_CONSOLE_EVIDENCE_H
#define GH_CONSOLE_EVIDENCE_H

#include "base/opening.h"
#include "console/store/sight.h"

enum opening_state { OPENING_WAITING, OPENING_OPENED, OPENING_WITHDRAWN, OPENING_STATE_COUNT };
extern const char *const opening_state_names[OPENING_STATE_COUNT];
#define OPENINGS_WAITING_MAX 200 /* requests under way at a time */

/* An audit record of an appliance: notes evidence_sealed, and evidence_opened when it is recorded there. */
int evidence_told(struct db *d, int64_t appliance, int64_t time, const struct json *event);
/* "items" and "next" of an open object: newest first, below before, within the person's scope. */
int evidence_list(struct db *d, const struct sight *s, int64_t before, int64_t limit, struct jw *j);

/* ST_EXISTS: it is here already. ST_FULL: OPENINGS_WAITING_MAX. */
int opening_add(struct db *d, const struct opening_request *q, struct span bytes, const char *user,
                int64_t *ret_id);
/* "items", "next". */
int opening_list(struct db *d, int64_t before, int64_t limit, struct jw *j);
/* Members of one, in an open object, with its shares. ST_NOT_FOUND. */
int opening_put(struct db *d, int64_t id, struct jw *j);
/* The request's bytes into w, and its state. ST_NOT_FOUND. */
int opening_bytes(struct db *d, int64_t id, struct writer *w, enum opening_state *ret_state);
/* ST_EXISTS: that member's share is here already. */
int opening_share_add(struct db *d, int64_t id, unsigned member, const char *name, struct span bytes,
                      const char *user);
/* A share's bytes by its number. ST_NOT_FOUND. */
int opening_share_bytes(struct db *d, int64_t share, struct writer *w);
int opening_end_state(struct db *d, int64_t id, enum opening_state state, uint64_t when_us, unsigned members);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * retention: how long recorded events stay, by kind and level, and what must stay whatever a rule says (legal hold). Events that
 * an alert is made of always stay; so do alerts, their history, and the audit.
 *
 * A hold on an appliance keeps all of its events; on a document all events that name its SHA-256; on an alert or a case the events
 * of their connections. Holds also stand before console.max. Rules work in the background, a few thousand rows at a time, by the
 * time that an event tells. Changing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_RETENTION_H
#define GH_CONSOLE_RETENTION_H

#include "console/store/store.h"

#define RETENTION_RULES 32
#define RETENTION_ROWS 5000 /* looked at in one step */
#define RETENTION_REASON 500

enum hold_kind { HOLD_APPLIANCE, HOLD_DOCUMENT, HOLD_ALERT, HOLD_CASE, HOLD_KIND_COUNT };
extern const char *const hold_kind_names[HOLD_KIND_COUNT];

/* A condition, true for a row of "event" that a hold keeps. */
extern const char retention_held_sql[];

struct retention_rule {
    int type;  /* enum event_type, -1: any */
    int level; /* of the document, -1: any; events that tell no level have 0 */
    int64_t days;
};
/* ST_FULL: RETENTION_RULES. ST_EXISTS: there is one for that kind and level. */
int retention_add(struct db *d, const struct retention_rule *r, const char *user, int64_t *ret_id);
int retention_remove(struct db *d, int64_t id); /* ST_NOT_FOUND */
int retention_list(struct db *d, struct jw *j); /* "items" */
/* "events" that would go now, "held" that would but for a hold, "older_than", "complete" (all rows were looked at in time). */
int retention_preview(struct db *d, const struct retention_rule *r, struct jw *j);

/* ref: the number of an alert or case; identity: of an appliance (16 bytes) or document (32 bytes). ST_NOT_FOUND: there is none. */
int hold_add(struct db *d, enum hold_kind kind, int64_t ref, struct span identity, const char *reason, const char *user, int64_t *ret_id);
int hold_end(struct db *d, int64_t id, const char *user); /* ST_NOT_FOUND: none, or ended already */
int hold_list(struct db *d, struct jw *j);                /* "items": those that hold, then the ended */

/* A rule whose time has come, for who works it off elsewhere (console/events/retain.h): at is its own. ST_NOT_FOUND: none. */
struct retention_due {
    int64_t id, at, gone;
    struct retention_rule rule;
};
int retention_find_due(struct db *d, int64_t now, struct retention_due *ret);
/* The pass is over: what went is in the audit, once. Inside the caller's transaction. */
int retention_end_pass(struct db *d, const struct retention_due *r, int64_t now);
/* One step of the background work, in a transaction of its own: true while there is more to look at. */
bool retention_step(struct store *s);

#endif

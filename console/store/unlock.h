/* SPDX-License-Identifier: GPL-3.0-or-later
 * unlock: the content of an alert beyond a person's clearance, opened by two: one asks with a reason, another
 * one who approves and is cleared for it says yes; it stays open to the asker for a bounded time. Every view
 * is audited by who shows it. Changing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_UNLOCK_H
#define GH_CONSOLE_UNLOCK_H

#include "console/store/sight.h"

#define UNLOCK_REASON 1000 /* bytes */
#define UNLOCK_MINUTES_MIN 5
#define UNLOCK_MINUTES_MAX 480
#define UNLOCK_WAITS_US (7ull * 24 * 3600 * 1000000) /* a question that nobody answers is over */

enum unlock_state { UNLOCK_ASKED, UNLOCK_GRANTED, UNLOCK_REFUSED, UNLOCK_STATE_COUNT };

/* ST_EXISTS: the person has a question open for this alert already. */
int unlock_ask(struct db *d, int64_t alert, int64_t user, const char *name, struct span reason,
               int64_t minutes, int64_t *ret_id);
/* The alert and asker of a question that waits. ST_NOT_FOUND: none, answered, or over. */
int unlock_find(struct db *d, int64_t id, int64_t *ret_alert, int64_t *ret_user);
int unlock_decide(struct db *d, int64_t id, bool yes, const char *by);
/* Is the alert open to the person now? 1 with *ret_id, 0, or an error. */
int unlock_open(struct db *d, int64_t alert, int64_t user, int64_t *ret_id);
/* "items" and "next", newest first: the person's own, or (all) of everybody whose alert is in who's scope. */
int unlock_list(struct db *d, const struct sight *who, bool all, int64_t before, int64_t limit, struct jw *j);
/* Member "unlock" of an open object: the person's newest question for the alert, or null. */
int unlock_put(struct db *d, int64_t alert, int64_t user, struct jw *j);

#endif

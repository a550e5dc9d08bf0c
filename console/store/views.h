/* SPDX-License-Identifier: GPL-3.0-or-later
 * views: questions that people keep: an address of the page under a name, for oneself or for all. Writing
 * runs in the caller's transaction. And two small lists of the inbox: who can be given an alert, and how
 * noisy each rule is. */
#ifndef GH_CONSOLE_VIEWS_H
#define GH_CONSOLE_VIEWS_H

#include "console/store/sight.h"

#define VIEW_NAME_MAX 80      /* bytes */
#define VIEW_ADDRESS_MAX 2500 /* a question of 2048 bytes and its state */
#define VIEWS_MAX 100         /* of one person */

/* "items" of an open object: one's own and those for all, by name. */
int view_list(struct db *d, int64_t user, struct jw *j);
/* ST_EXISTS: this person has one of that name; ST_LIMIT: has VIEWS_MAX. */
int view_add(struct db *d, int64_t user, struct span name, struct span address, bool shared, int64_t *ret_id);
/* ST_NOT_FOUND: there is none, or it is another's. */
int view_remove(struct db *d, int64_t id, int64_t user, char name[static VIEW_NAME_MAX + 1]);

/* "items" of an open object: names of those who can work on alerts. */
int hands_list(struct db *d, struct jw *j);
/* "items" of an open object: for each rule that fired since: alerts, how they ended, how many are open. */
int noise_list(struct db *d, const struct sight *who, int64_t since_us, struct jw *j);

#endif

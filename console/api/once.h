/* SPDX-License-Identifier: GPL-3.0-or-later
 * once: a step of a person that happens once, however often it is asked for: its transaction, and the answer
 * that is kept for a day under the client's Idempotency-Key. */
#ifndef GH_CONSOLE_ONCE_H
#define GH_CONSOLE_ONCE_H

#include "console/api/app.h"

/* Begins the transaction of a step. False: the reply is made already, from the kept answer, or a problem. */
bool once_begin(struct worker *w, struct request *r, struct db **ret_db);
/* Ends it. rc 0 and a reply of status 200, 201 or 204: it is kept under the key and committed; anything else: nothing has
 * happened, and rc becomes a problem. True when something was committed. */
bool once_end(struct worker *w, struct request *r, struct db *d, int rc);

/* The same, but what is kept under the key is this, not the reply: for replies that have a secret in them. */
bool once_end_keep(struct worker *w, struct request *r, struct db *d, int rc, struct span kept);

#endif

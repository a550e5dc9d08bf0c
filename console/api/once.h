/* SPDX-License-Identifier: GPL-3.0-or-later
 * once: a step of a person that happens once, however often it is asked for: its transaction, and the answer
 * that is kept for a day under the client's Idempotency-Key. */
#ifndef GH_CONSOLE_ONCE_H
#define GH_CONSOLE_ONCE_H

#include "console/api/app.h"

/* Begins the transaction of a step. False: the reply is made already, from the kept answer, or a problem. */
bool once_begin(struct worker *w, struct request *r, struct db **ret_db);
/* Ends it. rc 0 and a reply of status 200, 201 or 204: it is kept under the key and committed; anything else:
 * nothing has happened, and rc becomes a problem. True when something was committed. */
bool once_end(struct worker *w, struct request *r, struct db *d, int rc);

/* The same, but what is kept under the key is this, not the reply: for replies that have a secret in them. */
bool once_end_keep(struct worker *w, struct request *r, struct db *d, int rc, struct span kept);

/* For work that takes seconds and must not keep everybody from writing: takes the key before the work. False:
 * the reply is made already: the kept answer, 503 while the first one is still at it, or a problem. A claim
 * that was left behind by a console that died is void after a minute. Without a key: true. */
bool once_claim(struct worker *w, struct request *r);
/* After the work, whatever became of it: keeps a reply of status 200 under the key, with an entry in the
 * audit (action NULL: none); any other gives the key back, as does one longer than ONCE_LONG, which would be
 * worked out anew. False: the entry could not be written, and the reply is a problem now. */
bool once_fill(struct worker *w, struct request *r, const char *action, const char *object,
               const char *detail);
#define ONCE_LONG (1u << 20)

#endif

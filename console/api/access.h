/* SPDX-License-Identifier: GPL-3.0-or-later
 * access: who may come in and what each may see: people, units, links, sessions, second factors, tokens,
 * unlocking. The handlers of these addresses, and what they share. */
#ifndef GH_CONSOLE_API_ACCESS_H
#define GH_CONSOLE_API_ACCESS_H

#include "console/api/once.h"
#include "console/store/access.h"

/* Members of a body; false with the problem written. *ret stays when one is absent and not required. */
bool body_roles(struct request *r, bool required, unsigned *ret);
bool body_units(struct worker *w, struct request *r, bool required, struct units *ret, bool *ret_given);

/* Who comes with "Authorization: Bearer …". 0: r->who is filled, or nobody is signed in; false: answered. */
int token_who(struct worker *w, struct request *r);
/* The request's problem is written when the address, or the name from a browser that is not known, must wait.
 */
bool must_wait(struct worker *w, struct request *r, struct span name);
void was_good(struct worker *w, const struct request *r, struct span name);
void record_failure(struct app *app, struct request *r, const char *name);
/* Is the alert of the path open to who asks (store/unlock.h)? The view is in the audit before this returns. 0
 * or an error. */
int unlock_view(struct worker *w, struct request *r, bool *ret_open);
/* Must people with these roles have a second factor (console.second_factor)? */
bool second_owed(const struct conf *c, unsigned roles);

#endif

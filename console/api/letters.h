/* SPDX-License-Identifier: GPL-3.0-or-later
 * letters: what appliances send over a NATS broker, handed over by gh-nats (console/nats/main.c), becomes requests of
 * the appliances' routes and no others; the answers go back signed by the console (base/parcel.h).
 *
 * Main thread, but for the answers, which come from workers. */
#ifndef GH_CONSOLE_LETTERS_H
#define GH_CONSOLE_LETTERS_H

#include "console/api/app.h"

struct letters_state {
    bool wanted;  /* a broker is configured */
    bool running; /* gh-nats is there */
    bool there;   /* and connected */
    char trouble[256];
    uint64_t taken, again, never, questions, under_way; /* of this gh-nats, since its start */
    uint64_t refused;                                   /* letters that are none, since our start */
};

/* NULL when memory is short. app must have its helpers. */
struct letters *letters_new(struct app *app);
/* After all other threads. NULL is fine. */
void letters_free(struct letters *l);
/* About once a second: asks gh-nats for letters when it is there (again). */
void letters_tick(struct letters *l);
/* For people; any thread. l may be NULL. */
void letters_state(struct letters *l, struct letters_state *ret);
void letters_state_put(const struct letters_state *s, struct jw *j); /* members of an open object */

#endif

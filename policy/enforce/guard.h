/* SPDX-License-Identifier: GPL-3.0-or-later
 * guard: what the enforcer never does: touch a protected address, act more often than configured, or act at
 * all while it is switched off. One thread. */
#ifndef GH_ENFORCE_GUARD_H
#define GH_ENFORCE_GUARD_H

#include "base/event.h"

struct guard;
/* protect: addresses and networks separated by blanks (conf enforce.protect); rate: actions a minute. 0;
 * ST_USAGE with the word that is no network in bad (cap bytes); ST_NOMEM. */
int guard_new(const char *protect, uint64_t rate, struct guard **ret, char *bad, size_t cap);
/* One more address or network that is protected. 0 or as guard_new. */
int guard_protect(struct guard *g, const char *net);
/* What the machine itself depends on: its own addresses, its gateways, its name servers, the console and
 * the brokers on the way to it (uplink.nats).
 * Read now, before the jail; how many were added. */
unsigned guard_protect_system(struct guard *g, const char *console, const char *brokers);
void guard_free(struct guard *g);
/* The panic switch. */
void guard_switch(struct guard *g, bool on);
bool guard_is_on(const struct guard *g);
/* May these two be acted upon now? NULL, or the sentence why not. Counts the action when it may. */
const char *guard_refuses(struct guard *g, const struct event_target *t);

#endif

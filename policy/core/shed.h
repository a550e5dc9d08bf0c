/* SPDX-License-Identifier: GPL-3.0-or-later
 * shed: while the console does not take what is recorded and journal.max comes near, the least important
 * class is no longer recorded: connections, then log events of protocols, then documents without an alert.
 * Alerts go on until there is no room at all. Each event is counted by class in the ledger; an alert tells
 * when it begins, another one, when there is room again or the appliance stops, tells the hole: from when to
 * when, which numbers of the run, how many of each class. One thread. */
#ifndef GH_CORE_SHED_H
#define GH_CORE_SHED_H

#include "base/envelope.h"
#include "policy/core/ledger.h"

struct core;
struct shed {
    bool open;
    uint64_t first_us, last_us; /* clock, when the first and the newest one were dropped */
    uint64_t run, first, last;  /* their numbers; of the newest run, should it change meanwhile */
    uint64_t lost[SHED_CLASSES];
    uint64_t looked_ms;
};
/* One event and what was derived from it: true when it is dropped, and counted. */
bool shed_unit(struct core *c, const struct record *r, size_t n);
/* Is there room again? Now and then. */
void shed_tick(struct core *c, uint64_t now_ms);
/* The hole ends here. */
void shed_end(struct core *c);
/* For the status: "ok", or what is no longer recorded. */
const char *shed_sentence(const struct core *c);

#endif

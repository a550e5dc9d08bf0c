/* SPDX-License-Identifier: GPL-3.0-or-later
 * engine: the thread of a region's console that brings upward what its policy lets go: batch after batch as
 * they were taken, each event decided on, records and the batch's account into gh-region's journal, and only
 * when they are on disk there the batch leaves the queue. What dies in between comes again, and is the same
 * event above by its key. */
#ifndef GH_CONSOLE_UPWARD_ENGINE_H
#define GH_CONSOLE_UPWARD_ENGINE_H

#include "console/upward/policy.h"

struct upward;
/* Starts the thread; it sleeps until gh-region is there. Everything is borrowed, the policy too. NULL when the machine
 * refuses. */
struct upward *upward_start(const struct conf *c, struct store *store, struct helpers *helpers, struct upward_policy *p);
/* Ends it; before helpers_free. NULL is fine. */
void upward_stop(struct upward *u);

#endif

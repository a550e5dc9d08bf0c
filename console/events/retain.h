/* SPDX-License-Identifier: GPL-3.0-or-later
 * retain: events that ClickHouse has go by the rules of console/store/retention.h, holds and alerts
 * respected. A deletion there is a mutation, which the server works off in the background; how many are to go
 * is written down in the database first, and counted as gone when none of them is left. */
#ifndef GH_CONSOLE_RETAIN_H
#define GH_CONSOLE_RETAIN_H

#include "console/events/find.h"
#include "console/store/retention.h"

/* Deletes what a condition on the table holds for; returns when the server has taken it on. */
int far_delete(struct click *c, struct span condition);
/* Is a deletion under way? 1, 0 or a code. */
int far_deleting(struct click *c);
/* One step of what is due. True when there is more to do soon. */
bool retain_step(struct store *s, struct db *d, struct click *c);
/* What a rule means now: how many would go, and how many would but for a hold. */
int retain_count(struct db *d, struct click *c, const struct retention_rule *r, int64_t cut, int64_t *ret_go,
                 int64_t *ret_held);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * alert_groups: the inbox in other orders than by arrival: heaps of alerts that belong together, and alerts
 * by what is due first. Both take a compiled question; a heap names the question that gives its alerts, so
 * whoever can search can open a heap and act on it. Reading only; a reader of the caller's thread. */
#ifndef GH_CONSOLE_ALERT_GROUPS_H
#define GH_CONSOLE_ALERT_GROUPS_H

#include "console/query/query.h"
#include "console/store/sight.h"

#define GROUPS_MAX 4096 /* heaps that are told apart; alerts of further ones are counted together */

enum group_by { GROUP_DOCUMENT, GROUP_RULE, GROUP_HOST, GROUP_APPLIANCE, GROUP_COUNT };
extern const char *const group_names[GROUP_COUNT];
/* "groups" (the largest first, at most limit), "matched", "others" (groups that are not shown) and "searched"
 * of an open object. ST_NOMEM. */
int alert_groups(struct db *d, const struct query_sql *q, const struct sight *sight, enum group_by by,
                 int64_t now_us, int64_t limit, struct jw *j);

enum alert_order { ORDER_DUE, ORDER_SEVERITY, ORDER_COUNT };
extern const char *const alert_order_names[ORDER_COUNT];
/* "items" and "next" of an open object. ORDER_DUE: open alerts, what is due first first; ORDER_SEVERITY: the
 * most severe first, newest first among them. after: the last alert of the page before, 0 for the first. */
int alert_sorted(struct db *d, const struct sight *sight, const struct query_sql *q, enum alert_order order,
                 int64_t after, int64_t limit, struct jw *j);

#endif

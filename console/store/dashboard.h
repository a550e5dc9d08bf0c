/* SPDX-License-Identifier: GPL-3.0-or-later
 * dashboard: the figures of a stretch of time as JSON, from rollup.h's sums; what the dashboards show and the
 * report is made of. Every list is bounded; what it leaves out is in its last row, named "" (others). */
#ifndef GH_CONSOLE_DASHBOARD_H
#define GH_CONSOLE_DASHBOARD_H

#include "console/store/rollup.h"

#define DASHBOARD_ROWS 40 /* longest list */
#define DASHBOARD_TALKERS 12
#define DASHBOARD_SPAN_S (INT64_C(400) * 86400) /* longest stretch */

/* The whole answer as members of an open object: "from", "to", "step", "since", "totals", "before" (the same
 * stretch just before), "series", "protocols", "sources", "destinations", "zones", "levels", "alert_levels",
 * "severities", "rules", "unread", "ledger", "open". */
int dashboard_put(struct db *d, const struct rollup_filter *f, struct jw *j);

#endif

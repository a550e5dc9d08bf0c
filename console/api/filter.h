/* SPDX-License-Identifier: GPL-3.0-or-later
 * filter: the names and values by which alerts and events are asked for, from a query or a JSON object, to
 * the filters of the store. Pure but for the appliance, which is looked up by its identity. */
#ifndef GH_CONSOLE_FILTER_H
#define GH_CONSOLE_FILTER_H

#include "console/store/alerts.h"
#include "console/store/events.h"

/* One "name=value". 0; ST_NOT_FOUND: no such name; ST_MALFORMED: *ret_why is a sentence; ST_NOMEM. d may be
 * NULL in tests: every appliance is then unknown. */
int filter_alert(struct arena *a, struct db *d, struct alert_filter *f, struct span name, struct span value,
                 const char **ret_why);
int filter_event(struct arena *a, struct db *d, struct event_ask *f, struct span name, struct span value,
                 const char **ret_why);
/* All names, to suggest the nearest. */
extern const char *const filter_alert_names[];
extern const size_t filter_alert_count;
extern const char *const filter_event_names[];
extern const size_t filter_event_count;

#endif

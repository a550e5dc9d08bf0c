/* SPDX-License-Identifier: GPL-3.0-or-later
 * Figures over time: dashboards and what else needs a stretch of time from a request. */
#ifndef GH_CONSOLE_API_DASHBOARD_H
#define GH_CONSOLE_API_DASHBOARD_H

#include "console/api/app.h"
#include "console/store/rollup.h"

/* from, to and appliance of the query: by default the last 24 hours of all that the person may see. False
 * with the problem written. */
bool dashboard_filter(struct worker *w, struct request *r, struct rollup_filter *ret);
void api_dashboard(struct worker *w, struct request *r);
/* The appliances that the person may see, as a JSON array in the request's arena; NULL: all. */
int dashboard_scope(struct worker *w, struct request *r, const char **ret);
/* Values that complete a field of the search box, most frequent of late first, as elements of an open array:
 * of those fields of which sums are kept. False: not this field. */
bool values_put(struct worker *w, struct request *r, const char *field, struct jw *j, int *ret_rc);

#endif

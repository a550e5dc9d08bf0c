/* SPDX-License-Identifier: GPL-3.0-or-later
 * query: the language of the search box, asked for in a request. */
#ifndef GH_CONSOLE_API_QUERY_H
#define GH_CONSOLE_API_QUERY_H

#include "console/api/app.h"
#include "console/query/query.h"

/* Compiles the text for who asks; false with a problem that says where the fault is ("at"). */
bool query_of(struct worker *w, struct request *r, struct span text, enum query_target target,
              int zone_minutes, struct query_sql *ret);

/* "tz" of the query: minutes east of UTC of who asks; *ret stays 0 when absent. False with the problem
 * written. */
bool query_zone(struct request *r, int *ret);

#endif

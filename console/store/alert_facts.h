/* SPDX-License-Identifier: GPL-3.0-or-later
 * alert_facts: an alert event to the members of its list row that never change, and to the words it is found
 * by. */
#ifndef GH_CONSOLE_ALERT_FACTS_H
#define GH_CONSOLE_ALERT_FACTS_H

#include "console/store/facts.h"

#define ALERT_TEXT 512    /* bytes of one text in a row; the whole is in the event */
#define ALERT_SEARCH 8192 /* bytes of search words */

/* Fills severity, rule, row and search. 0 or ST_NOMEM. */
int alert_facts(struct arena *a, const struct json *event, struct facts *f);

#endif

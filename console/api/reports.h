/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports over the API, and their making: figures are put together by the thread that asks, gh-report draws
 * them, the main thread keeps what comes back. */
#ifndef GH_CONSOLE_API_REPORTS_H
#define GH_CONSOLE_API_REPORTS_H

#include "console/api/app.h"

void api_reports_list(struct worker *w, struct request *r);
void api_report_make(struct worker *w, struct request *r);
void api_report_pdf(struct worker *w, struct request *r);
void api_report_csv(struct worker *w, struct request *r);
void api_report_schedule(struct worker *w, struct request *r);

/* Once at start, before connections: what was being made is not. */
void reports_begin(struct app *app);
/* Now and then, on the main thread: makes the reports that the schedule wants of the month and week that are
 * over. */
void reports_tick(struct app *app, struct db *reader);

#endif

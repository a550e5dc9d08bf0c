/* SPDX-License-Identifier: GPL-3.0-or-later
 * keeping: handlers of /retention and /holds. */
#ifndef GH_CONSOLE_API_KEEPING_H
#define GH_CONSOLE_API_KEEPING_H

#include "console/api/app.h"

void api_retention_list(struct worker *w, struct request *r);
void api_retention_add(struct worker *w, struct request *r);
void api_retention_remove(struct worker *w, struct request *r);
void api_retention_preview(struct worker *w, struct request *r);
void api_holds_list(struct worker *w, struct request *r);
void api_hold_add(struct worker *w, struct request *r);
void api_hold_end(struct worker *w, struct request *r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * outputs: handlers of /outputs (docs/outputs.md). */
#ifndef GH_CONSOLE_API_OUTPUTS_H
#define GH_CONSOLE_API_OUTPUTS_H

#include "console/api/app.h"

void api_outputs_list(struct worker *w, struct request *r);
void api_output_add(struct worker *w, struct request *r);
void api_output_change(struct worker *w, struct request *r);
void api_output_remove(struct worker *w, struct request *r);
void api_output_secret(struct worker *w, struct request *r);
void api_output_test(struct worker *w, struct request *r);
void api_output_refused(struct worker *w, struct request *r);
void api_output_refused_clear(struct worker *w, struct request *r);

#endif

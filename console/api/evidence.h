/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence: handlers of /evidence (docs/evidence.md). */
#ifndef GH_CONSOLE_API_EVIDENCE_H
#define GH_CONSOLE_API_EVIDENCE_H

#include "base/opening.h"
#include "console/api/app.h"

#define EVIDENCE_TYPE "application/vnd.gatehouse.evidence"

void api_evidence_list(struct worker *w, struct request *r);
void api_evidence_committee(struct worker *w, struct request *r);
void api_evidence_committee_file(struct worker *w, struct request *r);
void api_openings_list(struct worker *w, struct request *r);
void api_opening_add(struct worker *w, struct request *r);
void api_opening_get(struct worker *w, struct request *r);
void api_opening_file(struct worker *w, struct request *r);
void api_opening_share(struct worker *w, struct request *r);
void api_opening_share_file(struct worker *w, struct request *r);
void api_opening_receipt(struct worker *w, struct request *r);
void api_opening_withdraw(struct worker *w, struct request *r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * The fleet over the API: where appliances are, letting one in, letting one go. Enrolling is two steps: look
 * (the name and the comparison phrase of a request, nothing happens) and approve (what 'gatehouse console
 * enrol-approve' does; the answer is the file that the appliance takes). The six words must be the same on
 * both screens. */
#ifndef GH_CONSOLE_API_FLEET_H
#define GH_CONSOLE_API_FLEET_H

#include "console/api/app.h"

#define FLEET_URL 300
/* The body's "url", the address that the appliance shall call: the console's own unless another is given. False: the problem is
 * written. */
bool fleet_url(struct worker *w, struct request *r, char url[static FLEET_URL]);
void api_fleet(struct worker *w, struct request *r);
void api_fleet_site(struct worker *w, struct request *r);
void api_fleet_retire(struct worker *w, struct request *r);
/* What goes up to the console above this one. */
void api_parent(struct worker *w, struct request *r);
void api_enrol_look(struct worker *w, struct request *r);
void api_enrol_approve(struct worker *w, struct request *r);
/* Enrolment by invitation (invitations.c). */
void api_invitations_list(struct worker *w, struct request *r);
void api_invitations_add(struct worker *w, struct request *r);
void api_invitation_withdraw(struct worker *w, struct request *r);
void api_invitation_approve(struct worker *w, struct request *r);
void api_enrol_console(struct worker *w, struct request *r);
void api_enrol_join(struct worker *w, struct request *r);

#endif

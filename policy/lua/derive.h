/* SPDX-License-Identifier: GPL-3.0-or-later
 * derive: facts that the engine makes of an event: its zones, its local time, and what a transfer is about in
 * whatever protocol. Made when first asked for, in the event's arena. */
#ifndef GH_POLICY_DERIVE_H
#define GH_POLICY_DERIVE_H

#include "policy/lua/view.h"

/* The derived fact or group of that name ("zone", "leaving", "time", "transfer" …), or NULL. */
const struct json *derive_fact(struct view *v, struct span name);

#endif

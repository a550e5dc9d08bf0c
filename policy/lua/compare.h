/* SPDX-License-Identifier: GPL-3.0-or-later
 * compare: a recorded event, what was decided of it then and what is decided now, side by side. For
 * `gatehouse policy replay`, diff, shadow and the workbench. Texts live as long as what they were taken from.
 */
#ifndef GH_POLICY_COMPARE_H
#define GH_POLICY_COMPARE_H

#include "policy/lua/bundle.h"

/* A verdict, whoever made it. action NULL: there is none. */
struct compared {
    const char *action, *rule, *policy, *reason;
};
/* What the event is about, in a few words; "" when nothing tells. */
const char *compare_subject(const struct json *event);
/* The event's type by its text alone. False: it has none that we know. */
bool compare_type(struct span line, enum event_type *ret);
/* One verdict object of an event. */
struct compared compare_verdict(const struct json *verdict);
/* What was recorded in an event: with a document always something (or action NULL: it was never judged),
 * otherwise only what was more than a log line. */
struct compared compare_recorded(const struct json *event, enum event_type type);
struct compared compare_decided(const struct decision *d);

#endif

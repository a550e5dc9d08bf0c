/* SPDX-License-Identifier: GPL-3.0-or-later
 * own_alert: an alert event about the appliance itself, in both languages, with its facts. One thread. */
#ifndef GH_CORE_OWN_ALERT_H
#define GH_CORE_OWN_ALERT_H

#include "base/writer.h"

struct own_alert {
    const char *rule, *title, *title_vi, *reason, *reason_vi;
};
struct own_fact {
    const char *path;
    const char *text; /* NULL: the number */
    uint64_t number;
};
/* Appends the event's JSON. */
void own_alert_put(struct writer *out, const struct own_alert *a, const struct own_fact *facts, size_t n);

#endif

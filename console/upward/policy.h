/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy: the bundle that decides what goes up (bundle.json: purpose forwarding), read from its directory
 * before the jail, tried by gh-workbench, which has no files. One struct belongs to one thread. */
#ifndef GH_CONSOLE_UPWARD_POLICY_H
#define GH_CONSOLE_UPWARD_POLICY_H

#include "console/helpers.h"
#include "console/store/regions.h"

#define UPWARD_TROUBLE 320

struct upward_policy {
    struct writer pack; /* for the workbench; empty: it could not be read */
    char dir[CONF_TEXT], trouble[UPWARD_TROUBLE], name[160]; /* name: "alerts@1", once it was opened */
    int64_t session;    /* of the workbench, 0: none */
    uint64_t types;     /* of events that its rules judge */
    bool whole, redacted; /* what becomes of others: whole, redacted; neither: dropped */
};
/* One event to be decided on; rule lives in the arena of upward_decide. */
struct upward_event {
    int64_t row;
    struct span text;     /* as it would go up */
    enum forward_kind to; /* answer: GONE_UP, GONE_UP_REDACTED or FILTERED */
    struct span rule;
};
/* installed: where the standard one is, when the configuration names none. */
void upward_policy_read(struct upward_policy *p, const struct conf *c, const char *installed);
void upward_policy_done(struct upward_policy *p);
/* Makes sure that the workbench has it open. False with the sentence in p->trouble. Waits. */
bool upward_policy_open(struct upward_policy *p, struct helpers *h);
/* Does a rule judge this type? */
bool upward_judges(const struct upward_policy *p, uint8_t type);
/* What becomes of an event that no rule judges. */
enum forward_kind upward_otherwise(const struct upward_policy *p);
/* Fills to and rule of n events. False with the sentence in p->trouble. Waits. */
bool upward_decide(struct upward_policy *p, struct helpers *h, struct arena *a, struct upward_event *v, size_t n);

#endif

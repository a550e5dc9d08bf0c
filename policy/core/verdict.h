/* SPDX-License-Identifier: GPL-3.0-or-later
 * verdict: what the policy decided about one document, and the alert event that tells it. Pure functions. */
#ifndef GH_CORE_VERDICT_H
#define GH_CORE_VERDICT_H

#include "base/writer.h"

enum action { ACTION_ALLOW, ACTION_LOG, ACTION_ALERT, ACTION_QUARANTINE, ACTION_BLOCK, ACTION_COUNT };
const char *action_name(enum action a);
bool action_parse(struct span name, enum action *ret);

struct verdict {
    enum action action;
    bool fault;            /* the policy did not decide, or one of its rules failed: an alert tells it */
    unsigned severity;     /* 1 high … 4 low */
    uint32_t signature_id; /* the same for the same policy and rule, whatever its version */
    char title[256], category[128];
    char policy[128];     /* "name@version" that decided; "" for the core's own safe verdict */
    struct writer text;   /* the verdict's JSON object without its closing brace */
    struct writer shadow; /* verdicts of a shadow policy: objects separated by commas */
};
void verdict_init(struct verdict *v);
void verdict_done(struct verdict *v);
/* Signature id of an alert, from the policy's name (what follows an '@' does not count) and the rule. */
uint32_t verdict_signature(const char *policy, const char *rule);
/* From a DECISION: an array of verdicts, the deciding one first. 0, ST_MALFORMED, ST_NOMEM. */
int verdict_read(struct span json, struct verdict *v);
/* The safe verdict and why it had to be applied (both languages). */
void verdict_fault(struct verdict *v, enum action safe, const char *reason, const char *reason_vi);

/* Appends the alert event for a record: its own members with event_type "alert", the alert object,
 * and gatehouse.verdict and gatehouse.document (a complete object, or empty: none). ST_MALFORMED when the
 * record cannot be parsed: the alert is then made from its time and the document alone. */
int verdict_alert(struct writer *out, struct span record, bool stored, const struct verdict *v,
                  struct span document);

#endif

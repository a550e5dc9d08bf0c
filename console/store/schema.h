/* SPDX-License-Identifier: GPL-3.0-or-later
 * schema: the tables of the console's database, one migration step per entry (db_migrate). Steps are never
 * edited once released: a change is a new step. */
#ifndef GH_CONSOLE_SCHEMA_H
#define GH_CONSOLE_SCHEMA_H

#include "base/status.h"

extern const char *const schema_steps[];
extern const size_t schema_step_count;

/* Numbers as stored. */
enum alert_state { ALERT_NEW, ALERT_ACKNOWLEDGED, ALERT_CLOSED, ALERT_STATE_COUNT };
enum alert_action {
    ACTION_ACKNOWLEDGE,
    ACTION_COMMENT,
    ACTION_CLOSE,
    ACTION_REOPEN,
    ACTION_ASSIGN,
    ACTION_UNDO,
    ACTION_ESCALATE,
    ACTION_WITHDRAW,
    ACTION_COUNT
};
enum close_reason { REASON_NONE, REASON_CONFIRMED, REASON_FALSE_ALARM, REASON_PERMITTED, REASON_COUNT };
enum case_state { CASE_OPEN, CASE_CLOSED, CASE_MERGED, CASE_STATE_COUNT };
enum case_outcome {
    OUTCOME_NONE,
    OUTCOME_VIOLATION,
    OUTCOME_MISTAKE,
    OUTCOME_PERMITTED,
    OUTCOME_UNFOUNDED,
    CASE_OUTCOME_COUNT
};
enum appliance_state { APPLIANCE_ACTIVE, APPLIANCE_RETIRED };
enum appliance_kind { APPLIANCE_PLAIN, APPLIANCE_REGION /* a console that forwards for its own */ };
enum pcap_state { PCAP_KEPT, PCAP_WANTED, PCAP_HERE, PCAP_GONE, PCAP_REFUSED, PCAP_STATE_COUNT };
extern const char *const alert_state_names[ALERT_STATE_COUNT];
extern const char *const alert_action_names[ACTION_COUNT];
extern const char *const close_reason_names[REASON_COUNT]; /* [0] is NULL */
extern const char *const case_state_names[CASE_STATE_COUNT];
extern const char *const case_outcome_names[CASE_OUTCOME_COUNT]; /* [0] is NULL */
extern const char *const pcap_state_names[PCAP_STATE_COUNT];
/* When the running clock of an open alert is over (sla.h); the words of the index alert_due. */
#define ALERT_DUE(row) "iif(" #row ".state = 0, " #row ".take_by, " #row ".close_by)"
/* Classification levels by number (a bit each in filters); names from base/event.def. */
#define LEVEL_COUNT 8
extern const char *const level_names[LEVEL_COUNT];
int level_number(const char *name); /* 0 (none) when unknown */

#endif

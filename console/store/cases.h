/* SPDX-License-Identifier: GPL-3.0-or-later
 * cases: alerts that belong to one matter, with an owner, tasks, notes and an outcome. An alert is in one
 * case at most; it comes in and goes out by steps on the alert (alerts.h), so both histories tell it.
 * Everything that happens to a case is appended to its timeline. Writing functions run in the caller's
 * transaction. */
#ifndef GH_CONSOLE_CASES_H
#define GH_CONSOLE_CASES_H

#include "console/store/sight.h"

#define CASE_TITLE_MAX 200 /* bytes */
#define CASE_TEXT_MAX 8000
#define CASE_TASKS_MAX 200
#define CASE_ALERTS_SHOWN 200
#define CASE_ENTRIES_SHOWN 1000

enum case_entry_kind {
    ENTRY_OPENED,
    ENTRY_TITLE,    /* text: the new one */
    ENTRY_OWNER,    /* text: the new one, NULL nobody */
    ENTRY_SEVERITY, /* ref */
    ENTRY_NOTE,
    ENTRY_TASK, /* text; ref: its number, also below */
    ENTRY_TASK_DONE,
    ENTRY_TASK_OPEN,
    ENTRY_ADDED,   /* ref: how many alerts */
    ENTRY_REMOVED, /* ref: the alert */
    ENTRY_CLOSED,  /* text; ref: the outcome */
    ENTRY_REOPENED,
    ENTRY_MERGED,   /* ref: the case that came in */
    ENTRY_INTO,     /* ref: the case that it went into */
    ENTRY_UNMERGED, /* ref: the other case */
    ENTRY_COUNT
};
extern const char *const case_entry_names[ENTRY_COUNT];

struct case_info {
    enum case_state state;
    int severity;
    int64_t merged_into;
};
/* ST_NOT_FOUND. */
int case_find(struct db *d, int64_t id, struct case_info *ret);
/* owner may be empty. */
int case_add(struct db *d, struct span title, int severity, struct span owner, struct span text,
             const char *user, int64_t *ret_id);
/* Appends to the timeline and marks the case as changed. */
int case_note(struct db *d, int64_t id, const char *user, enum case_entry_kind kind, struct span text,
              int64_t ref);
int case_set_title(struct db *d, int64_t id, const char *user, struct span title);
int case_set_owner(struct db *d, int64_t id, const char *user, struct span owner);
int case_set_severity(struct db *d, int64_t id, const char *user, int severity);
/* ST_LIMIT: it has CASE_TASKS_MAX. */
int case_task_add(struct db *d, int64_t id, const char *user, struct span text);
/* ST_NOT_FOUND: the case has no such task, or it is in that state already. */
int case_task_set(struct db *d, int64_t id, const char *user, int64_t task, bool done);
int case_close(struct db *d, int64_t id, const char *user, enum case_outcome outcome, struct span text);
int case_reopen(struct db *d, int64_t id, const char *user);
/* The alerts and tasks of id go into another case, and id is no case of its own until this is undone. Both
 * are open (the caller has looked). *ret_alerts: how many alerts moved. */
int case_merge(struct db *d, int64_t id, int64_t into, const char *user, int64_t *ret_alerts);
/* What came in and is still there goes back. */
int case_unmerge(struct db *d, int64_t id, const char *user, int64_t *ret_alerts);
/* Ids of its alerts, newest first, at most cap, into the arena. */
int case_alert_ids(struct db *d, struct arena *a, int64_t id, size_t cap, int64_t **ret, size_t *ret_n);

/* A case is there for whoever sees all appliances, for its owner and who opened it, and for who may see the
 * appliance of one of its alerts. 0 or ST_NOT_FOUND. */
int case_seen(struct db *d, int64_t id, const struct sight *sight, const char *user);

struct case_filter {
    const struct sight *sight;
    const char *me;
    int states;        /* mask; -1 all */
    const char *owner; /* NULL any, "" nobody */
    const char *word;  /* LIKE pattern on the folded title, or NULL */
    int64_t before;    /* a case: only those behind it; 0 all */
};
/* "items", "next" and "counts" of an open object; what changed last comes first. */
int case_list(struct db *d, const struct case_filter *f, int64_t limit, struct jw *j);
/* The members of one row in an open object. ST_NOT_FOUND. */
int case_row(struct db *d, int64_t id, const struct sight *sight, struct jw *j);
/* Row, "tasks", "items" (alerts), "documents", "hosts", "merged" and "timeline" of an open object.
 * ST_NOT_FOUND. */
int case_detail(struct db *d, int64_t id, const struct sight *sight, const char *user, struct jw *j);
/* "tasks", and "timeline", of an open object. What others wrote is content, as in an alert's history:
 * withheld when the case has an alert beyond the clearance. user: who asks. */
int case_put_tasks(struct db *d, int64_t id, struct jw *j);
int case_put_timeline(struct db *d, int64_t id, const struct sight *sight, const char *user, struct jw *j);

#endif

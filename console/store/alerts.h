/* SPDX-License-Identifier: GPL-3.0-or-later
 * alerts: lists by keyset, one alert with everything around it, and the steps that people take. The table of
 * steps is in alert_act.c; each step is appended to the history, never overwritten. Writing functions run in
 * the caller's transaction. Who asks (sight.h) is part of every question: alerts out of scope are not there;
 * of those beyond the clearance the rows show that they happened, and words, names and hashes do not find
 * them. */
#ifndef GH_CONSOLE_ALERTS_H
#define GH_CONSOLE_ALERTS_H

#include "console/store/sight.h"

#define ALERT_WORDS 4
#define ALERT_TEXT_MAX 4000  /* bytes of a comment */
#define ALERT_MANY_MAX 10000 /* alerts changed in one call */
#define ALERT_ANY (-1)       /* mask: everything */

struct alert_filter {
    int states, levels, severities; /* bit masks by number; ALERT_ANY */
    int64_t appliance;              /* row; 0 any; -1 none (an id that nobody has) */
    const char *rule;               /* NULL: any */
    bool by_sha256;
    uint8_t sha256[32];
    const char *word[ALERT_WORDS]; /* LIKE patterns or NULL */
    int64_t from, to;              /* time of the alert, [from, to) */
    int64_t before;                /* only lower ids */
    struct sight sight;
};
/* Everything that who asks may see. */
void alert_filter_init(struct alert_filter *f, const struct sight *who);

/* "items" and "next" of an open object; newest first. */
int alert_list(struct db *d, const struct alert_filter *f, int64_t limit, struct jw *j);
/* "counts" by state under f without its state part and without before. */
int alert_counts(struct db *d, const struct alert_filter *f, struct jw *j);
/* Ids that match, newest first, at most cap, into the arena; *ret_all is how many match in all. */
int alert_ids(struct db *d, struct arena *a, const struct alert_filter *f, size_t cap, int64_t **ret,
              size_t *ret_n, int64_t *ret_all);
/* What a search selects of "alert r", and the row that it gives as an object; returns the number of its
 * event. */
#define ALERT_COLUMNS (3 * SIGHT_SQL)
const char *alert_row_columns(const struct sight *who, char buf[static ALERT_COLUMNS]);
int64_t alert_row_put(struct db_stmt *s, struct jw *j);
/* One row as a JSON object, or as members of an open object. ST_NOT_FOUND. */
int alert_row_members(struct db *d, const struct sight *who, int64_t id, struct jw *j);
int alert_row(struct db *d, const struct sight *who, int64_t id, struct jw *j);
/* The detail object. The arena holds the parsed event during the call. opened: two persons have unlocked its
 * content for who asks; me: the name of who asks. ST_NOT_FOUND. */
int alert_detail(struct db *d, struct arena *a, const struct sight *who, int64_t id, bool opened,
                 const char *me, struct jw *j);
/* "history" of an open object. What others wrote is content: shown with clear only; me: who asks. */
int alert_history(struct db *d, int64_t id, bool clear, const char *me, struct jw *j);
/* Rows changed since seq (exclusive), oldest change first: fn(arg, seq, is_new, row) for at most limit;
 * *ret_more when there were more. */
typedef void alert_change_fn(void *arg, int64_t seq, bool is_new, struct span row);
int alert_changes(struct db *d, const struct sight *who, int64_t since, int64_t limit, alert_change_fn *fn,
                  void *arg, bool *ret_more);

struct alert_step {
    enum alert_action action;
    enum close_reason reason;
    struct span text; /* may be empty */
    const char *user;
    const struct sight *who; /* user's */
    const char *to;          /* ACTION_ASSIGN: whose it becomes */
    int64_t to_case;         /* ACTION_ESCALATE: its number; the caller has looked that it is open */
    int64_t act;             /* of alert_act_next; 0: cannot be undone */
};
/* A number for what a person does in one go, taken before its first step. */
int64_t alert_act_next(struct db *d);
/* How an act was undone. An alert that somebody has touched since stays as it is. */
struct undone {
    uint64_t matched, changed, unchanged;
};
/* Takes back what user did in act. ST_NOT_FOUND: there is no such act of this user. */
int alert_undo(struct db *d, int64_t act, const char *user, struct undone *ret);
enum step_outcome { STEP_DONE, STEP_NOT_FOUND, STEP_WRONG_STATE };
/* One step on one alert. 0 with *ret; *ret_state is the state found (before the step). */
int alert_act(struct db *d, int64_t id, const struct alert_step *step, enum step_outcome *ret,
              int *ret_state);
/* The newest change number. */
int64_t alert_seq(struct db *d);

#endif

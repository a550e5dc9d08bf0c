/* SPDX-License-Identifier: GPL-3.0-or-later
 * The steps: which action leads from which state to which. */
#include "base/clock.h"
#include "console/store/alerts.h"
#include "console/store/cases.h"

#include <stdio.h>

static const struct {
    enum alert_action action;
    int from; /* mask of states */
    int to;   /* -1: stays */
} steps[] = {
    {ACTION_ACKNOWLEDGE, 1 << ALERT_NEW, ALERT_ACKNOWLEDGED},
    {ACTION_COMMENT, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED | 1 << ALERT_CLOSED, -1},
    {ACTION_CLOSE, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED, ALERT_CLOSED},
    {ACTION_REOPEN, 1 << ALERT_CLOSED, ALERT_NEW},
    {ACTION_ASSIGN, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED, ALERT_ACKNOWLEDGED},
    {ACTION_UNDO, 0, -1},                                                                /* alert_undo */
    {ACTION_ESCALATE, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED | 1 << ALERT_CLOSED, -1}, /* new: taken, too */
    {ACTION_WITHDRAW, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED | 1 << ALERT_CLOSED, -1},
};

/* An alert as a step finds it. */
struct found {
    int64_t was, why, held;
    char had[256];
};

static int change(struct db *d, int64_t id, const struct alert_step *step, int64_t became)
{
    int64_t seq = alert_seq(d) + 1;

    switch (step->action) {
    case ACTION_ACKNOWLEDGE:
        return db_exec(d, "UPDATE alert SET seq = ?, state = ?, taken_by = ? WHERE id = ?", "iisi", seq,
                       became, step->user, id);
    case ACTION_COMMENT:
        return db_exec(d, "UPDATE alert SET seq = ?, comments = comments + 1 WHERE id = ?", "ii", seq, id);
    case ACTION_CLOSE:
        return db_exec(
            d,
            "UPDATE alert SET seq = ?, state = ?, reason = ?, taken_by = coalesce(taken_by, ?) WHERE id = ?",
            "iiisi", seq, became, (int64_t)step->reason, step->user, id);
    case ACTION_REOPEN:
        return db_exec(d, "UPDATE alert SET seq = ?, state = ?, reason = 0, taken_by = NULL WHERE id = ?",
                       "iii", seq, became, id);
    case ACTION_ASSIGN:
        return db_exec(d, "UPDATE alert SET seq = ?, state = ?, taken_by = ? WHERE id = ?", "iisi", seq,
                       became, step->to ? step->to : step->user, id);
    case ACTION_ESCALATE:
        return db_exec(d,
                       "UPDATE alert SET seq = ?, state = ?, case_id = ?, taken_by = coalesce(taken_by, ?) "
                       "WHERE id = ?",
                       "iiisi", seq, became, step->to_case, step->user, id);
    case ACTION_WITHDRAW:
        return db_exec(d, "UPDATE alert SET seq = ?, case_id = NULL WHERE id = ?", "ii", seq, id);
    case ACTION_UNDO:
    case ACTION_COUNT:
        break;
    }
    return ST_USAGE;
}

int64_t alert_act_next(struct db *d)
{
    struct db_stmt *s;
    int64_t next = 1;

    if (db_query(d, &s, "SELECT coalesce(max(id), 0) + 1 FROM step", "") == 0 && db_step(s) == 1) {
        next = db_i64(s, 0);
        db_reset(s);
    }
    return next;
}

/* The timeline of the case that the step was about. */
static int undo_in_case(struct db *d, int64_t step, const char *user)
{
    int64_t action = -1, alert = 0, number = 0;
    struct db_stmt *s;
    int rc = db_query(
        d, &s, "SELECT action, alert, CAST(text AS INTEGER) FROM step WHERE id = ? AND action IN (?, ?)",
        "iii", step, (int64_t)ACTION_ESCALATE, (int64_t)ACTION_WITHDRAW);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    action = db_i64(s, 0);
    alert = db_i64(s, 1);
    number = db_i64(s, 2);
    db_reset(s);
    return action == ACTION_ESCALATE
               ? case_note(d, number, user, ENTRY_REMOVED, (struct span){NULL, 0}, alert)
               : case_note(d, number, user, ENTRY_ADDED, (struct span){NULL, 0}, 1);
}

/* Takes back one step when it is still the last word on its alert. */
static int undo_step(struct db *d, int64_t step, const char *user, bool *ret_done)
{
    int rc =
        db_exec(d,
                "UPDATE alert SET seq = (SELECT max(seq) + 1 FROM alert), state = s.was, taken_by = s.had, "
                "reason = coalesce(s.why, 0), case_id = iif(s.action IN (?3, ?4), s.held, case_id) "
                "FROM step s WHERE s.id = ?1 AND alert.id = s.alert AND s.action <> ?2 "
                "AND NOT EXISTS(SELECT 1 FROM step later WHERE later.alert = s.alert AND later.id > s.id AND "
                "later.action <> ?2)",
                "iiii", step, (int64_t)ACTION_COMMENT, (int64_t)ACTION_ESCALATE, (int64_t)ACTION_WITHDRAW);

    *ret_done = !rc && db_changes(d) == 1;
    if (!*ret_done)
        return rc;
    rc = undo_in_case(d, step, user);
    return rc ? rc
              : db_exec(d,
                        "INSERT INTO step(alert, time, user, action, was, became, reason, text) SELECT "
                        "alert, ?2, ?3, ?4, "
                        "became, was, 0, NULL FROM step WHERE id = ?1",
                        "iisi", step, (int64_t)clock_wall_us(), user, (int64_t)ACTION_UNDO);
}

int alert_undo(struct db *d, int64_t act, const char *user, struct undone *ret)
{
    struct undone u = {0};
    int64_t step = 0;
    struct db_stmt *s;
    int rc = 0;

    while (!rc) {
        bool done;
        rc = db_query(d, &s, "SELECT id FROM step WHERE act = ? AND user = ? AND id > ? ORDER BY id LIMIT 1",
                      "isi", act, user, step);
        if (rc || (rc = db_step(s)) != 1)
            break;
        step = db_i64(s, 0);
        db_reset(s);
        u.matched++;
        rc = undo_step(d, step, user, &done);
        u.changed += done;
        u.unchanged += !done;
    }
    *ret = u;
    return rc ? rc : u.matched ? 0 : ST_NOT_FOUND;
}

/* An alert is in one case at most. */
static bool fits_case(const struct alert_step *step, int64_t held)
{
    return step->action == ACTION_ESCALATE ? held == 0 : step->action == ACTION_WITHDRAW ? held > 0 : true;
}

/* What the history says beside the action: whose it became, which case. */
static const char *step_text(struct arena *a, const struct alert_step *step, int64_t held)
{
    if (step->action == ACTION_ASSIGN && step->to)
        return step->to;
    if (step->action == ACTION_ESCALATE || step->action == ACTION_WITHDRAW)
        return arena_printf(a, "%lld", (long long)(step->action == ACTION_ESCALATE ? step->to_case : held));
    return arena_dup(a, step->text.p, step->text.n);
}

static int record(struct db *d, int64_t id, const struct alert_step *step, const struct found *f,
                  int64_t became)
{
    struct arena *a = arena_new(4 * ALERT_TEXT_MAX);
    const char *text = a ? step_text(a, step, f->held) : NULL;
    int rc = ST_NOMEM;

    if (text)
        rc = db_exec(
            d,
            "INSERT INTO step(alert, time, user, action, was, became, reason, text, act, had, why, held) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, nullif(?, ''), nullif(?, 0), nullif(?, ''), ?, nullif(?, 0))",
            "iisiiiisisii", id, (int64_t)clock_wall_us(), step->user, (int64_t)step->action, f->was, became,
            (int64_t)(step->action == ACTION_CLOSE ? step->reason : REASON_NONE), text, step->act, f->had,
            f->why, f->held);
    arena_free(a);
    if (!rc && step->action == ACTION_WITHDRAW)
        rc = case_note(d, f->held, step->user, ENTRY_REMOVED, (struct span){NULL, 0}, id);
    return rc;
}

int alert_act(struct db *d, int64_t id, const struct alert_step *step, enum step_outcome *ret, int *ret_state)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 128];
    struct found f;
    int64_t became;
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT state, taken_by, reason, case_id FROM alert a WHERE id = ? AND %s",
             sight_scope_sql(step->who, "a.appliance", scope));
    rc = db_query(d, &s, sql, "i", id);
    if (!rc)
        rc = db_step(s);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        *ret = STEP_NOT_FOUND;
        return 0;
    }
    f = (struct found){.was = db_i64(s, 0), .why = db_i64(s, 2), .held = db_i64(s, 3)};
    snprintf(f.had, sizeof(f.had), "%s", db_cstr(s, 1));
    db_reset(s);
    *ret_state = (int)f.was;
    gh_check((size_t)step->action < GH_COUNT(steps) && steps[step->action].action == step->action);
    if (!(steps[step->action].from >> f.was & 1) || !fits_case(step, f.held)) {
        *ret = STEP_WRONG_STATE;
        return 0;
    }
    became = steps[step->action].to < 0 ? f.was : steps[step->action].to;
    if (step->action == ACTION_ESCALATE && f.was == ALERT_NEW)
        became = ALERT_ACKNOWLEDGED;
    rc = change(d, id, step, became);
    if (!rc)
        rc = record(d, id, step, &f, became);
    *ret = STEP_DONE;
    return rc;
}

int alert_history(struct db *d, int64_t id, bool clear, const char *me, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT id, time, user, action, was, became, reason, text FROM step WHERE alert = ? ORDER BY id", "i",
        id);

    jw_karr(j, "history");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t action = db_i64(s, 3), was = db_i64(s, 4), became = db_i64(s, 5), reason = db_i64(s, 6);
        rc = 0;
        if (action < 0 || action >= ACTION_COUNT || was < 0 || was >= ALERT_STATE_COUNT || became < 0 ||
            became >= ALERT_STATE_COUNT || reason < 0 || reason >= REASON_COUNT)
            continue;
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_ktext(j, "user", db_text(s, 2));
        jw_kcstr(j, "action", alert_action_names[action]);
        jw_kcstr(j, "from", alert_state_names[was]);
        jw_kcstr(j, "to", alert_state_names[became]);
        jw_key(j, "reason");
        jw_cstr(j, close_reason_names[reason]);
        jw_ktext(j, "text",
                 clear || span_eq(db_text(s, 2), span_str(me)) ? db_text(s, 7) : (struct span){NULL, 0});
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return rc;
}

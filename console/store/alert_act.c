/* SPDX-License-Identifier: GPL-3.0-or-later
 * The steps: which action leads from which state to which. */
#include "base/clock.h"
#include "console/store/alerts.h"

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
    {ACTION_UNDO, 0, -1}, /* alert_undo */
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

/* Takes back one step when it is still the last word on its alert. */
static int undo_step(struct db *d, int64_t step, const char *user, bool *ret_done)
{
    int rc = db_exec(
        d,
        "UPDATE alert SET seq = (SELECT max(seq) + 1 FROM alert), state = s.was, taken_by = s.had, "
        "reason = coalesce(s.why, 0) FROM step s WHERE s.id = ?1 AND alert.id = s.alert AND s.action <> ?2 "
        "AND NOT EXISTS(SELECT 1 FROM step later WHERE later.alert = s.alert AND later.id > s.id AND "
        "later.action <> ?2)",
        "ii", step, (int64_t)ACTION_COMMENT);

    *ret_done = !rc && db_changes(d) == 1;
    if (!*ret_done)
        return rc;
    return db_exec(
        d,
        "INSERT INTO step(alert, time, user, action, was, became, reason, text) SELECT alert, ?2, ?3, ?4, "
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

int alert_act(struct db *d, int64_t id, const struct alert_step *step, enum step_outcome *ret, int *ret_state)
{
    char had[256], scope[SIGHT_SQL], sql[SIGHT_SQL + 96];
    struct db_stmt *s;
    int64_t was, became, why;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT state, taken_by, reason FROM alert a WHERE id = ? AND %s",
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
    was = db_i64(s, 0);
    snprintf(had, sizeof(had), "%s", db_cstr(s, 1));
    why = db_i64(s, 2);
    db_reset(s);
    *ret_state = (int)was;
    gh_check((size_t)step->action < GH_COUNT(steps) && steps[step->action].action == step->action);
    if (!(steps[step->action].from >> was & 1)) {
        *ret = STEP_WRONG_STATE;
        return 0;
    }
    became = steps[step->action].to < 0 ? was : steps[step->action].to;
    rc = change(d, id, step, became);
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO step(alert, time, user, action, was, became, reason, text, act, had, why) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?, nullif(?, ''), nullif(?, 0), nullif(?, ''), ?)",
                     "iisiiiitisi", id, (int64_t)clock_wall_us(), step->user, (int64_t)step->action, was,
                     became, (int64_t)(step->action == ACTION_CLOSE ? step->reason : REASON_NONE),
                     step->action == ACTION_ASSIGN && step->to ? span_str(step->to) : step->text, step->act,
                     had, why);
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

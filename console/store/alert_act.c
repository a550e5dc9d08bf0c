/* SPDX-License-Identifier: GPL-3.0-or-later
 * The steps: which action leads from which state to which. */
#include "base/clock.h"
#include "console/store/alerts.h"

static const struct {
    enum alert_action action;
    int from; /* mask of states */
    int to;   /* -1: stays */
} steps[] = {
    {ACTION_ACKNOWLEDGE, 1 << ALERT_NEW, ALERT_ACKNOWLEDGED},
    {ACTION_COMMENT, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED | 1 << ALERT_CLOSED, -1},
    {ACTION_CLOSE, 1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED, ALERT_CLOSED},
    {ACTION_REOPEN, 1 << ALERT_CLOSED, ALERT_NEW},
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
    case ACTION_COUNT:
        break;
    }
    return ST_USAGE;
}

int alert_act(struct db *d, int64_t id, const struct alert_step *step, enum step_outcome *ret, int *ret_state)
{
    struct db_stmt *s;
    int64_t was, became;
    int rc = db_query(d, &s, "SELECT state FROM alert WHERE id = ?", "i", id);

    if (!rc)
        rc = db_step(s);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        *ret = STEP_NOT_FOUND;
        return 0;
    }
    was = db_i64(s, 0);
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
                     "INSERT INTO step(alert, time, user, action, was, became, reason, text) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?, nullif(?, ''))",
                     "iisiiiit", id, (int64_t)clock_wall_us(), step->user, (int64_t)step->action, was, became,
                     (int64_t)(step->action == ACTION_CLOSE ? step->reason : REASON_NONE), step->text);
    *ret = STEP_DONE;
    return rc;
}

int alert_history(struct db *d, int64_t id, struct jw *j)
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
        jw_ktext(j, "text", db_text(s, 7));
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return rc;
}

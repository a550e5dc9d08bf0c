/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/unlock.h"
#include "base/clock.h"
#include "console/store/page.h"

#include <stdio.h>

static const char *const states[UNLOCK_STATE_COUNT] = {"asked", "granted", "refused"};

static int64_t now(void)
{
    return (int64_t)clock_wall_us();
}

int unlock_ask(struct db *d, int64_t alert, int64_t user, const char *name, struct span reason,
               int64_t minutes, int64_t *ret_id)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM unlock WHERE alert = ? AND user = ? AND state = 0 AND asked > ?",
                      "iii", alert, user, now() - (int64_t)UNLOCK_WAITS_US);

    if (!rc && (rc = db_step(s)) == 1) {
        db_reset(s);
        return ST_EXISTS;
    }
    if (!rc)
        rc = db_exec(
            d, "INSERT INTO unlock(alert, user, asked_by, asked, reason, minutes) VALUES(?, ?, ?, ?, ?, ?)",
            "iisiti", alert, user, name, now(), reason, minutes);
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int unlock_find(struct db *d, int64_t id, int64_t *ret_alert, int64_t *ret_user)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT alert, user FROM unlock WHERE id = ? AND state = 0 AND asked > ?", "ii",
                      id, now() - (int64_t)UNLOCK_WAITS_US);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_alert = db_i64(s, 0);
    *ret_user = db_i64(s, 1);
    db_reset(s);
    return 0;
}

int unlock_decide(struct db *d, int64_t id, bool yes, const char *by)
{
    return db_exec(
        d,
        "UPDATE unlock SET state = ?1, decided_by = ?2, decided = ?3, until = iif(?1 = 1, ?3 + minutes * "
        "60000000, NULL) WHERE id = ?4",
        "isii", (int64_t)(yes ? UNLOCK_GRANTED : UNLOCK_REFUSED), by, now(), id);
}

int unlock_open(struct db *d, int64_t alert, int64_t user, int64_t *ret_id)
{
    struct db_stmt *s;
    /* what a clock that was set back would prolong is over, too */
    int rc = db_query(
        d, &s,
        "SELECT id FROM unlock WHERE alert = ?1 AND user = ?2 AND state = 1 AND until > ?3 AND decided "
        "<= ?3 ORDER BY id DESC LIMIT 1",
        "iii", alert, user, now());

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *ret_id = db_i64(s, 0);
    db_reset(s);
    return 1;
}

#define COLUMNS                                                                                              \
    "u.id, u.alert, u.asked_by, u.asked, u.reason, u.minutes, u.state, u.decided_by, u.decided, u.until, "   \
    "a.level, a.rule, p.name "

static void put(struct db_stmt *s, struct jw *j)
{
    int64_t state = db_i64(s, 6);
    bool over = state == UNLOCK_ASKED ? db_i64(s, 3) <= now() - (int64_t)UNLOCK_WAITS_US
                                      : state == UNLOCK_GRANTED && db_i64(s, 9) <= now();

    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_ki64(j, "alert", db_i64(s, 1));
    jw_kstr(j, "asked_by", db_text(s, 2));
    jw_ktime(j, "asked", db_i64(s, 3));
    jw_kstr(j, "reason", db_text(s, 4));
    jw_ki64(j, "minutes", db_i64(s, 5));
    jw_kcstr(j, "state", states[state >= 0 && state < UNLOCK_STATE_COUNT ? state : 0]);
    jw_kbool(j, "over", over);
    jw_ktext(j, "decided_by", db_text(s, 7));
    jw_ktime(j, "decided", db_i64(s, 8));
    jw_ktime(j, "until", db_i64(s, 9));
    jw_kcstr(j, "level", level_names[db_i64(s, 10) >= 0 && db_i64(s, 10) < LEVEL_COUNT ? db_i64(s, 10) : 0]);
    jw_ktext(j, "rule", db_text(s, 11));
    jw_kstr(j, "appliance", db_text(s, 12));
    jw_end_obj(j);
}

int unlock_list(struct db *d, const struct sight *who, bool all, int64_t before, int64_t limit, struct jw *j)
{
    char sql[SIGHT_SQL + 512], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT " COLUMNS
             "FROM unlock u JOIN alert a ON a.id = u.alert JOIN appliance p ON p.id = a.appliance "
             "WHERE u.id < ?1 AND (?2 <> 0 OR u.user = ?3) AND %s ORDER BY u.id DESC LIMIT ?4",
             sight_scope_sql(who, "a.appliance", scope));
    rc = db_query(d, &s, sql, "iiii", before, (int64_t)all, who->user, limit + 1);    if (!rc)
        rc = page_put(s, limit, put, j);
    return rc;
}

int unlock_put(struct db *d, int64_t alert, int64_t user, struct jw *j)
{
    struct db_stmt *s;
    int rc =
        db_query(d, &s,
                 "SELECT " COLUMNS "FROM unlock u JOIN alert a ON a.id = u.alert JOIN appliance p ON p.id = "
                 "a.appliance WHERE u.alert = ? AND u.user = ? ORDER BY u.id DESC LIMIT 1",
                 "ii", alert, user);

    jw_key(j, "unlock");
    if (rc || (rc = db_step(s)) != 1) {
        jw_null(j);
        return rc;
    }
    put(s, j);
    db_reset(s);
    return 0;
}

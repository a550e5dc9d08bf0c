/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/views.h"
#include "base/clock.h"
#include "console/store/rights.h"

#include <stdio.h>

#define NOISE_RULES 200

int view_list(struct db *d, int64_t user, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT v.id, v.name, v.address, v.shared, u.name, v.user = ?1 FROM saved_view v "
                      "JOIN user u ON u.id = v.user WHERE v.user = ?1 OR v.shared <> 0 ORDER BY v.shared, v.name",
                      "i", user);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "name", db_text(s, 1));
        jw_kstr(j, "address", db_text(s, 2));
        jw_kbool(j, "shared", db_i64(s, 3) != 0);
        jw_kstr(j, "by", db_text(s, 4));
        jw_kbool(j, "own", db_i64(s, 5) != 0);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int count_of(struct db *d, int64_t user, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT count(*) FROM saved_view WHERE user = ?", "i", user);

    *ret = 0;
    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}

int view_add(struct db *d, int64_t user, struct span name, struct span address, bool shared, int64_t *ret_id)
{
    int64_t n;
    int rc = count_of(d, user, &n);

    if (!rc && n >= VIEWS_MAX)
        rc = ST_LIMIT;
    if (!rc)
        rc = db_exec(d, "INSERT INTO saved_view(user, name, address, shared, created) VALUES(?, ?, ?, ?, ?)",
                     "ittii", user, name, address, (int64_t)shared, (int64_t)clock_wall_us());
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int view_remove(struct db *d, int64_t id, int64_t user, char name[static VIEW_NAME_MAX + 1])
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT name FROM saved_view WHERE id = ? AND user = ?", "ii", id, user);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    snprintf(name, VIEW_NAME_MAX + 1, "%s", db_cstr(s, 0));
    db_reset(s);
    return db_exec(d, "DELETE FROM saved_view WHERE id = ?", "i", id);
}

int hands_list(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT name, roles FROM user ORDER BY name", "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        if (rights_have((unsigned)db_i64(s, 1), RIGHT_ACT)) {
            jw_obj(j);
            jw_kstr(j, "name", db_text(s, 0));
            jw_end_obj(j);
        }
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int noise_list(struct db *d, const struct sight *who, int64_t since_us, struct jw *j)
{
    static const char *const columns[] = {"alerts", "open", "confirmed", "false_alarm", "permitted"};
    char sql[SIGHT_SQL + 1024], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(
        sql, sizeof(sql),
        "SELECT rule, count(*) n, sum(state < 2), sum(reason = ?2), sum(reason = ?3), sum(reason = ?4), "
        "max(received), (SELECT json_extract('{' || facts || '}', '$.policy') FROM alert x WHERE x.rule = "
        "alert.rule ORDER BY received DESC LIMIT 1) FROM alert WHERE received >= ?1 AND rule NOTNULL AND %s "
        "GROUP BY rule ORDER BY n DESC LIMIT ?5",
        sight_scope_sql(who, "alert.appliance", scope));
    rc = db_query(d, &s, sql, "iiiii", since_us, (int64_t)REASON_CONFIRMED, (int64_t)REASON_FALSE_ALARM,
                  (int64_t)REASON_PERMITTED, (int64_t)NOISE_RULES);
    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kstr(j, "rule", db_text(s, 0));
        for (int i = 0; i < (int)GH_COUNT(columns); i++)
            jw_ki64(j, columns[i], db_i64(s, i + 1));
        jw_ktime(j, "last", db_i64(s, 6));
        jw_ktext(j, "policy", db_text(s, 7));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

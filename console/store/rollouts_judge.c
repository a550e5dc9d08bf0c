/* SPDX-License-Identifier: GPL-3.0-or-later
 * How a roll-out goes: what its appliances say, and what people see of it. */
#include "base/clock.h"
#include "console/store/rollouts.h"

#include <stdio.h>

#define DAY_US 86400000000ll

struct standing_counts {
    int64_t taken, good, bad;
    char reason[160]; /* of one that failed */
};

/* An appliance of a step that was taken is good when it runs what is wanted, bad when its newest word on this
 * very order says so. */
#define GOOD "(w.goods = r.goods AND ifnull(w.told_serial, 0) >= w.serial AND w.state = 2)"
#define BAD "(w.goods = r.goods AND ifnull(w.told_serial, 0) >= w.serial AND w.state IN (4, 5))"

static int count(struct db *d, const struct rollout *r, struct standing_counts *ret)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT count(*), ifnull(sum(iif(" GOOD ", 1, 0)), 0), ifnull(sum(iif(" BAD
        ", 1, 0)), 0), max(iif(" BAD ", w.reason, NULL)) FROM "
        "rollout r JOIN rollout_appliance ra ON ra.rollout = r.id LEFT JOIN goods_want w ON w.appliance = "
        "ra.appliance AND w.kind = r.kind WHERE r.id = ? AND ra.step <= r.step",
        "i", r->id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    ret->taken = db_i64(s, 0);
    ret->good = db_i64(s, 1);
    ret->bad = db_i64(s, 2);
    snprintf(ret->reason, sizeof(ret->reason), "%.150s", db_cstr(s, 3));
    db_reset(s);
    return 0;
}

/* Alerts of appliances that run it since the step, and what the day before the roll-out would let expect of
 * the same time. */
static int alerts(struct db *d, const struct rollout *r, int64_t elapsed, int64_t *ret_now,
                  int64_t *ret_expected)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "WITH x AS (SELECT ra.appliance AS id FROM rollout_appliance ra WHERE ra.rollout = ?1 "
                      "AND ra.step <= ?2) "
                      "SELECT (SELECT count(*) FROM alert WHERE time >= ?3 AND appliance IN (SELECT id FROM "
                      "x)), (SELECT count(*) "
                      "FROM alert WHERE time >= (SELECT approved FROM rollout WHERE id = ?1) - ?4 AND time < "
                      "(SELECT approved "
                      "FROM rollout WHERE id = ?1) AND appliance IN (SELECT id FROM x))",
                      "iiii", r->id, r->step, r->since, (int64_t)DAY_US);
    int64_t day;

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_now = db_i64(s, 0);
    day = db_i64(s, 1);
    db_reset(s);
    *ret_expected = (int64_t)((double)day * (double)elapsed / (double)DAY_US);
    return 0;
}

int rollout_judge(struct db *d, const struct rollout *r, enum rollout_judgement *ret, char *why, size_t cap)
{
    int64_t elapsed = (int64_t)clock_wall_us() - r->since, seen = 0, expected = 0;
    struct standing_counts c;
    int rc = count(d, r, &c);

    *ret = ROLLOUT_WAIT;
    why[0] = 0;
    if (rc)
        return rc;
    if (c.bad > r->most_failed) {
        *ret = ROLLOUT_TURN_BACK;
        snprintf(why, cap, "%lld of %lld appliances did not take it: %s", (long long)c.bad,
                 (long long)c.taken, *c.reason ? c.reason : "no reason was told");
        return 0;
    }
    if (r->most_alerts && (rc = alerts(d, r, elapsed, &seen, &expected)) != 0)
        return rc;
    if (r->most_alerts && seen >= ROLLOUT_ALERTS_LEAST && seen * 100 > expected * (100 + r->most_alerts)) {
        *ret = ROLLOUT_TURN_BACK;
        snprintf(why, cap, "%lld alerts came since this step, where %lld were to be expected",
                 (long long)seen, (long long)expected);
        return 0;
    }
    if (elapsed >= r->wait_s * 1000000 && c.good * 100 >= c.taken * r->need)
        *ret = ROLLOUT_GO_ON;
    return 0;
}

size_t rollouts_running(struct db *d, int64_t *ids, size_t cap)
{
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(d, &s, "SELECT id FROM rollout WHERE state = 1 ORDER BY id LIMIT ?", "i", (int64_t)cap);

    while (!rc && n < cap && db_step(s) == 1)
        ids[n++] = db_i64(s, 0);
    if (!rc)
        db_reset(s);
    return n;
}

/* ---- as people see them ---- */

#define ROW                                                                                                  \
    "r.id, r.kind, r.goods, g.name, g.version, r.state, r.step, r.steps, r.since, r.wait_s, r.need, "        \
    "r.most_failed, "                                                                                        \
    "r.most_alerts, r.made, r.made_by, r.approved, r.approved_by, r.why, r.ended, r.reason, (SELECT "        \
    "count(*) FROM "                                                                                         \
    "rollout_appliance ra WHERE ra.rollout = r.id), (SELECT count(*) FROM rollout_appliance ra WHERE "       \
    "ra.rollout = r.id AND "                                                                                 \
    "ra.step <= r.step), (SELECT count(*) FROM rollout_appliance ra JOIN goods_want w ON w.appliance = "     \
    "ra.appliance AND w.kind "                                                                               \
    "= r.kind WHERE ra.rollout = r.id AND ra.step <= r.step AND " GOOD                                       \
    "), (SELECT count(*) FROM rollout_appliance ra JOIN "                                                    \
    "goods_want w ON w.appliance = ra.appliance AND w.kind = r.kind WHERE ra.rollout = r.id AND ra.step <= " \
    "r.step AND " BAD ")"                                                                                    \
    " FROM rollout r LEFT JOIN goods g ON g.id = r.goods "

static void put_row(struct db_stmt *s, struct jw *j)
{
    static const struct {
        const char *name;
        int column;
    } numbers[] = {{"id", 0},       {"goods", 2},  {"step", 6},         {"steps", 7},
                   {"wait_s", 9},   {"need", 10},  {"most_failed", 11}, {"most_alerts", 12},
                   {"planned", 20}, {"taken", 21}, {"running", 22},     {"failed", 23}};
    int64_t kind = db_i64(s, 1), state = db_i64(s, 5);

    for (size_t i = 0; i < GH_COUNT(numbers); i++)
        jw_ki64(j, numbers[i].name, db_i64(s, numbers[i].column));
    jw_kcstr(j, "kind", kind >= 0 && kind < GOODS_KINDS ? goods_kind_names[kind] : "?");
    jw_kstr(j, "name", db_text(s, 3));
    jw_kstr(j, "version", db_text(s, 4));
    jw_kcstr(j, "state", state >= 0 && state < ROLLOUT_STATES ? rollout_state_names[state] : "?");
    jw_ktime(j, "since", db_i64(s, 8));
    jw_ktime(j, "made", db_i64(s, 13));
    jw_kstr(j, "made_by", db_text(s, 14));
    jw_ktime(j, "approved", db_i64(s, 15));
    jw_ktext(j, "approved_by", db_text(s, 16));
    jw_ktext(j, "why", db_text(s, 17));
    jw_ktime(j, "ended", db_i64(s, 18));
    jw_ktext(j, "reason", db_text(s, 19));
}

int rollouts_put(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT " ROW "ORDER BY r.id DESC LIMIT 100", "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        put_row(s, j);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_appliances(struct db *d, const struct sight *who, int64_t id, struct jw *j)
{
    char sql[2048], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "%s %s %s",
             "SELECT lower(hex(a.identity)), a.name, ra.step, a.ring, a.heard, iif(ra.step > "
             "r.step, 'planned', iif(" GOOD ", 'running', iif(" BAD
             ", iif(w.state = 4, 'refused', 'failed'), 'sent'))), iif(w.goods = r.goods, "
             "w.reason, NULL) FROM rollout r JOIN rollout_appliance ra ON ra.rollout = r.id JOIN "
             "appliance a ON a.id = "
             "ra.appliance LEFT JOIN goods_want w ON w.appliance = ra.appliance AND w.kind = r.kind "
             "WHERE r.id = ? AND",
             sight_scope_sql(who, "a.id", scope), "ORDER BY ra.step, a.name LIMIT 2000");
    rc = db_query(d, &s, sql, "i", id);

    jw_karr(j, "appliances");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kstr(j, "appliance", db_text(s, 0));
        jw_kstr(j, "name", db_text(s, 1));
        jw_ki64(j, "step", db_i64(s, 2));
        jw_ktext(j, "ring", db_text(s, 3));
        jw_ktime(j, "heard", db_i64(s, 4));
        jw_kstr(j, "state", db_text(s, 5));
        jw_ktext(j, "reason", db_text(s, 6));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int rollout_put(struct db *d, const struct sight *who, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT " ROW "WHERE r.id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    put_row(s, j);
    db_reset(s);
    return put_appliances(d, who, id, j);
}

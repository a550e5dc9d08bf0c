/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "console/store/events.h"

#define RULES_MAX 10

/* Runs a query of (index, count) rows and writes them as members named by names; every name is written. */
static int put_named(struct db *d, struct jw *j, const char *key, const char *sql, int64_t arg,
                     const char *const *names, size_t n_names)
{
    int64_t count[16] = {0};
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "i", arg);

    gh_check(n_names <= GH_COUNT(count));
    while (!rc && (rc = db_step(s)) == 1) {
        if (db_i64(s, 0) >= 0 && (uint64_t)db_i64(s, 0) < n_names)
            count[db_i64(s, 0)] = db_i64(s, 1);
        rc = 0;
    }
    jw_kobj(j, key);
    for (size_t i = 0; i < n_names; i++)
        if (names[i])
            jw_ki64(j, names[i], count[i]);
    jw_end_obj(j);
    return rc;
}

static int64_t number(struct db *d, const char *sql, int *rc)
{
    struct db_stmt *s;
    int64_t n = 0;

    if (*rc)
        return 0;
    *rc = db_query(d, &s, sql, "");
    if (!*rc && (*rc = db_step(s)) == 1) {
        n = db_i64(s, 0);
        db_reset(s);
        *rc = 0;
    }
    return n;
}

static int put_alerts(struct db *d, struct jw *j)
{
    static const char *const severities[] = {NULL, "1", "2", "3", "4"};
    int rc;

    jw_kobj(j, "alerts");
    rc = put_named(d, j, "by_state", "SELECT state, count(*) FROM alert WHERE ? = 0 GROUP BY state", 0,
                   alert_state_names, ALERT_STATE_COUNT);
    if (!rc)
        rc = put_named(d, j, "open_by_severity",
                       "SELECT severity, count(*) FROM alert WHERE state < 2 AND ? = 0 GROUP BY severity", 0,
                       severities, GH_COUNT(severities));
    if (!rc)
        rc = put_named(d, j, "open_by_level",
                       "SELECT level, count(*) FROM alert WHERE state < 2 AND ? = 0 GROUP BY level", 0,
                       level_names, LEVEL_COUNT);
    jw_end_obj(j);
    return rc;
}

static int put_documents(struct db *d, int64_t since, struct jw *j)
{
    int rc = 0;

    jw_kobj(j, "documents");
    jw_ki64(j, "seen", number(d, "SELECT count(*) FROM document", &rc));
    jw_ki64(j, "transfers", number(d, "SELECT coalesce(sum(documents), 0) FROM hourly", &rc));
    jw_ki64(j, "unread", counter_get(d, "documents_unread"));
    if (!rc)
        rc = put_named(d, j, "by_level", "SELECT level, sum(n) FROM level_sum WHERE hour >= ? GROUP BY level",
                       since, level_names, LEVEL_COUNT);
    jw_end_obj(j);
    return rc;
}

static int put_hours(struct db *d, int64_t since, struct jw *j)
{
    struct db_stmt *s;
    int rc =
        db_query(d, &s, "SELECT hour, alerts, events, documents FROM hourly WHERE hour >= ? ORDER BY hour",
                 "i", since);

    jw_karr(j, "by_hour");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_arr(j);
        for (int i = 0; i < 4; i++)
            jw_i64(j, db_i64(s, i));
        jw_end_arr(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_rules(struct db *d, int64_t since, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT rule, count(*) AS n FROM alert WHERE received >= ? AND rule IS NOT NULL GROUP BY rule "
        "ORDER BY n DESC, rule LIMIT ?",
        "ii", since * 1000000, (int64_t)RULES_MAX);

    jw_karr(j, "rules");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kstr(j, "rule", db_text(s, 0));
        jw_ki64(j, "n", db_i64(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_intake(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc =
        db_query(d, &s,
                 "SELECT coalesce(sum(batches), 0), coalesce(sum(records), 0), coalesce(sum(duplicates), 0), "
                 "coalesce(sum(malformed), 0), coalesce(sum(lost), 0) FROM appliance",
                 "");

    jw_kobj(j, "intake");
    if (!rc && (rc = db_step(s)) == 1) {
        jw_ki64(j, "batches", db_i64(s, 0));
        jw_ki64(j, "records", db_i64(s, 1));
        jw_ki64(j, "duplicates", db_i64(s, 2));
        jw_ki64(j, "malformed", db_i64(s, 3));
        jw_ki64(j, "lost", db_i64(s, 4));
        db_reset(s);
        rc = 0;
    }
    jw_ki64(j, "refused", counter_get(d, "intake_refused"));
    jw_end_obj(j);
    return rc;
}

int stats_put(struct db *d, int64_t hours, struct jw *j)
{
    int64_t since = ((int64_t)(clock_wall_us() / 1000000) / 3600 - hours + 1) * 3600;
    int rc;

    jw_obj(j);
    jw_ki64(j, "hours", hours);
    rc = put_alerts(d, j);
    if (!rc)
        rc = put_documents(d, since, j);
    if (!rc)
        rc = put_hours(d, since, j);
    if (!rc)
        rc = put_rules(d, since, j);
    jw_kobj(j, "events");
    jw_ki64(j, "total", number(d, "SELECT coalesce(sum(events), 0) FROM hourly", &rc));
    jw_ki64(j, "forgotten", counter_get(d, "events_forgotten"));
    jw_ktime(j, "oldest", number(d, "SELECT time FROM event ORDER BY id LIMIT 1", &rc));
    jw_ku64(j, "database_bytes", store_bytes(d));
    jw_end_obj(j);
    if (!rc)
        rc = put_intake(d, j);
    jw_end_obj(j);
    return rc;
}

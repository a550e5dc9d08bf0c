/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "console/store/events.h"
#include "console/store/search.h"

#include <stdio.h>

#define RULES_MAX 10
#define SQL_MAX (SIGHT_SQL + 512)

struct asked {
    struct db *d;
    const struct sight *who;
};

/* The statement "first AND (scope of column) rest". */
static int query(const struct asked *q, struct db_stmt **ret, const char *first, const char *column,
                 const char *rest, int64_t arg)
{
    char sql[SQL_MAX], scope[SIGHT_SQL];
    int n = snprintf(sql, sizeof(sql), "%s AND %s %s", first, sight_scope_sql(q->who, column, scope), rest);

    gh_check(n > 0 && n < SQL_MAX);
    return db_query(q->d, ret, sql, "i", arg);
}

/* Runs a query of (index, count) rows and writes them as members named by names; every name is written. */
static int put_named(const struct asked *q, struct jw *j, const char *key, const char *first,
                     const char *rest, int64_t arg, const char *const *names, size_t n_names)
{
    int64_t count[16] = {0};
    struct db_stmt *s;
    int rc = query(q, &s, first, "appliance", rest, arg);

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

static int64_t number(const struct asked *q, const char *first, int *rc)
{
    struct db_stmt *s;
    int64_t n = 0;

    if (*rc)
        return 0;
    *rc = query(q, &s, first, "appliance", "", 0);
    if (!*rc && (*rc = db_step(s)) == 1) {
        n = db_i64(s, 0);
        db_reset(s);
        *rc = 0;
    }
    return n;
}

static int put_alerts(const struct asked *q, struct jw *j)
{
    static const char *const severities[] = {NULL, "1", "2", "3", "4"};
    int rc;

    jw_kobj(j, "alerts");
    rc = put_named(q, j, "by_state", "SELECT state, count(*) FROM alert WHERE ? = 0", "GROUP BY state", 0,
                   alert_state_names, ALERT_STATE_COUNT);
    if (!rc)
        rc = put_named(q, j, "open_by_severity",
                       "SELECT severity, count(*) FROM alert WHERE state < 2 AND ? = 0", "GROUP BY severity",
                       0, severities, GH_COUNT(severities));
    if (!rc)
        rc = put_named(q, j, "open_by_level", "SELECT level, count(*) FROM alert WHERE state < 2 AND ? = 0",
                       "GROUP BY level", 0, level_names, LEVEL_COUNT);
    jw_end_obj(j);
    return rc;
}

static int put_documents(const struct asked *q, int64_t since, struct jw *j)
{
    struct db_stmt *s;
    int rc = 0;

    jw_kobj(j, "documents");
    /* documents are one table for all units: what a part of them has seen is counted by transfers alone */
    jw_key(j, "seen");
    if (!sight_all_units(q->who))
        jw_null(j);
    else if ((rc = db_query(q->d, &s, "SELECT count(*) FROM document", "")) == 0 && (rc = db_step(s)) == 1) {
        jw_i64(j, db_i64(s, 0));
        db_reset(s);
        rc = 0;
    } else
        jw_i64(j, 0);
    jw_ki64(j, "transfers", number(q, "SELECT coalesce(sum(documents), 0) FROM hour_sum WHERE ? = 0", &rc));
    jw_ki64(j, "unread",
            sight_all_units(q->who)
                ? counter_get(q->d, "documents_unread")
                : number(q, "SELECT coalesce(sum(unread), 0) FROM hour_sum WHERE ? = 0", &rc));
    if (!rc)
        rc = put_named(q, j, "by_level", "SELECT level, sum(n) FROM hour_level WHERE hour >= ?",
                       "GROUP BY level", since, level_names, LEVEL_COUNT);
    jw_end_obj(j);
    return rc;
}

static int put_hours(const struct asked *q, int64_t since, struct jw *j)
{
    struct db_stmt *s;
    int rc =
        query(q, &s, "SELECT hour, sum(alerts), sum(events), sum(documents) FROM hour_sum WHERE hour >= ?",
              "appliance", "GROUP BY hour ORDER BY hour", since);

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

static int put_rules(const struct asked *q, int64_t since, struct jw *j)
{
    struct db_stmt *s;
    char rest[64];
    int rc;

    snprintf(rest, sizeof(rest), "GROUP BY rule ORDER BY n DESC, rule LIMIT %d", RULES_MAX);
    rc = query(q, &s, "SELECT rule, count(*) AS n FROM alert WHERE received >= ? AND rule IS NOT NULL",
               "appliance", rest, since * 1000000);

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

static int put_intake(const struct asked *q, struct jw *j)
{
    struct db_stmt *s;
    int64_t refused = 0;
    int rc =
        query(q, &s,
              "SELECT coalesce(sum(batches), 0), coalesce(sum(records), 0), coalesce(sum(duplicates), 0), "
              "coalesce(sum(malformed), 0), coalesce(sum(lost), 0), coalesce(sum(refused), 0) FROM appliance "
              "WHERE ? = 0",
              "id", "", 0);

    jw_kobj(j, "intake");
    if (!rc && (rc = db_step(s)) == 1) {
        jw_ki64(j, "batches", db_i64(s, 0));
        jw_ki64(j, "records", db_i64(s, 1));
        jw_ki64(j, "duplicates", db_i64(s, 2));
        jw_ki64(j, "malformed", db_i64(s, 3));
        jw_ki64(j, "lost", db_i64(s, 4));
        refused = db_i64(s, 5);
        db_reset(s);
        rc = 0;
    }
    jw_ki64(j, "refused", sight_all_units(q->who) ? counter_get(q->d, "intake_refused") : refused);
    jw_end_obj(j);
    return rc;
}

int stats_put(struct db *d, const struct sight *who, int64_t hours, struct jw *j)
{
    const struct asked q = {d, who};
    int64_t since = ((int64_t)(clock_wall_us() / 1000000) / 3600 - hours + 1) * 3600;
    int rc;

    jw_obj(j);
    jw_ki64(j, "hours", hours);
    rc = put_alerts(&q, j);
    if (!rc)
        rc = put_documents(&q, since, j);
    if (!rc)
        rc = put_hours(&q, since, j);
    if (!rc)
        rc = put_rules(&q, since, j);
    jw_kobj(j, "events");
    jw_ki64(j, "total", number(&q, "SELECT coalesce(sum(events), 0) FROM hour_sum WHERE ? = 0", &rc));
    jw_ki64(j, "forgotten", counter_get(d, "events_forgotten"));
    jw_ktime(j, "oldest", events_oldest(d));
    jw_ku64(j, "database_bytes", store_bytes(d));
    jw_kcstr(j, "engine", far_of(d) ? "clickhouse" : db_is_sqlite(d) ? "sqlite" : "postgresql");
    jw_ki64(j, "waiting", far_of(d) ? events_newest(d) - far_shipped(d) : 0);
    jw_ktime(j, "away_since", far_of(d) ? counter_get(d, "events_away") : 0);
    jw_end_obj(j);
    if (!rc)
        rc = put_intake(&q, j);
    jw_end_obj(j);
    return rc;
}

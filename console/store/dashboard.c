/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/dashboard.h"

#define SECOND_US INT64_C(1000000)
#define HOURS_MOST (INT64_C(4) * 86400) /* a longer stretch is shown by day */

static const char *const total_names[] = {"events", "alerts", "documents", "marked", "unread"};
enum { TOTALS = GH_COUNT(total_names) };

static int total_of(struct span key)
{
    for (int i = 0; i < (int)TOTALS; i++)
        if (span_eq(key, span_str(total_names[i])))
            return i;
    return -1;
}

static int put_totals(struct db *d, const struct rollup_filter *f, const char *name, struct jw *j)
{
    int64_t n[TOTALS] = {0};
    struct db_stmt *s;
    int rc = rollup_query(d, f, ROLLUP_TOTAL, false, DASHBOARD_ROWS, &s);

    while (!rc && (rc = db_step(s)) == 1) {
        int i = total_of(db_text(s, 0));
        if (i >= 0)
            n[i] = db_i64(s, 1);
        rc = 0;
    }
    jw_kobj(j, name);
    for (size_t i = 0; i < TOTALS; i++)
        jw_ki64(j, total_names[i], n[i]);
    jw_end_obj(j);
    return rc;
}

static void put_step(struct jw *j, int64_t at, const int64_t n[static TOTALS])
{
    jw_arr(j);
    jw_i64(j, at);
    for (size_t i = 0; i < TOTALS; i++)
        jw_i64(j, n[i]);
    jw_end_arr(j);
}

/* [at, events, alerts, documents, marked, unread] for each hour or day in which there was anything. */
static int put_series(struct db *d, const struct rollup_filter *f, bool days, struct jw *j)
{
    int64_t n[TOTALS] = {0}, at = 0;
    struct db_stmt *s;
    int rc = rollup_series(d, f, ROLLUP_TOTAL, days, &s);

    jw_karr(j, "series");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t row = days ? rollup_day(db_i64(s, 0)) : db_i64(s, 0);
        int i = total_of(db_text(s, 1));
        if (row != at) {
            if (at)
                put_step(j, at, n);
            memset(n, 0, sizeof(n));
            at = row;
        }
        if (i >= 0)
            n[i] += db_i64(s, 2);
        rc = 0;
    }
    if (at)
        put_step(j, at, n);
    jw_end_arr(j);
    return rc;
}

struct list {
    const char *name, *key;
    enum rollup_kind kind;
    bool bytes;
    int64_t limit;
};

static int put_list(struct db *d, const struct rollup_filter *f, const struct list *l, struct jw *j)
{
    struct db_stmt *s;
    int64_t n = 0, others = 0, other_bytes = 0;
    int rc = rollup_query(d, f, l->kind, l->bytes, INT32_MAX, &s);

    jw_karr(j, l->name);
    while (!rc && (rc = db_step(s)) == 1) {
        rc = 0;
        if (n == l->limit || !db_text(s, 0).n) {
            others += db_i64(s, 1);
            other_bytes += db_i64(s, 2);
            continue;
        }
        n++;
        jw_obj(j);
        jw_kstr(j, l->key, db_text(s, 0));
        jw_ki64(j, "n", db_i64(s, 1));
        if (l->bytes)
            jw_ki64(j, "bytes", db_i64(s, 2));
        jw_end_obj(j);
    }
    if (others) {
        jw_obj(j);
        jw_kcstr(j, l->key, "");
        jw_ki64(j, "n", others);
        if (l->bytes)
            jw_ki64(j, "bytes", other_bytes);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return rc;
}

/* The part of a name in front of the separator; *rest is moved behind it. */
static struct span part(struct span *rest)
{
    ptrdiff_t end = span_find_byte(*rest, ROLLUP_SEP, 0);
    struct span one = span_part(*rest, 0, end < 0 ? rest->n : (size_t)end);

    *rest = span_part(*rest, end < 0 ? rest->n : (size_t)end + 1, rest->n);
    return one;
}

static int put_zones(struct db *d, const struct rollup_filter *f, struct jw *j)
{
    struct db_stmt *s;
    int rc = rollup_query(d, f, ROLLUP_ZONE, false, 10 * DASHBOARD_ROWS, &s);

    jw_karr(j, "zones");
    while (!rc && (rc = db_step(s)) == 1) {
        struct span rest = db_text(s, 0);
        jw_obj(j);
        jw_kstr(j, "zone", part(&rest));
        jw_kstr(j, "dest_zone", part(&rest));
        jw_kstr(j, "level", part(&rest));
        jw_ki64(j, "n", db_i64(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_ledger(struct db *d, const struct rollup_filter *f, struct jw *j)
{
    struct db_stmt *s;
    int rc = rollup_query(d, f, ROLLUP_SEEN, false, DASHBOARD_ROWS, &s);

    jw_karr(j, "seen");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kstr(j, "part", db_text(s, 0));
        jw_ki64(j, "n", db_i64(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    jw_karr(j, "lost");
    if (!rc)
        rc = rollup_query(d, f, ROLLUP_LOST, false, 2 * DASHBOARD_ROWS, &s);
    while (!rc && (rc = db_step(s)) == 1) {
        struct span rest = db_text(s, 0);
        jw_obj(j);
        jw_kstr(j, "part", part(&rest));
        jw_kstr(j, "reason", part(&rest));
        jw_ki64(j, "n", db_i64(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

/* What waits for people now, by level. */
static int put_open(struct db *d, const struct rollup_filter *f, struct jw *j)
{
    int64_t level[LEVEL_COUNT] = {0}, state[2] = {0};
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT state, level, count(*) FROM alert INDEXED BY alert_columns WHERE state IN (0, 1) AND "
        "(?1 ISNULL OR appliance IN (SELECT value FROM json_each(?1))) GROUP BY state, level",
        "s", f->appliances);

    while (!rc && (rc = db_step(s)) == 1) {
        if (db_i64(s, 1) >= 0 && db_i64(s, 1) < LEVEL_COUNT)
            level[db_i64(s, 1)] += db_i64(s, 2);
        state[db_i64(s, 0) == ALERT_ACKNOWLEDGED] += db_i64(s, 2);
        rc = 0;
    }
    jw_kobj(j, "open");
    jw_ki64(j, "new", state[0]);
    jw_ki64(j, "acknowledged", state[1]);
    jw_kobj(j, "by_level");
    for (int i = 0; i < LEVEL_COUNT; i++)
        jw_ki64(j, level_names[i], level[i]);
    jw_end_obj(j);
    jw_end_obj(j);
    return rc;
}

int dashboard_put(struct db *d, const struct rollup_filter *f, struct jw *j)
{
    static const struct list lists[] = {
        {"protocols", "name", ROLLUP_PROTOCOL, true, DASHBOARD_ROWS},
        {"sources", "ip", ROLLUP_SOURCE, true, DASHBOARD_TALKERS},
        {"destinations", "ip", ROLLUP_DESTINATION, true, DASHBOARD_TALKERS},
        {"levels", "level", ROLLUP_LEVEL, false, DASHBOARD_ROWS},
        {"alert_levels", "level", ROLLUP_ALERT_LEVEL, false, DASHBOARD_ROWS},
        {"severities", "severity", ROLLUP_SEVERITY, false, DASHBOARD_ROWS},
        {"rules", "rule", ROLLUP_RULE, false, DASHBOARD_ROWS},
        {"unread", "reason", ROLLUP_UNREAD, false, DASHBOARD_ROWS},
    };
    struct rollup_filter before = *f;
    bool days = f->to - f->from > HOURS_MOST;
    int rc;

    before.to = f->from;
    before.from = f->from - (f->to - f->from);
    jw_ktime(j, "from", f->from * SECOND_US);
    jw_ktime(j, "to", f->to * SECOND_US);
    jw_kcstr(j, "step", days ? "day" : "hour");
    jw_ktime(j, "since", rollup_since(d) * SECOND_US);
    rc = put_totals(d, f, "totals", j);
    if (!rc)
        rc = put_totals(d, &before, "before", j);
    if (!rc)
        rc = put_series(d, f, days, j);
    for (size_t i = 0; i < GH_COUNT(lists) && !rc; i++)
        rc = put_list(d, f, &lists[i], j);
    if (!rc)
        rc = put_zones(d, f, j);
    jw_kobj(j, "ledger");
    if (!rc)
        rc = put_ledger(d, f, j);
    jw_end_obj(j);
    return rc ? rc : put_open(d, f, j);
}

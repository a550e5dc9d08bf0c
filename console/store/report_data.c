/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a report says. Sums come from rollup.h; how alerts were handled is looked up in their histories. */
#include "console/store/audit_head.h"
#include "console/store/reports.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
#define OPEN_MOST 20
#define BOXES_MOST 100
#define DATA_MS 60000

/* Waits in seconds, for medians. */
struct waits {
    int64_t *v;
    size_t n;
};

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void put_waits(struct jw *j, const char *name, struct waits *w)
{
    jw_kobj(j, name);
    jw_ku64(j, "n", w->n);
    if (w->n) {
        qsort(w->v, w->n, sizeof(*w->v), by_size);
        jw_ki64(j, "median_s", w->v[w->n / 2]);
        jw_ki64(j, "p90_s", w->v[w->n * 9 / 10 < w->n ? w->n * 9 / 10 : w->n - 1]);
        jw_ki64(j, "longest_s", w->v[w->n - 1]);
    }
    jw_end_obj(j);
}

/* How alerts that came in the stretch were handled: when somebody first took or closed them, when they were
 * closed last, as what. */
static int put_handling(struct db *d, const struct rollup_filter *f, struct jw *j)
{
    struct waits taken = {calloc(REPORT_TALLY, sizeof(int64_t)), 0},
                 closed = {calloc(REPORT_TALLY, sizeof(int64_t)), 0};
    int64_t state[ALERT_STATE_COUNT] = {0}, reason[REASON_COUNT] = {0};
    struct db_stmt *s;
    int rc = taken.v && closed.v ? 0 : ST_NOMEM;

    if (!rc)
        rc = db_query(
            d, &s,
            "SELECT a.state, a.reason, (t.first - a.received) / 1000000, (t.closed - a.received) / 1000000 "
            "FROM alert a "
            "LEFT JOIN (SELECT alert, min(iif(action IN (0, 2, 4), time, NULL)) AS first, max(iif(action = "
            "2, time, NULL)) AS "
            "closed FROM step WHERE time >= ?1 GROUP BY alert) t ON t.alert = a.id "
            "WHERE a.received >= ?1 AND a.received < ?2 AND (?3 ISNULL OR a.appliance IN (SELECT value FROM "
            "json_each(?3))) LIMIT ?4",
            "iisi", f->from * SECOND_US, f->to * SECOND_US, f->appliances, (int64_t)REPORT_TALLY);
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t st = db_i64(s, 0), why = db_i64(s, 1);
        if (st >= 0 && st < ALERT_STATE_COUNT)
            state[st]++;
        if (st == ALERT_CLOSED && why >= 0 && why < REASON_COUNT)
            reason[why]++;
        if (!db_is_null(s, 2))
            taken.v[taken.n++] = db_i64(s, 2);
        if (st == ALERT_CLOSED && !db_is_null(s, 3))
            closed.v[closed.n++] = db_i64(s, 3);
        rc = 0;
    }
    jw_kobj(j, "handling");
    for (int i = 0; i < ALERT_STATE_COUNT; i++)
        jw_ki64(j, alert_state_names[i], state[i]);
    for (int i = 1; i < REASON_COUNT; i++)
        jw_ki64(j, close_reason_names[i], reason[i]);
    put_waits(j, "taken", &taken);
    put_waits(j, "decided", &closed);
    jw_end_obj(j);
    free(taken.v);
    free(closed.v);
    return rc;
}

/* What waits longest. No title, no file name: a report goes to people who may not see them. */
static int put_waiting(struct db *d, const struct rollup_filter *f, int64_t now_s, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT a.id, a.severity, a.level, coalesce(a.rule, ''), a.received / 1000000, p.name, "
                      "coalesce(a.taken_by, '') "
                      "FROM alert a JOIN appliance p ON p.id = a.appliance WHERE a.state < 2 AND a.received "
                      "< ?1 AND (?2 ISNULL OR "
                      "a.appliance IN (SELECT value FROM json_each(?2))) ORDER BY a.severity, a.id LIMIT ?3",
                      "isi", f->to * SECOND_US, f->appliances, (int64_t)OPEN_MOST);

    jw_karr(j, "waiting");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t level = db_i64(s, 2);
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ki64(j, "severity", db_i64(s, 1));
        jw_kcstr(j, "level", level_names[level >= 0 && level < LEVEL_COUNT ? level : 0]);
        jw_kstr(j, "rule", db_text(s, 3));
        jw_ki64(j, "age_s", now_s - db_i64(s, 4));
        jw_kstr(j, "appliance", db_text(s, 5));
        jw_kstr(j, "taken_by", db_text(s, 6));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

/* Open cases, without their titles; for those alone who see all units, as a case may have alerts of any. */
static int put_cases(struct db *d, const struct rollup_filter *f, int64_t now_s, struct jw *j)
{
    struct db_stmt *s;
    int rc =
        f->appliances
            ? 0
            : db_query(
                  d, &s,
                  "SELECT id, severity, created / 1000000, coalesce(owner, '') FROM cases WHERE state = ? "
                  "ORDER BY severity, id LIMIT ?",
                  "ii", (int64_t)CASE_OPEN, (int64_t)OPEN_MOST);

    jw_karr(j, "cases");
    while (!f->appliances && !rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ki64(j, "severity", db_i64(s, 1));
        jw_ki64(j, "age_s", now_s - db_i64(s, 2));
        jw_kstr(j, "owner", db_text(s, 3));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

/* One appliance's totals, from its sums. */
static int put_sums(struct db *d, const struct rollup_filter *f, const char *ids, struct jw *j)
{
    static const char *const names[] = {"alerts", "documents", "marked", "unread"};
    struct rollup_filter one = {f->from, f->to, ids};
    int64_t n[GH_COUNT(names)] = {0}, lost = 0;
    struct db_stmt *s;
    int rc = rollup_query(d, &one, ROLLUP_TOTAL, false, 100, &s);

    while (!rc && (rc = db_step(s)) == 1) {
        for (size_t i = 0; i < GH_COUNT(names); i++)
            if (span_eq(db_text(s, 0), span_str(names[i])))
                n[i] = db_i64(s, 1);
        rc = 0;
    }
    if (!rc)
        rc = rollup_query(d, &one, ROLLUP_LOST, false, 1000, &s);
    while (!rc && (rc = db_step(s)) == 1) {
        lost += db_i64(s, 1);
        rc = 0;
    }
    for (size_t i = 0; i < GH_COUNT(names); i++)
        jw_ki64(j, names[i], n[i]);
    jw_ki64(j, "lost", lost);
    return rc;
}

struct named {
    char name[128], ids[2048];
    int64_t heard;
};

/* Rows of (name, ids as a JSON array, last heard), each with its sums. */
static int put_groups(struct db *d, const struct rollup_filter *f, const char *key, const char *sql,
                      struct jw *j)
{
    struct named *list = calloc(BOXES_MOST, sizeof(*list));
    struct db_stmt *s;
    size_t n = 0;
    int rc = list ? db_query(d, &s, sql, "si", f->appliances, (int64_t)BOXES_MOST) : ST_NOMEM;

    while (!rc && (rc = db_step(s)) == 1) {
        snprintf(list[n].name, sizeof(list[n].name), "%s", db_cstr(s, 0));
        if ((size_t)snprintf(list[n].ids, sizeof(list[n].ids), "%s", db_cstr(s, 1)) < sizeof(list[n].ids))
            list[n++].heard = db_i64(s, 2);
        rc = 0;
    }
    jw_karr(j, key);
    for (size_t i = 0; i < n && !rc; i++) {
        jw_obj(j);
        jw_kcstr(j, "name", list[i].name);
        jw_ktime(j, "last_heard", list[i].heard);
        rc = put_sums(d, f, list[i].ids, j);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    free(list);
    return rc;
}

/* The chain's end, and its newest signed head, which whoever has the report can hold against it. */
static int put_audit(struct db *d, struct jw *j)
{
    char text[AUDIT_HEAD_TEXT];
    struct audit_head h;
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, time, hash FROM audit ORDER BY id DESC LIMIT 1", "");

    jw_kobj(j, "audit");
    if (!rc && (rc = db_step(s)) == 1) {
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_khex(j, "hash", db_blob(s, 2).p, db_blob(s, 2).n);
        db_reset(s);
        rc = 0;
    }
    if (!rc && audit_head_newest(d, &h) == 0) {
        jw_kcstr(j, "head", audit_head_text(&h, text));
        jw_ktime(j, "signed", h.time);
        jw_khex(j, "signature", h.signature, sizeof(h.signature));
    }
    jw_end_obj(j);
    return rc;
}

/* The appliances in sight as a JSON array in buf (cap bytes); NULL: all. */
static int in_sight(struct db *d, const struct sight *who, char *buf, size_t cap, const char **ret)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 96];
    struct db_stmt *s;
    int rc;

    *ret = NULL;
    if (sight_all_units(who))
        return 0;
    snprintf(sql, sizeof(sql), "SELECT json_group_array(p.id) FROM appliance p WHERE %s",
             sight_scope_sql(who, "p.id", scope));
    rc = db_query(d, &s, sql, "");
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    rc = (size_t)snprintf(buf, cap, "%s", db_cstr(s, 0)) < cap ? 0 : ST_LIMIT;
    db_reset(s);
    *ret = buf;
    return rc;
}

static int put_all(struct db *d, const struct rollup_filter *f, int64_t now_s, struct jw *j)
{
    int rc = dashboard_put(d, f, j);

    if (!rc)
        rc = put_handling(d, f, j);
    if (!rc)
        rc = put_waiting(d, f, now_s, j);
    if (!rc)
        rc = put_cases(d, f, now_s, j);
    if (!rc)
        rc = put_groups(
            d, f, "appliances",
            "SELECT p.name, '[' || p.id || ']', p.heard FROM appliance p WHERE p.state = 0 AND (?1 "
            "ISNULL OR p.id IN "
            "(SELECT value FROM json_each(?1))) ORDER BY p.name LIMIT ?2",
            j);
    if (!rc)
        rc = put_groups(d, f, "units",
                        "SELECT u.name, json_group_array(p.id), max(p.heard) FROM unit u JOIN unit_appliance "
                        "a ON a.unit = u.id JOIN "
                        "appliance p ON p.id = a.appliance WHERE (?1 ISNULL OR p.id IN (SELECT value FROM "
                        "json_each(?1))) GROUP BY u.id, u.name ORDER BY u.name LIMIT ?2",
                        j);
    return rc ? rc : put_audit(d, j);
}

int report_data(struct db *d, const struct report_order *o, const struct sight *who, const char *console,
                int64_t now_s, struct writer *out)
{
    struct rollup_filter f = {.from = o->from, .to = o->to};
    char ids[65536];
    struct jw j;
    int rc = in_sight(d, who, ids, sizeof(ids), &f.appliances);

    db_time_box(d, DATA_MS);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "report", report_kind_names[o->kind]);
    jw_kcstr(&j, "lang", o->lang);
    jw_kcstr(&j, "console", console);
    jw_kcstr(&j, "version", GH_VERSION);
    jw_ktime(&j, "made", now_s * SECOND_US);
    jw_kcstr(&j, "by", o->by);
    jw_kbool(&j, "whole", sight_all_units(who));
    if (!rc)
        rc = put_all(d, &f, now_s, &j);
    jw_end_obj(&j);
    return rc ? rc : writer_ok(out) ? 0 : ST_LIMIT;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is shown of cases. */
#include "base/clock.h"
#include "console/store/alerts.h"
#include "console/store/cases.h"
#include "console/store/page.h"

#include <stdio.h>

#define RELATED_MAX 100

#define SQL_MAX (3072 + 8 * SIGHT_SQL)

/* The columns of put_row; ?1 is now. Of its alerts only those are counted that who asks may see. */
static const char *row_columns(const struct sight *sight, char sql[static SQL_MAX])
{
    char buf[SIGHT_SQL];
    const char *scope = sight_scope_sql(sight, "r.appliance", buf);

    snprintf(
        sql, SQL_MAX,
        "SELECT c.id, c.title, c.state, c.outcome, c.severity, c.owner, c.created, c.created_by, c.changed, "
        "c.merged_into, (SELECT count(*) FROM alert r WHERE r.case_id = c.id AND %s), "
        "(SELECT count(*) FROM alert r WHERE r.case_id = c.id AND r.state < 2 AND %s), "
        "(SELECT count(*) FROM alert r WHERE r.case_id = c.id AND r.state < 2 AND " ALERT_DUE(
            r) " < ?1 AND %s), "
               "(SELECT count(*) FROM case_task WHERE case_id = c.id), "
               "(SELECT count(*) FROM case_task WHERE case_id = c.id AND done NOTNULL), "
               "(SELECT max(r.level) FROM alert r WHERE r.case_id = c.id AND %s) FROM cases c ",
        scope, scope, scope, scope);
    return sql;
}

static const char *named(const char *const *names, int64_t n, int64_t i)
{
    return i >= 0 && i < n ? names[i] : NULL;
}

static void put_row(struct db_stmt *s, struct jw *j)
{
    static const char *const counts[] = {"alerts", "open_alerts", "late_alerts", "tasks_all", "tasks_done"};

    jw_ki64(j, "id", db_i64(s, 0));
    jw_kstr(j, "title", db_text(s, 1));
    jw_kcstr(j, "state", named(case_state_names, CASE_STATE_COUNT, db_i64(s, 2)));
    jw_key(j, "outcome");
    jw_cstr(j, named(case_outcome_names, CASE_OUTCOME_COUNT, db_i64(s, 3)));
    jw_ki64(j, "severity", db_i64(s, 4));
    jw_ktext(j, "owner", db_text(s, 5));
    jw_ktime(j, "created", db_i64(s, 6));
    jw_kstr(j, "created_by", db_text(s, 7));
    jw_ktime(j, "changed", db_i64(s, 8));
    jw_key(j, "merged_into");
    if (db_is_null(s, 9))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, 9));
    for (int i = 0; i < (int)GH_COUNT(counts); i++)
        jw_ki64(j, counts[i], db_i64(s, 10 + i));
    jw_kcstr(j, "level", named(level_names, LEVEL_COUNT, db_i64(s, 15)));
}

int case_row(struct db *d, int64_t id, const struct sight *sight, struct jw *j)
{
    char sql[SQL_MAX + 32], columns[SQL_MAX];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "%sWHERE c.id = ?2", row_columns(sight, columns));
    rc = db_query(d, &s, sql, "ii", (int64_t)clock_wall_us(), id);
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    put_row(s, j);
    db_reset(s);
    return 0;
}

/* Is it there for who asks? ?8 is his name. */
#define SEEN                                                                                                 \
    "(%s OR c.owner = ?8 OR c.created_by = ?8 OR EXISTS(SELECT 1 FROM alert r WHERE r.case_id = c.id AND "   \
    "%s)) "

int case_seen(struct db *d, int64_t id, const struct sight *sight, const char *user)
{
    char sql[SQL_MAX], buf[SIGHT_SQL];
    const char *scope = sight_scope_sql(sight, "r.appliance", buf);
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT 1 FROM cases c WHERE c.id = ?7 AND " SEEN,
             sight_all_units(sight) ? "TRUE" : "FALSE", scope);
    rc = db_query(d, &s, sql, "nnnnnnis", id, user);
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    db_reset(s);
    return 0;
}

static int put_counts(struct db *d, const struct case_filter *f, struct jw *j)
{
    int64_t count[CASE_STATE_COUNT] = {0};
    char sql[SQL_MAX], buf[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT c.state, count(*) FROM cases c WHERE " SEEN "GROUP BY c.state",
             sight_all_units(f->sight) ? "TRUE" : "FALSE", sight_scope_sql(f->sight, "r.appliance", buf));
    rc = db_query(d, &s, sql, "nnnnnnns", f->me);
    while (!rc && (rc = db_step(s)) == 1) {
        if (db_i64(s, 0) >= 0 && db_i64(s, 0) < CASE_STATE_COUNT)
            count[db_i64(s, 0)] = db_i64(s, 1);
        rc = 0;
    }
    jw_kobj(j, "counts");
    for (int i = 0; i < CASE_STATE_COUNT; i++)
        jw_ki64(j, case_state_names[i], count[i]);
    jw_end_obj(j);
    return rc;
}

static void put_item(struct db_stmt *s, struct jw *j)
{
    jw_obj(j);
    put_row(s, j);
    jw_end_obj(j);
}

int case_list(struct db *d, const struct case_filter *f, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    char sql[SQL_MAX + 2048], columns[SQL_MAX], buf[SIGHT_SQL];
    const char *scope = sight_scope_sql(f->sight, "r.appliance", buf);
    int rc;

    snprintf(sql, sizeof(sql),
             "%sWHERE (?2 >> c.state & 1) <> 0 AND (?3 ISNULL OR coalesce(c.owner, '') = ?3 COLLATE NOCASE) "
             "AND (?4 ISNULL OR c.search LIKE ?4 ESCAPE '\\') AND (?5 = 0 OR (c.changed, c.id) < "
             "(SELECT changed, id FROM cases WHERE id = ?5)) AND " SEEN
             "ORDER BY c.changed DESC, c.id DESC LIMIT ?6",
             row_columns(f->sight, columns), sight_all_units(f->sight) ? "TRUE" : "FALSE", scope);
    rc = db_query(d, &s, sql, "iissiins", (int64_t)clock_wall_us(), (int64_t)f->states, f->owner, f->word,
                  f->before, limit + 1, f->me);

    if (!rc)
        rc = page_put(s, limit, put_item, j);
    return rc ? rc : put_counts(d, f, j);
}

int case_put_tasks(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, text, done, done_by FROM case_task WHERE case_id = ? ORDER BY id",
                      "i", id);

    jw_karr(j, "tasks");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "text", db_text(s, 1));
        jw_ktime(j, "done", db_i64(s, 2));
        jw_ktext(j, "done_by", db_text(s, 3));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

/* Are all of its alerts within the clearance? */
static int all_clear(struct db *d, int64_t id, const struct sight *sight, bool *ret)
{
    char sql[SQL_MAX], clear[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    *ret = true;
    if (sight_all_levels(sight))
        return 0;
    snprintf(sql, sizeof(sql), "SELECT 1 FROM alert r WHERE r.case_id = ? AND NOT %s LIMIT 1",
             sight_clear_sql(sight, "r", clear));
    rc = db_query(d, &s, sql, "i", id);
    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *ret = false;
    db_reset(s);
    return 0;
}

/* Is the text of an entry written freely by a person, so that it may tell what an alert said? */
static bool is_told(int64_t kind)
{
    return kind == ENTRY_NOTE || kind == ENTRY_CLOSED || kind == ENTRY_ADDED;
}

int case_put_timeline(struct db *d, int64_t id, const struct sight *sight, const char *user, struct jw *j)
{
    bool clear = true;
    struct db_stmt *s;
    int rc = all_clear(d, id, sight, &clear);

    if (!rc)
        rc = db_query(
            d, &s,
            "SELECT * FROM (SELECT id, time, user, kind, text, ref FROM case_entry WHERE case_id = ? ORDER "
            "BY id DESC LIMIT ?) ORDER BY id",
            "ii", id, (int64_t)CASE_ENTRIES_SHOWN);

    jw_karr(j, "timeline");
    while (!rc && (rc = db_step(s)) == 1) {
        bool withheld;
        const char *kind = named(case_entry_names, ENTRY_COUNT, db_i64(s, 3));
        rc = 0;
        if (!kind)
            continue;
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_kstr(j, "user", db_text(s, 2));
        jw_kcstr(j, "kind", kind);
        withheld = !clear && is_told(db_i64(s, 3)) && strcmp(db_cstr(s, 2), user) != 0;
        jw_ktext(j, "text", withheld ? (struct span){NULL, 0} : db_text(s, 4));
        jw_kbool(j, "withheld", withheld && !db_is_null(s, 4));
        jw_key(j, "ref");
        if (db_is_null(s, 5))
            jw_null(j);
        else
            jw_i64(j, db_i64(s, 5));
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return rc;
}

static int put_alerts(struct db *d, int64_t id, const struct sight *sight, struct jw *j)
{
    char sql[SQL_MAX], scope[SIGHT_SQL];
    int64_t ids[CASE_ALERTS_SHOWN];
    struct db_stmt *s;
    size_t n = 0;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT id FROM alert r WHERE case_id = ? AND %s ORDER BY id DESC LIMIT ?",
             sight_scope_sql(sight, "r.appliance", scope));
    rc = db_query(d, &s, sql, "ii", id, (int64_t)CASE_ALERTS_SHOWN);
    while (!rc && (rc = db_step(s)) == 1) {
        if (n < CASE_ALERTS_SHOWN)
            ids[n++] = db_i64(s, 0);
        rc = 0;
    }
    jw_karr(j, "items");
    for (size_t i = 0; i < n && !rc; i++)
        rc = alert_row(d, sight, ids[i], j);
    jw_end_arr(j);
    return rc;
}

/* Documents, and hosts, that its alerts name: each once, the most frequent first. */
static int put_documents(struct db *d, int64_t id, const struct sight *sight, struct jw *j)
{
    char sql[SQL_MAX], scope[SIGHT_SQL], clear[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(
        sql, sizeof(sql),
        "SELECT g.sha256, g.n, g.level, json_extract('{' || newest.facts || '}', '$.file.name') FROM ("
        "SELECT sha256, count(*) n, max(level) level, max(id) newest FROM alert r "
        "WHERE case_id = ? AND sha256 NOTNULL AND %s AND %s GROUP BY sha256 ORDER BY n DESC LIMIT ?) g "
        "JOIN alert newest ON newest.id = g.newest ORDER BY g.n DESC",
        sight_scope_sql(sight, "r.appliance", scope), sight_clear_sql(sight, "r", clear));
    rc = db_query(d, &s, sql, "ii", id, (int64_t)RELATED_MAX);
    jw_karr(j, "documents");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_khex(j, "sha256", db_blob(s, 0).p, db_blob(s, 0).n);
        jw_ki64(j, "alerts", db_i64(s, 1));
        jw_kcstr(j, "level", named(level_names, LEVEL_COUNT, db_i64(s, 2)));
        jw_ktext(j, "name", db_text(s, 3));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_hosts(struct db *d, int64_t id, const struct sight *sight, struct jw *j)
{
    char sql[SQL_MAX], buf[SIGHT_SQL];
    const char *scope = sight_scope_sql(sight, "r.appliance", buf);
    struct db_stmt *s;
    int rc;

    snprintf(
        sql, sizeof(sql),
        "SELECT ip, count(*) n, sum(sent) FROM (SELECT host ip, 1 sent FROM alert r WHERE case_id = ?1 AND "
        "%s "
        "UNION ALL SELECT json_extract('{' || facts || '}', '$.dest.ip'), 0 FROM alert r WHERE case_id = ?1 "
        "AND %s) WHERE ip NOTNULL GROUP BY ip ORDER BY n DESC LIMIT ?2",
        scope, scope);
    rc = db_query(d, &s, sql, "ii", id, (int64_t)RELATED_MAX);
    jw_karr(j, "hosts");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kstr(j, "ip", db_text(s, 0));
        jw_ki64(j, "alerts", db_i64(s, 1));
        jw_ki64(j, "sent", db_i64(s, 2));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_merged(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, title FROM cases WHERE merged_into = ? ORDER BY id", "i", id);

    jw_karr(j, "merged");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "title", db_text(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int case_detail(struct db *d, int64_t id, const struct sight *sight, const char *user, struct jw *j)
{
    int rc = case_row(d, id, sight, j);

    if (!rc)
        rc = case_put_tasks(d, id, j);
    if (!rc)
        rc = put_alerts(d, id, sight, j);
    if (!rc)
        rc = put_documents(d, id, sight, j);
    if (!rc)
        rc = put_hosts(d, id, sight, j);
    if (!rc)
        rc = put_merged(d, id, j);
    return rc ? rc : case_put_timeline(d, id, sight, user, j);
}

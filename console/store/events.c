/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/events.h"
#include "base/event.h"
#include "console/store/page.h"

#include <stdio.h>

#define SQL_MAX (1024 + 4 * SIGHT_SQL)
#define EVENT_ARENA (256u << 20)

void event_filter_init(struct event_filter *f, const struct sight *who)
{
    *f = (struct event_filter){
        .types = -1, .levels = -1, .from = INT64_MIN, .to = INT64_MAX, .before = INT64_MAX, .sight = *who};
}

/* The most selective index first; the other conditions are checked row by row. */
static const char *narrow(const struct event_filter *f)
{
    if (f->by_sha256)
        return "e.sha256 = ?5";
    if (f->by_flow)
        return "e.flow = ?4";
    if (f->community)
        /* flow events carry it in an index; the others of that flow are found by flow_id */
        return "e.community = ?6 AND e.type = 0";
    return "?5 IS NOT NULL";
}

/* The record as it came, or what remains of it beyond the clearance. */
static void put_record(struct span json, bool clear, struct jw *j)
{
    struct arena *a;

    jw_key(j, "event");
    if (clear) {
        jw_raw(j, json);
        return;
    }
    a = arena_new(EVENT_ARENA);
    if (!a || sight_put_event(a, json, j) != 0)
        writer_fail(j->w);
    arena_free(a);
}

static void put(struct db_stmt *s, struct jw *j)
{
    char number[32];

    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_ktime(j, "time", db_i64(s, 1));
    jw_kcstr(j, "type", event_type_name((enum event_type)db_i64(s, 2)));
    jw_kobj(j, "appliance");
    jw_khex(j, "id", db_blob(s, 3).p, db_blob(s, 3).n);
    jw_kstr(j, "name", db_text(s, 4));
    jw_end_obj(j);
    snprintf(number, sizeof(number), "%lld", (long long)db_i64(s, 5));
    jw_key(j, "flow_id");
    jw_cstr(j, db_is_null(s, 5) ? NULL : number);
    put_record(db_text(s, 6), db_i64(s, 7) != 0, j);
    jw_kbool(j, "redacted", db_i64(s, 7) == 0);
    jw_end_obj(j);
}

const char *event_row_columns(const struct sight *who, char buf[static EVENT_COLUMNS])
{
    char clear[SIGHT_SQL];
    int n = snprintf(buf, EVENT_COLUMNS,
                     "r.id, r.time, r.type, (SELECT identity FROM appliance WHERE id = r.appliance), "
                     "(SELECT name FROM appliance WHERE id = r.appliance), r.flow, r.json, %s",
                     sight_clear_sql(who, "r", clear));

    gh_check(n > 0 && n < EVENT_COLUMNS);
    return buf;
}

int64_t event_row_put(struct db_stmt *s, struct jw *j)
{
    int64_t id = db_i64(s, 0);

    put(s, j);
    return id;
}

int event_list(struct db *d, const struct event_filter *f, int64_t limit, struct jw *j)
{
    char sql[SQL_MAX], scope[SIGHT_SQL], clear[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT e.id, e.time, e.type, p.identity, p.name, e.flow, e.json, %s FROM event e "
             "CROSS JOIN appliance p ON p.id = e.appliance WHERE e.id < ?1 AND %s "
             "AND (?2 >> e.type & 1) <> 0 AND (?3 = -1 OR (?3 >> coalesce(e.level, 63) & 1) <> 0) AND (?7 = 0 OR "
             "e.appliance = ?7) "
             "AND +e.time >= ?8 AND +e.time < ?9 AND %s AND %s ORDER BY e.id DESC LIMIT ?10",
             sight_clear_sql(&f->sight, "e", clear), narrow(f),
             sight_scope_sql(&f->sight, "e.appliance", scope),
             f->by_sha256 ? sight_clear_sql(&f->sight, "e", clear) : "TRUE");
    rc = db_query(d, &s, sql, "iiiibsiiii", f->before, f->types, (int64_t)f->levels, f->flow,
                  span_of(f->sha256, sizeof(f->sha256)), f->community, f->appliance, f->from, f->to,
                  limit + 1);    if (!rc)
        rc = page_put(s, limit, put, j);
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/events.h"
#include "base/event.h"

#include <stdio.h>

#define SQL_MAX 1024

void event_filter_init(struct event_filter *f)
{
    *f = (struct event_filter){
        .types = -1, .levels = -1, .from = INT64_MIN, .to = INT64_MAX, .before = INT64_MAX};
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
    jw_kraw(j, "event", db_text(s, 6));
    jw_end_obj(j);
}

const char *const event_row_columns =
    "r.id, r.time, r.type, (SELECT identity FROM appliance WHERE id = r.appliance), "
    "(SELECT name FROM appliance WHERE id = r.appliance), r.flow, r.json";

int64_t event_row_put(struct db_stmt *s, struct jw *j)
{
    int64_t id = db_i64(s, 0);

    put(s, j);
    return id;
}

int event_list(struct db *d, const struct event_filter *f, int64_t limit, struct jw *j)
{
    char sql[SQL_MAX];
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT e.id, e.time, e.type, p.identity, p.name, e.flow, e.json FROM event e "
             "CROSS JOIN appliance p ON p.id = e.appliance WHERE e.id < ?1 AND %s "
             "AND (?2 >> e.type & 1) AND (?3 = -1 OR ?3 >> coalesce(e.level, 63) & 1) AND (?7 = 0 OR "
             "e.appliance = ?7) "
             "AND +e.time >= ?8 AND +e.time < ?9 ORDER BY e.id DESC LIMIT ?10",
             narrow(f));
    rc = db_query(d, &s, sql, "iiiibsiiii", f->before, f->types, (int64_t)f->levels, f->flow,
                  span_of(f->sha256, sizeof(f->sha256)), f->community, f->appliance, f->from, f->to,
                  limit + 1);
    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        rc = 0;
        if (++n > limit) {
            db_reset(s);
            break;
        }
        last = db_i64(s, 0);
        put(s, j);
    }
    jw_end_arr(j);
    jw_key(j, "next");
    if (n > limit)
        jw_i64(j, last);
    else
        jw_null(j);
    return rc;
}

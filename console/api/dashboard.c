/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/dashboard.h"
#include "base/clock.h"
#include "console/http/head.h"
#include "console/store/appliances.h"
#include "console/store/dashboard.h"
#include "console/store/sight.h"

#include <stdio.h>

#define DAY_S INT64_C(86400)

static bool time_of(struct request *r, const char *name, int64_t *ret)
{
    const struct span *v = query_get(&r->query, name);
    uint64_t us;

    if (!v)
        return true;
    if (!clock_parse_iso((const char *)v->p, v->n, &us) || us > INT64_MAX / 2) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'%s' is a time such as 2026-11-24T00:00:00+07:00.", name);
        return false;
    }
    *ret = (int64_t)(us / 1000000);
    return true;
}

int dashboard_scope(struct worker *w, struct request *r, const char **ret)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 96];
    struct db_stmt *s;
    int rc;

    if (sight_all_units(&r->who.sight))
        return 0;
    snprintf(sql, sizeof(sql), "SELECT json_group_array(p.id) FROM appliance p WHERE %s",
             sight_scope_sql(&r->who.sight, "p.id", scope));
    rc = db_query(w->db, &s, sql, "");
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    *ret = arena_dup(r->arena, db_cstr(s, 0), strlen(db_cstr(s, 0)));
    db_reset(s);
    return *ret ? 0 : ST_NOMEM;
}

static bool appliances_of(struct worker *w, struct request *r, const char **ret)
{
    const struct span *v = query_get(&r->query, "appliance");
    int64_t id = 0;
    int rc = v ? appliance_find(w->db, *v, &id) : dashboard_scope(w, r, ret);

    if (v && !rc)
        rc = sight_sees_appliance(w->db, &r->who.sight, id);
    if (v && (rc == 0 || rc == ST_NOT_FOUND)) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'appliance' is the identity of no appliance.");
        return false;
    }
    if (v && rc == 1) {
        *ret = arena_printf(r->arena, "[%lld]", (long long)id);
        rc = *ret ? 0 : ST_NOMEM;
    }
    if (rc)
        app_fail(r, rc);
    return !rc;
}

bool dashboard_filter(struct worker *w, struct request *r, struct rollup_filter *ret)
{
    int64_t now = (int64_t)(clock_wall_us() / 1000000);
    struct rollup_filter f = {.from = INT64_MIN, .to = now};

    if (!time_of(r, "from", &f.from) || !time_of(r, "to", &f.to) || !appliances_of(w, r, &f.appliances))
        return false;
    if (f.from == INT64_MIN)
        f.from = f.to - DAY_S + 3600;
    if (f.from >= f.to || f.to - f.from > DASHBOARD_SPAN_S) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'from' lies before 'to', and at most %lld days.",
                          (long long)(DASHBOARD_SPAN_S / DAY_S));
        return false;
    }
    rollup_range(now, &f.from, &f.to);
    *ret = f;
    return true;
}

void api_dashboard(struct worker *w, struct request *r)
{
    static const char *const names[] = {"from", "to", "appliance"};
    struct rollup_filter f;
    struct jw j;
    int rc;

    if (!query_fields(r, names, GH_COUNT(names)) || !dashboard_filter(w, r, &f))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = dashboard_put(w->db, &f, &j);
    reply_object_end(r, &j, rc);
}

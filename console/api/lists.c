/* SPDX-License-Identifier: GPL-3.0-or-later
 * What can be looked at: lists, one alert, figures. */
#include "base/clock.h"
#include "console/api/access.h"
#include "console/api/app.h"
#include "console/api/filter.h"
#include "console/http/head.h"
#include "console/store/appliances.h"
#include "console/store/sla.h"

#include <stdio.h>

#define HOURS_DEFAULT 24
#define HOURS_MAX 744

static bool is_paging(struct span name)
{
    return span_eq(name, span_str("before")) || span_eq(name, span_str("limit"));
}

/* The names a list takes: those of its filter, and paging. */
static bool known_names(struct request *r, const char *const *names, size_t n)
{
    const char *all[32];

    gh_check(n + 2 <= GH_COUNT(all));
    for (size_t i = 0; i < n; i++)
        all[i] = names[i];
    all[n] = "before";
    all[n + 1] = "limit";
    return query_fields(r, all, n + 2);
}

static bool filter_failed(struct request *r, int rc, const char *why)
{
    if (!rc)
        return false;
    if (rc == ST_MALFORMED || rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_BAD_QUERY, "In the query: %s.", why);
    else
        app_fail(r, rc);
    return true;
}

void api_alerts_list(struct worker *w, struct request *r)
{
    struct alert_filter f;
    const char *why;
    int64_t limit, late = 0;
    struct jw j;
    int rc;

    alert_filter_init(&f, &r->who.sight);
    if (!known_names(r, filter_alert_names, filter_alert_count) || !query_page(r, &f.before, &limit))
        return;
    for (size_t i = 0; i < r->query.n; i++)
        if (!is_paging(r->query.v[i].name) &&
            filter_failed(r, filter_alert(r->arena, w->db, &f, r->query.v[i].name, r->query.v[i].value, &why),
                          why))
            return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = alert_list(w->db, &f, limit, &j);
    if (!rc)
        rc = alert_counts(w->db, &f, &j);
    if (!rc)
        rc = sla_late(w->db, &r->who.sight, (int64_t)clock_wall_us(), &late);
    jw_ki64(&j, "late", late);
    reply_object_end(r, &j, rc);
}

void api_alert_get(struct worker *w, struct request *r)
{
    /* an event of some MB becomes a tree of a multiple of that */
    struct arena *a = arena_new(512u << 20);
    struct jw j;
    bool opened = false;
    int rc = a ? 0 : ST_NOMEM;

    if (!query_fields(r, NULL, 0)) {
        arena_free(a);
        return;
    }
    reply_json(r, 200, &j);
    if (!rc)
        rc = unlock_view(w, r, &opened);
    if (!rc)
        rc = alert_detail(w->db, a, &r->who.sight, r->id, opened, r->who.name, &j);
    arena_free(a);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such alert.");
    else if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

void api_events_list(struct worker *w, struct request *r)
{
    struct event_ask f;
    const char *why;
    int64_t limit;
    struct jw j;

    event_ask_init(&f, &r->who.sight);
    if (!known_names(r, filter_event_names, filter_event_count) || !query_page(r, &f.high, &limit))
        return;
    for (size_t i = 0; i < r->query.n; i++)
        if (!is_paging(r->query.v[i].name) &&
            filter_failed(r, filter_event(r->arena, w->db, &f, r->query.v[i].name, r->query.v[i].value, &why),
                          why))
            return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, event_list(w->db, &f, limit, &j));
}

void api_appliances_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, appliance_list(w->db, &r->who.sight, &j));
}

void api_stats(struct worker *w, struct request *r)
{
    static const char *const names[] = {"hours"};
    int64_t hours = HOURS_DEFAULT;
    struct jw j;
    int rc;

    if (!query_fields(r, names, 1) || !query_number(r, "hours", 1, HOURS_MAX, &hours))
        return;
    reply_json(r, 200, &j);
    rc = stats_put(w->db, &r->who.sight, hours, &j);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

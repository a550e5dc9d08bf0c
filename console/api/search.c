/* SPDX-License-Identifier: GPL-3.0-or-later
 * The search box: a page of what matches, its histogram, and the fields and values that complete what is
 * typed. */
#include "console/store/search.h"
#include "base/clock.h"
#include "base/event.h"
#include "console/api/app.h"
#include "console/api/dashboard.h"
#include "console/api/query.h"
#include "console/events/find.h"
#include "console/http/head.h"

#include <stdio.h>

#define ZONE_MAX 840 /* most minutes that a zone is away from UTC */

bool query_of(struct worker *w, struct request *r, struct span text, enum query_target target,
              int zone_minutes, struct query_sql *ret)
{
    const struct query_context c = {.postgres = !db_is_sqlite(w->db),
                                    .oldest_us = events_oldest(w->db),
                                    .target = target,
                                    .now_us = clock_wall_us(),
                                    .zone_minutes = zone_minutes,
                                    .user = r->who.name};
    struct query_error e;
    struct jw j;
    int rc = query_compile(r->arena, text, &c, ret, &e);

    if (rc == 0)
        return true;
    if (rc != ST_MALFORMED) {
        app_fail(r, rc);
        return false;
    }
    reply_json(r, 400, &j);
    r->reply.content_type = "application/problem+json";
    jw_obj(&j);
    jw_kcstr(&j, "type", "about:blank");
    jw_kcstr(&j, "title", "Bad Request");
    jw_ki64(&j, "status", 400);
    jw_kcstr(&j, "code", "bad_search");
    jw_kcstr(&j, "detail", e.text);
    jw_kobj(&j, "at");
    jw_ku64(&j, "column", e.column);
    jw_ku64(&j, "length", e.length);
    jw_kcstr(&j, "kind", e.code);
    jw_ktext(&j, "near", span_str(e.near));
    jw_end_obj(&j);
    jw_end_obj(&j);
    reply_json_end(r);
    return false;
}

static const char *const names[] = {"q", "in", "tz", "before", "limit"};

bool query_zone(struct request *r, int *ret)
{
    const struct span *v = query_get(&r->query, "tz");
    bool west = v && span_starts(*v, "-");
    uint64_t n = 0;

    if (v && !span_number(span_part(*v, west, v->n), ZONE_MAX, &n)) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'tz' is a number of minutes from -%d to %d.", ZONE_MAX,
                          ZONE_MAX);
        return false;
    }
    *ret = west ? -(int)n : (int)n;
    return true;
}

/* The question of a request; false with the problem written. */
static bool ask(struct worker *w, struct request *r, size_t n_names, enum query_target *target,
                struct query_sql *q)
{
    const struct span *text = query_get(&r->query, "q"), *in = query_get(&r->query, "in");
    int zone = 0;

    if (!query_fields(r, names, n_names) || !query_zone(r, &zone))
        return false;
    *target = QUERY_ALERTS;
    if (in && span_eq(*in, span_str("events")))
        *target = QUERY_EVENTS;
    else if (in && !span_eq(*in, span_str("alerts"))) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'in' is alerts or events.");
        return false;
    }
    return query_of(w, r, text ? *text : (struct span){NULL, 0}, *target, zone, q);
}

void api_search(struct worker *w, struct request *r)
{
    enum query_target target;
    int64_t before = INT64_MAX, limit = PAGE_DEFAULT;
    struct query_sql q;
    struct jw j;
    int rc;

    if (!query_number(r, "before", 1, INT64_MAX, &before) || !query_number(r, "limit", 1, PAGE_MAX, &limit) ||
        !ask(w, r, GH_COUNT(names), &target, &q))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = search_page(w->db, &r->who.sight, &q, target, before, limit, &j);
    jw_end_obj(&j);
    db_time_box(w->db, QUERY_TIME_MS);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

void api_search_histogram(struct worker *w, struct request *r)
{
    enum query_target target;
    struct query_sql q;
    struct jw j;
    int rc;

    if (!ask(w, r, 3, &target, &q))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = search_histogram(w->db, &r->who.sight, &q, target, (int64_t)clock_wall_us(), &j);
    jw_end_obj(&j);
    db_time_box(w->db, QUERY_TIME_MS);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

static void put_names(struct jw *j, const char *const *list, size_t first, size_t n)
{
    for (size_t i = first; i < n; i++)
        jw_cstr(j, list[i]);
}

/* What the store has of whatever who asks may see; bounded. first and rest stand around the condition. */
static int put_stored(struct db *d, const struct sight *who, const char *column, const char *first,
                      const char *rest, struct jw *j)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 512];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "%s %s %s", first, sight_scope_sql(who, column, scope), rest);
    rc = db_query(d, &s, sql, "");

    while (!rc && (rc = db_step(s)) == 1) {
        jw_str(j, db_text(s, 0));
        rc = 0;
    }
    return rc;
}

static int put_values(struct worker *w, struct request *r, const struct query_field *f, struct jw *j)
{
    static const char *const actions[] = {"allow", "log", "alert", "quarantine", "block"};
    static const char *const severities[] = {"1", "2", "3", "4"};
    static const char *const back[] = {"1h", "24h", "7d", "30d"};
    static const char *const people[] = {"me", "nobody"};
    static const char *const open[] = {"open"}, *const read[] = {"full", "partial", "none"};
    const struct sight *who = &r->who.sight;
    static const char *const clocks[] = {"late", "soon"};
    static const char *const has[] = {"document", "rule", "sender", "case", "comment"};
    int rc = 0;

    jw_karr(j, "values");
    if (values_put(w, r, f->name, j, &rc))
        ; /* as many as are known of late */
    else if (!strcmp(f->name, "read"))
        put_names(j, read, 0, GH_COUNT(read));
    else if (f->kind == QUERY_LEVEL)
        put_names(j, level_names, 0, LEVEL_COUNT);
    else if (f->kind == QUERY_NUMBER)
        put_names(j, severities, 0, GH_COUNT(severities));
    else if (f->kind == QUERY_STATE) {
        put_names(j, open, 0, 1);
        put_names(j, alert_state_names, 0, ALERT_STATE_COUNT);
    } else if (f->kind == QUERY_REASON)
        put_names(j, close_reason_names, 1, REASON_COUNT);
    else if (f->kind == QUERY_USER)
        put_names(j, people, 0, GH_COUNT(people));
    else if (f->kind == QUERY_CLOCK)
        put_names(j, clocks, 0, GH_COUNT(clocks));
    else if (f->kind == QUERY_HAS)
        put_names(j, has, 0, GH_COUNT(has));
    else if (!strcmp(f->name, "region"))
        rc = put_stored(w->db, who, "p.id", "SELECT name FROM appliance p WHERE p.kind = 1 AND",
                        "ORDER BY heard DESC LIMIT 50", j);
    else if (!strcmp(f->name, "origin"))
        rc = put_stored(w->db, who, "o.region", "SELECT o.name FROM origin o WHERE", "ORDER BY o.heard DESC LIMIT 50", j);
    else if (f->kind == QUERY_BOX)
        rc = put_stored(w->db, who, "p.id", "SELECT name FROM appliance p WHERE",
                        "ORDER BY heard DESC LIMIT 50", j);
    else if (!strcmp(f->name, "action"))
        put_names(j, actions, 0, GH_COUNT(actions));
    else if (!strcmp(f->name, "last"))
        put_names(j, back, 0, GH_COUNT(back));
    else if (!strcmp(f->name, "rule"))
        rc = put_stored(
            w->db, who, "a.appliance",
            "SELECT rule FROM (SELECT rule, max(received) m FROM alert a WHERE rule NOTNULL AND",
            "GROUP BY rule) ORDER BY m DESC LIMIT 50", j);
    else if (!strcmp(f->name, "type"))
        for (int i = 0; i < EVENT_TYPE_COUNT; i++)
            jw_cstr(j, event_type_name((enum event_type)i));
    jw_end_arr(j);
    return rc;
}

void api_search_fields(struct worker *w, struct request *r)
{
    struct jw j;
    int rc = 0;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_karr(&j, "fields");
    for (size_t i = 0; i < query_field_count && !rc; i++) {
        const struct query_field *f = &query_fields_known[i];
        jw_obj(&j);
        jw_kcstr(&j, "name", f->name);
        jw_kcstr(&j, "example", f->example);
        jw_kcstr(&j, "en", f->en);
        jw_kcstr(&j, "vi", f->vi);
        jw_kbool(&j, "alerts_only", f->alerts_only);
        jw_kbool(&j, "ordered", f->kind == QUERY_LEVEL || f->kind == QUERY_NUMBER);
        rc = put_values(w, r, f, &j);
        jw_end_obj(&j);
    }
    jw_end_arr(&j);
    reply_object_end(r, &j, rc);
}

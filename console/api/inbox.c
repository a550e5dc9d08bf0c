/* SPDX-License-Identifier: GPL-3.0-or-later
 * The inbox: heaps, alerts by what is due first, views that people keep, the plan of the clocks, who can be
 * given an alert, and how noisy each rule is. */
#include "base/clock.h"
#include "console/api/app.h"
#include "console/api/once.h"
#include "console/api/query.h"
#include "console/http/head.h"
#include "console/store/alert_groups.h"
#include "console/store/sla.h"
#include "console/store/views.h"

#include <stdio.h>

#define GROUPS_DEFAULT 50
#define DAY_US 86400000000ull

/* One of names, from the query; false with the problem written. */
static bool one_of(struct request *r, const char *what, const char *const *names, size_t n, int *ret)
{
    const struct span *v = query_get(&r->query, what);

    for (size_t i = 0; v && i < n; i++)
        if (span_eq(*v, span_str(names[i]))) {
            *ret = (int)i;
            return true;
        }
    reply_problem_say(r, PROBLEM_BAD_QUERY, "'%s' is one of %s, %s%s%s%s%s.", what, names[0], names[1],
                      n > 2 ? ", " : "", n > 2 ? names[2] : "", n > 3 ? ", " : "", n > 3 ? names[3] : "");
    return false;
}

static bool question(struct worker *w, struct request *r, struct query_sql *q)
{
    const struct span *text = query_get(&r->query, "q");
    int zone = 0;

    return query_zone(r, &zone) &&
           query_of(w, r, text ? *text : (struct span){NULL, 0}, QUERY_ALERTS, zone, q);
}

void api_alert_groups(struct worker *w, struct request *r)
{
    static const char *const names[] = {"by", "q", "tz", "limit"};
    int64_t limit = GROUPS_DEFAULT;
    struct query_sql q;
    struct jw j;
    int by = 0, rc;

    if (!query_fields(r, names, GH_COUNT(names)) || !one_of(r, "by", group_names, GROUP_COUNT, &by) ||
        !query_number(r, "limit", 1, PAGE_MAX, &limit) || !question(w, r, &q))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = alert_groups(w->db, &q, &r->who.sight, (enum group_by)by, (int64_t)clock_wall_us(), limit, &j);
    db_time_box(w->db, QUERY_TIME_MS);
    reply_object_end(r, &j, rc);
}

void api_alerts_sorted(struct worker *w, struct request *r)
{
    static const char *const names[] = {"sort", "q", "tz", "after", "limit"};
    int64_t limit = GROUPS_DEFAULT, after = 0;
    struct query_sql q;
    struct jw j;
    int order = 0;

    if (!query_fields(r, names, GH_COUNT(names)) ||
        !one_of(r, "sort", alert_order_names, ORDER_COUNT, &order) ||
        !query_number(r, "limit", 1, PAGE_MAX, &limit) || !query_number(r, "after", 1, INT64_MAX, &after) ||
        !question(w, r, &q))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j,
                     alert_sorted(w->db, &r->who.sight, &q, (enum alert_order)order, after, limit, &j));
}

void api_hands(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, hands_list(w->db, &j));
}

void api_noise(struct worker *w, struct request *r)
{
    static const char *const names[] = {"days"};
    int64_t days = 30;
    struct jw j;

    if (!query_fields(r, names, 1) || !query_number(r, "days", 1, 366, &days))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_ki64(&j, "days", days);
    reply_object_end(
        r, &j, noise_list(w->db, &r->who.sight, (int64_t)(clock_wall_us() - (uint64_t)days * DAY_US), &j));
}

void api_views_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, view_list(w->db, r->who.user, &j));
}

/* An address of the inbox, nothing else: a link that all follow must not lead elsewhere. */
static bool address_is_good(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    return span_starts(s, "#/alerts") && (s.n == 8 || s.p[8] == '?');
}

void api_view_add(struct worker *w, struct request *r)
{
    static const char *const names[] = {"name", "address", "shared"};
    struct span name = {NULL, 0}, address = {NULL, 0};
    bool shared;
    struct db *d;
    int64_t id = 0;
    struct jw j;
    int rc = 0;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "name", VIEW_NAME_MAX, true, &name) ||
        !body_text(r, "address", VIEW_ADDRESS_MAX, true, &address))
        return;
    name = span_trim(name);
    shared = json_bool(json_get(r->json, "shared"), false);
    if (!name.n || memchr(name.p, 0, name.n) || !address_is_good(address)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'name' is a text, 'address' begins with #/alerts.");
        return;
    }
    if (shared && !rights_have(r->who.roles, RIGHT_ACT)) {
        reply_problem_say(r, PROBLEM_ROLE, "Only those who work on alerts can keep a view for all.");
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    rc = view_add(d, r->who.user, name, address, shared, &id);
    if (!rc && shared)
        rc = audit_append(d, r->who.name, r->address, "view_shared", arena_dup(r->arena, name.p, name.n),
                          NULL);
    if (rc == ST_EXISTS || rc == ST_LIMIT) {
        reply_problem_say(r, PROBLEM_NAME_TAKEN,
                          rc == ST_EXISTS ? "You have a view of this name."
                                          : "You have kept too many views.");
        rc = 0;
    } else if (!rc) {
        reply_json(r, 201, &j);
        jw_obj(&j);
        jw_ki64(&j, "id", id);
        reply_object_end(r, &j, 0);
    }
    (void)once_end(w, r, d, rc);
}

void api_view_remove(struct worker *w, struct request *r)
{
    char name[VIEW_NAME_MAX + 1];
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = view_remove(d, r->id, r->who.user, name);
    if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such view of yours.");
        rc = 0;
    } else if (!rc) {
        r->reply.status = 204;
    }
    (void)once_end(w, r, d, rc);
}

void api_sla_get(struct worker *w, struct request *r)
{
    struct sla p;
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    rc = sla_load(w->db, &p);
    reply_json(r, 200, &j);
    jw_obj(&j);
    sla_put(&j, &p);
    if (!rc)
        rc = sla_put_author(w->db, &j);
    reply_object_end(r, &j, rc);
}

void api_sla_set(struct worker *w, struct request *r)
{
    static const char *const names[] = {"severity", "level", "business"};
    const char *why;
    uint64_t open = 0;
    char object[64];
    struct sla p;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)))
        return;
    why = sla_read(r->json, &p);
    if (why) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "In the plan: %s.", why);
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    rc = sla_save(d, &p, r->who.name);
    if (!rc)
        rc = sla_refile(d, &p, true, &open);
    if (!rc) {
        snprintf(object, sizeof(object), "%llu open alerts", (unsigned long long)open);
        rc = audit_append(d, r->who.name, r->address, "sla_set", object, NULL);
    }
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_ku64(&j, "open", open);
    reply_object_end(r, &j, 0);
    (void)once_end(w, r, d, rc);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * From a sound head to the handler: route, origin, content type, then on a worker session, role, query and
 * body. */
#include "base/clock.h"
#include "base/log.h"
#include "console/api/access.h"
#include "console/events/find.h"
#include "console/http/head.h"

#include <stdio.h>

#define BODY_DEPTH 16

static bool is_api(struct span path)
{
    return span_starts(path, "/api/");
}

static void allow(struct request *r, struct span path)
{
    char list[64] = "";
    size_t n = 0;
    int64_t id;
    bool other;
    static const struct {
        enum http_method method;
        const char *name;
    } all[] = {{HTTP_GET, "GET"}, {HTTP_HEAD, "HEAD"}, {HTTP_POST, "POST"}, {HTTP_DELETE, "DELETE"}};

    for (size_t i = 0; i < GH_COUNT(all); i++)
        if (route_find(routes, route_count, all[i].method, path, &id, &other))
            n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", all[i].name);
    reply_problem(r, PROBLEM_METHOD);
    reply_header(r, "Allow", arena_dup(r->arena, n ? list : "GET, HEAD", n ? n : 9));
}

bool app_route(void *arg, struct request *r, enum lane *lane, uint64_t *body_max)
{
    bool other, safe = r->head.method == HTTP_GET || r->head.method == HTTP_HEAD;
    const struct route *route = route_find(routes, route_count, r->head.method, r->head.path, &r->id, &other);

    (void)arg;
    if (!route && (other || (!safe && !is_api(r->head.path)))) {
        allow(r, r->head.path);
        return false;
    }
    if (!route && is_api(r->head.path)) {
        reply_problem(r, PROBLEM_NOT_FOUND);
        return false;
    }
    *lane = route ? route->lane : LANE_DIRECT; /* without a route: one of the page's files */
    *body_max = route ? route->body_max : 0;
    r->route = route;
    if (!route)
        return true;
    if (route->content_type && !content_type_is(r->head.content_type, route->content_type)) {
        reply_problem_say(r, PROBLEM_CONTENT_TYPE, "The body must be %s.", route->content_type);
        return false;
    }
    /* Appliances are no browsers and prove themselves by signature; everybody else must come from our own
     * page. */
    if (route->lane != LANE_INTAKE && is_api(r->head.path) &&
        !(safe ? !r->head.fetch_site.n || span_eq(r->head.fetch_site, span_str("same-origin")) ||
                     span_eq(r->head.fetch_site, span_str("none"))
               : head_same_origin(&r->head, r->head.cookie.n > 0))) {
        reply_problem(r, PROBLEM_FOREIGN_ORIGIN);
        return false;
    }
    return true;
}

void app_direct(void *arg, struct request *r)
{
    struct worker w = {arg, NULL};

    if (r->route)
        r->route->run(&w, r);
    else
        site_reply(w.app->site, r);
}

bool app_submit(void *arg, enum lane lane, struct request *r)
{
    struct app *app = arg;
    return app->pool[lane] && pool_push(app->pool[lane], r);
}

void app_answered(void *arg, const struct request *r)
{
    struct app *app = arg;
    size_t group = (size_t)r->reply.status / 100;

    if (group < GH_COUNT(app->answers))
        atomic_fetch_add(&app->answers[group], 1);
}

void app_touch(struct app *app, int (*touch)(struct db *, int64_t), int64_t id, uint64_t *seen)
{
    uint64_t now = clock_wall_us();
    struct db *d;
    int rc;

    if (now - *seen <= TOUCH_US || !(d = store_begin(app->store, &rc)))
        return;
    (void)store_end(app->store, touch(d, id)); /* a full disk must not sign people out */
    *seen = now;
}

/* Fills r->who when the cookie names a session that is alive. */
static int find_session(struct worker *w, struct request *r)
{
    const struct app *app = w->app;
    struct session s;
    struct span token;
    int rc;

    if (!cookie_find(r->head.cookie, COOKIE_NAME, &token) || token.n != TOKEN_TEXT - 1)
        return 0;
    rc = session_find(w->db, token, app->idle_us, app->max_us, &s);
    if (rc)
        return rc == ST_NOT_FOUND ? 0 : rc;
    app_touch(w->app, session_touch, s.id, &s.seen);
    r->who.session = s.id;
    r->who.user = s.user;
    r->who.roles = s.roles;
    r->who.half = s.half;
    r->who.name = arena_dup(r->arena, s.name, strlen(s.name));
    r->who.created_us = s.created;
    r->who.idle_until_us = s.seen + app->idle_us;
    r->who.ends_us = s.created + app->max_us;
    rc = sight_load(w->db, s.user, &r->who.sight);
    return rc ? rc : r->who.name ? 0 : ST_NOMEM;
}

static bool read_body(struct request *r)
{
    size_t where = 0;
    int rc;

    if (!r->route->content_type || strcmp(r->route->content_type, "application/json") != 0)
        return true;
    rc = json_parse(r->arena, writer_span(&r->body), BODY_DEPTH, &r->json, &where);
    if (rc == 0)
        return true;
    reply_problem_say(r, PROBLEM_BAD_JSON, "The body is no JSON from byte %zu on.", where);
    return false;
}

/* May who asks come here? The problem is written when not. A token is for what it was made for; who owes a
 * second factor can do nothing but set it up. */
static bool may_come(struct worker *w, struct request *r)
{
    enum right right = r->route->right;
    uint64_t wait = 0;

    if (right == RIGHT_NONE)
        return true;
    if (r->who.session || r->who.token)
        wait = pace_take(w->app->pace, r->who.session ? r->who.session : -r->who.token);
    if (!r->who.session && !r->who.token) {
        reply_problem(r, PROBLEM_SIGN_IN);
    } else if (wait) {
        reply_problem(r, PROBLEM_RATE);
        reply_header(r, "Retry-After",
                     arena_printf(r->arena, "%llu", (unsigned long long)(wait + 999) / 1000));
    } else if (r->who.token && !(r->who.token_rights >> right & 1)) {
        reply_problem(r, PROBLEM_SCOPE);
    } else if (!rights_have(r->who.roles, right)) {
        reply_problem(r, PROBLEM_ROLE);
    } else if (r->who.half && right != RIGHT_SELF) {
        reply_problem(r, PROBLEM_SECOND_FACTOR);
    }
    return r->reply.status == 0;
}

static void run(struct worker *w, struct request *r)
{
    int rc;

    db_time_box(w->db, QUERY_TIME_MS);
    /* a program's token stands alone: a cookie beside it does not count */
    rc = r->head.authorization.n ? token_who(w, r) : find_session(w, r);
    if (rc)
        app_fail(r, rc);
    else if (!may_come(w, r))
        return;
    else if (query_parse(r->arena, r->head.query_text, &r->query) != 0)
        reply_problem_say(
            r, PROBLEM_BAD_QUERY,
            "The query has a broken escape, a control character, a name twice or too many names.");
    else if (read_body(r))
        r->route->run(w, r);
    if (!r->reply.status)
        app_fail(r, ST_IO);
}

void app_run(struct worker *w, struct request *r)
{
    /* Who goes away takes his questions along: closing the connection ends a search. Steps go on: they write
     * through another handle. */
    db_watch(w->db, r->fd);
    if (far_of(w->db))
        click_watch(far_of(w->db)->click, r->fd);
    run(w, r);
    if (far_of(w->db))
        click_watch(far_of(w->db)->click, -1);
    db_watch(w->db, -1);
}

void app_work(void *worker, void *job)
{
    struct request *r = job;

    app_run(worker, r);
    if (r->done)
        r->done(r);
    else
        server_done(r);
}

void app_fail(struct request *r, int rc)
{
    enum problem p = PROBLEM_INTERNAL;

    switch (rc) {
    case ST_NOT_FOUND:
        p = PROBLEM_NOT_FOUND;
        break;
    case ST_TIMEOUT:
        p = PROBLEM_TOO_SLOW;
        break;
    case ST_FULL:
        p = PROBLEM_DISK_FULL;
        break;
    case ST_CLOSED:
        p = PROBLEM_EVENTS_AWAY;
        break;
    case ST_AGAIN:
    case ST_NOMEM:
        p = PROBLEM_BUSY;
        break;
    default:
        break;
    }
    if (p == PROBLEM_INTERNAL || p == PROBLEM_DISK_FULL)
        log_error("%s: %s", r->route ? r->route->path : "request", status_text(rc));
    reply_problem(r, p);
    if (problem_status(p) == 503)
        reply_header(r, "Retry-After", "2");
}

bool app_gate(struct app *app, enum gate_kind kind, uint64_t *ret_held)
{
    uint64_t now = clock_mono_ms();
    struct gate *g = &app->gate[kind];
    bool open;

    pthread_mutex_lock(&app->gate_lock);
    if (!g->since_ms || now - g->since_ms > 3600000) {
        g->since_ms = now;
        g->passed = 0;
    }
    open = g->passed < GATE_PER_HOUR;
    *ret_held = open ? g->held_back : 0;
    if (open) {
        g->passed++;
        g->held_back = 0;
    } else {
        g->held_back++;
    }
    pthread_mutex_unlock(&app->gate_lock);
    return open;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Live updates: the stream that a browser opens, and what is published to all of them. An event may come
 * twice (a reader compares seq), but none is left out: what a stream could not take is fetched again after
 * its reconnection. */
#include "console/api/app.h"
#include "console/store/alerts.h"
#include "console/store/appliances.h"

#define RESUME_MAX 200 /* changes told one by one after a break; beyond that the page loads anew */
#define PUBLISH_MAX 50 /* the same for one batch or one action */
#define TEXT_MAX (1u << 20)
#define AUDIENCES 256 /* not less than there can be streams */

static const char reset[] = "event: reset\ndata: {\"reason\":\"many\"}\n\n";

static void put_change(void *arg, int64_t seq, bool is_new, struct span row)
{
    struct writer *w = arg;

    writer_printf(w, "event: alert\nid: %lld\ndata: {\"change\":\"%s\",\"alert\":", (long long)seq,
                  is_new ? "new" : "changed");
    writer_put(w, row); /* JSON of ours: one line, control characters escaped */
    writer_str(w, "}\n\n");
}

/* Changes after since as events; a reset when there are more than limit. */
static int put_changes(struct db *d, const struct sight *who, int64_t since, int64_t limit, struct writer *w)
{
    bool more;
    int rc = alert_changes(d, who, since, limit, put_change, w, &more);

    if (!rc && (more || !writer_ok(w))) {
        writer_clear(w);
        writer_printf(w, "id: %lld\n", (long long)alert_seq(d));
        writer_str(w, reset);
    }
    return rc;
}

/* Who sees everything is one audience; who does not is one by himself. */
static int64_t audience_of(const struct sight *who)
{
    return sight_all_units(who) && sight_all_levels(who) ? 0 : who->token ? -who->token : who->user;
}

/* What an audience sees, as it is now. A token's audience has no stream: tokens poll. */
static bool sight_of(struct db *d, int64_t audience, struct sight *ret)
{
    *ret = sight_everything;
    return !audience || (audience > 0 && sight_load(d, audience, ret) == 0);
}

static void publish(struct app *app, struct db *d, int64_t since)
{
    int64_t audience[AUDIENCES];
    size_t n = hub_audiences(app->hub, audience, GH_COUNT(audience));
    struct sight who;
    struct writer w;

    writer_init(&w, TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        writer_clear(&w);
        if (!sight_of(d, audience[i], &who) || put_changes(d, &who, since, PUBLISH_MAX, &w) != 0) {
            writer_clear(&w);
            writer_str(&w, reset);
        }
        if (w.n)
            hub_publish_to(app->hub, audience[i], writer_span(&w));
    }
    writer_done(&w);
}

/* Changes are numbered in the order of their commits, as writers of all nodes take turns: up to the newest
 * one that is seen, none is still to come. */
void app_publish(struct app *app, struct db *d)
{
    int64_t newest;

    pthread_mutex_lock(&app->tell_lock);
    newest = alert_seq(d);
    if (newest > app->told) {
        publish(app, d, app->told);
        app->told = newest;
    }
    pthread_mutex_unlock(&app->tell_lock);
}

static int64_t newest_audit(struct db *d)
{
    return db_number(d, 0, "SELECT max(id) FROM audit", "");
}

void app_publish_begin(struct app *app, struct db *d)
{
    pthread_mutex_init(&app->tell_lock, NULL);
    app->told = alert_seq(d);
    app->heard_audit = newest_audit(d);
}

/* Streams of people whose rights changed begin anew with what they see now. */
static void restart_changed(struct app *app, struct db *d)
{
    struct db_stmt *s;

    if (db_query(d, &s,
                 "SELECT id FROM session WHERE user IN (SELECT id FROM user WHERE name IN "
                 "(SELECT object FROM audit WHERE id > ? AND action = 'user_changed'))",
                 "i", app->heard_audit) == 0)
        while (db_step(s) == 1)
            hub_end(app->hub, db_i64(s, 0), NULL);
}

bool app_publish_others(struct app *app, struct db *d)
{
    static const char *const of_units = "SELECT count(*) FROM audit WHERE id > ? AND action IN "
                                        "('unit_added', 'unit_changed', 'unit_removed')",
                             *const of_unlocks = "SELECT count(*) FROM audit WHERE id > ? AND action IN "
                                                 "('unlock_asked', 'unlock_granted', 'unlock_refused')";
    int64_t newest = db_is_sqlite(d) ? 0 : newest_audit(d);

    if (newest <= app->heard_audit)
        return false;
    restart_changed(app, d);
    if (db_number(d, 0, of_units, "i", app->heard_audit) > 0)
        hub_publish(app->hub, span_str("event: reset\ndata: {\"reason\":\"scope\"}\n\n"));
    if (db_number(d, 0, of_unlocks, "i", app->heard_audit) > 0)
        hub_publish(app->hub, span_str("event: unlock\ndata: {}\n\n"));
    app->heard_audit = newest;
    return true;
}

struct heard {
    struct app *app;
    struct db *db;
    int64_t audience[AUDIENCES];
    size_t n;
};

static void put_appliance(void *arg, int64_t appliance, struct span json)
{
    struct heard *h = arg;
    struct sight who;
    struct writer w;

    writer_init(&w, TEXT_MAX);
    writer_str(&w, "event: appliance\ndata: ");
    writer_put(&w, json);
    writer_str(&w, "\n\n");
    for (size_t i = 0; i < h->n && writer_ok(&w); i++)
        if (sight_of(h->db, h->audience[i], &who) && sight_sees_appliance(h->db, &who, appliance) == 1)
            hub_publish_to(h->app->hub, h->audience[i], writer_span(&w));
    writer_done(&w);
}

void app_publish_appliances(struct app *app, struct db *d, int64_t *since)
{
    struct heard h = {.app = app, .db = d};

    h.n = hub_audiences(app->hub, h.audience, GH_COUNT(h.audience));
    (void)appliance_heard_since(d, since, put_appliance, &h);
}

static void begin_stream(struct worker *w, struct request *r, bool resumes, int64_t since)
{
    struct writer out;
    int rc = 0;

    writer_init(&out, TEXT_MAX);
    writer_str(&out, "retry: 3000\n\n");
    if (resumes)
        rc = put_changes(w->db, &r->who.sight, since, RESUME_MAX, &out);
    else
        writer_printf(&out, "id: %lld\n\n", (long long)alert_seq(w->db));
    if (rc || !writer_ok(&out)) {
        stream_close(r->reply.stream);
        r->reply.stream = NULL;
        app_fail(r, rc ? rc : ST_NOMEM);
    } else {
        stream_send(r->reply.stream, writer_span(&out));
        r->reply.status = 200;
        r->reply.content_type = "text/event-stream";
        reply_header(r, "X-Accel-Buffering", "no");
    }
    writer_done(&out);
}

void api_stream(struct worker *w, struct request *r)
{
    static const char *const names[] = {"since"};
    int64_t since = -1;
    uint64_t last;

    if (r->head.method != HTTP_GET) {
        reply_problem(r, PROBLEM_METHOD);
        return;
    }
    if (!r->who.session) { /* a stream ends with its session: programs ask again instead */
        reply_problem_say(r, PROBLEM_SCOPE,
                          "Live streams are for browsers; ask with 'since' or 'before' instead.");
        return;
    }
    if (!query_fields(r, names, 1) || !query_number(r, "since", 0, INT64_MAX - 1, &since))
        return;
    if (r->head.last_event_id.n && span_number(r->head.last_event_id, INT64_MAX - 1, &last))
        since = (int64_t)last;
    /* It listens before the past is read: what happens in between comes twice rather than never. */
    r->reply.stream = stream_open(w->app->hub, r->who.session, audience_of(&r->who.sight));
    if (!r->reply.stream) {
        reply_problem_say(r, PROBLEM_BUSY, "Too many live streams are open.");
        reply_header(r, "Retry-After", "10");
        return;
    }
    begin_stream(w, r, since >= 0, since);
}

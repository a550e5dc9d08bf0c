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
static int put_changes(struct db *d, int64_t since, int64_t limit, struct writer *w)
{
    bool more;
    int rc = alert_changes(d, since, limit, put_change, w, &more);

    if (!rc && (more || !writer_ok(w))) {
        writer_clear(w);
        writer_printf(w, "id: %lld\n", (long long)alert_seq(d));
        writer_str(w, reset);
    }
    return rc;
}

void app_publish(struct app *app, struct db *d, int64_t since)
{
    struct writer w;

    if (!hub_count(app->hub))
        return;
    writer_init(&w, TEXT_MAX);
    if (put_changes(d, since, PUBLISH_MAX, &w) != 0) {
        writer_clear(&w);
        writer_str(&w, reset);
    }
    if (w.n)
        hub_publish(app->hub, writer_span(&w));
    writer_done(&w);
}

static void put_appliance(void *arg, struct span json)
{
    struct writer *w = arg;

    writer_str(w, "event: appliance\ndata: ");
    writer_put(w, json);
    writer_str(w, "\n\n");
}

void app_publish_appliances(struct app *app, struct db *d, int64_t *since)
{
    struct writer w;

    writer_init(&w, TEXT_MAX);
    if (appliance_heard_since(d, since, put_appliance, &w) == 0 && w.n && writer_ok(&w))
        hub_publish(app->hub, writer_span(&w));
    writer_done(&w);
}

static void begin_stream(struct worker *w, struct request *r, bool resumes, int64_t since)
{
    struct writer out;
    int rc = 0;

    writer_init(&out, TEXT_MAX);
    writer_str(&out, "retry: 3000\n\n");
    if (resumes)
        rc = put_changes(w->db, since, RESUME_MAX, &out);
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
    if (!query_fields(r, names, 1) || !query_number(r, "since", 0, INT64_MAX - 1, &since))
        return;
    if (r->head.last_event_id.n && span_number(r->head.last_event_id, INT64_MAX - 1, &last))
        since = (int64_t)last;
    /* It listens before the past is read: what happens in between comes twice rather than never. */
    r->reply.stream = stream_open(w->app->hub, r->who.session);
    if (!r->reply.stream) {
        reply_problem_say(r, PROBLEM_BUSY, "Too many live streams are open.");
        reply_header(r, "Retry-After", "10");
        return;
    }
    begin_stream(w, r, since >= 0, since);
}

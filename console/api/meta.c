/* SPDX-License-Identifier: GPL-3.0-or-later
 * About the console itself: its description, whether it lives, its counters. */
#include "base/clock.h"
#include "console/api/app.h"
#include "console/api/letters.h"
#include "console/store/outputs.h"
#include "console/api/openapi_text.h"
#include "console/store/intake.h"

void api_openapi(struct worker *w, struct request *r)
{
    (void)w;
    r->reply.status = 200;
    r->reply.content_type = "application/json";
    r->reply.fixed = openapi_text();
}

void api_healthz(struct worker *w, struct request *r)
{
    (void)w;
    r->reply.status = 200;
    r->reply.content_type = "text/plain; charset=utf-8";
    r->reply.fixed = span_str("ok\n");
}

static void metric(struct writer *w, const char *name, const char *type, const char *help)
{
    writer_printf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void value(struct writer *w, const char *name, uint64_t v)
{
    writer_printf(w, "%s %llu\n", name, (unsigned long long)v);
}

static void labelled(struct writer *w, const char *name, const char *label, const char *text, uint64_t v)
{
    writer_printf(w, "%s{%s=\"%s\"} %llu\n", name, label, text, (unsigned long long)v);
}

static void put_broker(struct app *app, struct writer *w)
{
    struct letters_state s;

    letters_state(app->letters, &s);
    if (!s.wanted)
        return;
    metric(w, "gatehouse_console_broker_connected", "gauge", "1: gh-nats is connected to the NATS broker.");
    value(w, "gatehouse_console_broker_connected", s.running && s.there);
    metric(w, "gatehouse_console_broker_messages_total", "counter", "Messages of the stream, by what became of them, since gh-nats started.");
    labelled(w, "gatehouse_console_broker_messages_total", "fate", "taken", s.taken);
    labelled(w, "gatehouse_console_broker_messages_total", "fate", "put_back", s.again);
    labelled(w, "gatehouse_console_broker_messages_total", "fate", "terminated", s.never);
    metric(w, "gatehouse_console_broker_questions_total", "counter", "Questions of appliances over the broker.");
    value(w, "gatehouse_console_broker_questions_total", s.questions);
}

static void put_process(struct app *app, struct writer *w)
{
    static const char *const groups[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    static const char *const outcomes[] = {"taken", "known",   "hello",  "ahead",
                                           "hole",  "unknown", "forged", "malformed"};

    metric(w, "gatehouse_console_uptime_seconds", "gauge", "Seconds since the console started.");
    value(w, "gatehouse_console_uptime_seconds", (clock_wall_us() - app->started_us) / 1000000);
    metric(w, "gatehouse_console_http_answers_total", "counter", "Answers by status class.");
    for (size_t i = 2; i < GH_COUNT(groups); i++)
        labelled(w, "gatehouse_console_http_answers_total", "class", groups[i],
                 atomic_load(&app->answers[i]));
    metric(w, "gatehouse_console_connections", "gauge", "Open connections.");
    value(w, "gatehouse_console_connections", app->server ? server_connections(app->server) : 0);
    metric(w, "gatehouse_console_streams", "gauge", "Open live streams.");
    value(w, "gatehouse_console_streams", hub_count(app->hub));
    metric(w, "gatehouse_console_batches_total", "counter", "Batches handed in, by outcome.");
    for (size_t i = 0; i < GH_COUNT(outcomes); i++)
        labelled(w, "gatehouse_console_batches_total", "outcome", outcomes[i], atomic_load(&app->intake[i]));
    metric(w, "gatehouse_console_sign_ins_total", "counter", "Sign-ins that succeeded.");
    value(w, "gatehouse_console_sign_ins_total", atomic_load(&app->sign_ins));
    metric(w, "gatehouse_console_sign_in_failures_total", "counter", "Sign-ins that failed.");
    value(w, "gatehouse_console_sign_in_failures_total", atomic_load(&app->sign_in_failures));
    put_broker(app, w);
}

/* Names of appliances are written by their owners: as a label value they are escaped. */
static void put_label(struct writer *w, struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c == '\\' || c == '"')
            writer_u8(w, '\\');
        writer_u8(w, c < 0x20 ? ' ' : c);
    }
}

static int put_database(struct db *d, struct writer *w)
{
    static const struct {
        const char *name, *type, *help;
    } columns[] = {
        {"gatehouse_appliance_last_heard_seconds", "gauge",
         "When the appliance was last heard, seconds since 1970."},
        {"gatehouse_appliance_batches_total", "counter", "Batches recorded."},
        {"gatehouse_appliance_records_total", "counter", "Records received."},
        {"gatehouse_appliance_lost", "gauge", "Sum of the losses in the newest ledger."},
        {"gatehouse_appliance_refused_total", "counter", "Batches refused."},
    };
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT state, count(*) FROM alert GROUP BY state", "");

    metric(w, "gatehouse_alerts", "gauge", "Alerts by state.");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t state = db_i64(s, 0);
        if (state >= 0 && state < ALERT_STATE_COUNT)
            labelled(w, "gatehouse_alerts", "state", alert_state_names[state], (uint64_t)db_i64(s, 1));
        rc = 0;
    }
    for (size_t c = 0; c < GH_COUNT(columns) && !rc; c++) {
        metric(w, columns[c].name, columns[c].type, columns[c].help);
        rc = db_query(
            d, &s,
            "SELECT name, coalesce(heard, 0) / 1000000, batches, records, lost, refused FROM appliance", "");
        while (!rc && (rc = db_step(s)) == 1) {
            writer_printf(w, "%s{appliance=\"", columns[c].name);
            put_label(w, db_text(s, 0));
            writer_printf(w, "\"} %lld\n", (long long)db_i64(s, (int)c + 1));
            rc = 0;
        }
    }
    metric(w, "gatehouse_console_database_bytes", "gauge", "Bytes in the console's database.");
    value(w, "gatehouse_console_database_bytes", store_bytes(d));
    return rc;
}

void api_metrics(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    if (!r->local && !r->who.session) {
        reply_problem(r, PROBLEM_LOCAL_ONLY);
        return;
    }
    reply_json(r, 200, &j);
    r->reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    put_process(w->app, &r->reply.body);
    rc = put_database(w->db, &r->reply.body);
    if (!rc)
        rc = output_metrics(w->db, &r->reply.body);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

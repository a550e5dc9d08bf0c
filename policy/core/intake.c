/* SPDX-License-Identifier: GPL-3.0-or-later
 * intake: what the sensor says, taken in record by record. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "policy/core/cases.h"
#include "base/journal.h"
#include "policy/core/pcaps.h"
#include "policy/core/splice.h"

#include <stdio.h>
#include <unistd.h>

#define EVENT_DEPTH 24 /* as deep as anybody reads it */

static void distrust_sensor(struct core *c)
{
    c->sensor_gone = true;
    docs_clear(c->docs);
    scanning_forget(c->scanning);
    core_distrust(c, ROLE_SENSOR);
}

/* What a sensor says must hang together. When it does not, `inspect` ends: its lines cannot be taken back.
 * The appliance goes on with another sensor, and a replay begins anew. */
static void sensor_broken(struct core *c, const char *what, int rc)
{
    if (c->to_stdout || !c->sensor) {
        core_broken(c, what, rc);
        return;
    }
    log_error("%s: %s", what, status_text(rc));
    proc_chan_remove(c->sensor);
    c->sensor = NULL;
    distrust_sensor(c);
}

static void take_fileinfo(struct core *c, const struct event_record *e)
{
    struct doc *d = e->document ? docs_take(c->docs, e->document) : NULL;
    bool stored = d && c->outdir_fd >= 0 && splice_closed(e->json) && emit_store(c, d);

    if (c->scan && !d)
        d = doc_unkept(e->json); /* not carved into memory: unread, and that is said */
    if (c->scan && d) {
        cases_take(c, e, d, stored);
        return;
    }
    writer_clear(&c->scratch);
    splice_fileinfo(&c->scratch, e->json, stored, (struct span){NULL, 0});
    emit_plain(c, e->n, e->type, writer_span(&c->scratch));
    doc_free(d);
}

/* What the sensor may say. It parses what strangers wrote, so it is believed nothing that only this process
 * may say: an alert, a verdict, an account; nor that its text is JSON at all, which whoever reads the lines
 * or the journal relies on. */
struct sight {
    enum event_type type;
    unsigned types; /* how many event_type members were seen */
    unsigned own;   /* how many gatehouse members */
};

/* In the sensor's gatehouse object: what this process adds is not the sensor's to say. */
static int on_own_member(void *arg, struct span name, struct span value)
{
    static const char *const ours[] = {"document", "verdict", "shadow", "ledger", "versions", "audit"};

    (void)arg;
    (void)value;
    if (memchr(name.p, '\\', name.n))
        return ST_DENIED;
    for (size_t i = 0; i < GH_COUNT(ours); i++)
        if (span_eq(name, span_str(ours[i])))
            return ST_DENIED;
    return 0;
}

static int on_member(void *arg, struct span name, struct span value)
{
    struct sight *s = arg;

    if (memchr(name.p, '\\', name.n))
        return ST_DENIED;
    if (span_eq(name, span_str("gatehouse")))
        return s->own++ ? ST_DENIED : json_scan(value, EVENT_DEPTH, on_own_member, NULL);
    if (span_eq(name, span_str("event_type"))) {
        s->types++;
        if (value.n < 2 || !span_eq(span_part(value, 1, value.n - 2), span_str(event_type_name(s->type))))
            return ST_DENIED;
    }
    return 0;
}

/* What is recorded, signed and sent to the console is looked through, as is every record that a verdict is
 * put into. The other lines of `inspect` are the sensor's own words on their way to whoever asked for them:
 * there a quarter of all the work would be spent on it. */
static bool sensible(const struct core *c, const struct event_record *e)
{
    struct sight s = {.type = e->type};

    if (e->type == EVENT_ALERT || e->type == EVENT_STATS || e->type == EVENT_AUDIT ||
        memchr(e->json.p, '\n', e->json.n))
        return false;
    return (!c->journal && e->type != EVENT_FILEINFO && !(c->policy && judging_wants(c->judging, e->type))) ||
           (json_scan(e->json, EVENT_DEPTH, on_member, &s) == 0 && s.types == 1);
}

/* Not an event: it is counted and goes no further. */
static void drop(struct core *c, const struct event_record *e)
{
    if (!c->own.malformed++)
        log_error("gh-sensor sent something that is no event; it is dropped and counted. Said once a run");
    if (c->journal)
        journal_skip(c->journal, c->run, e->n);
    if (e->type == EVENT_FILEINFO)
        c->own.malformed_documents++;
    if (e->document)
        doc_free(docs_take(c->docs, e->document));
}

/* A repetition of what is recorded, or being judged: it counts as received and written. */
static bool repeated(struct core *c, const struct event_record *e)
{
    if (!c->journal)
        return false;
    if (!journal_known(c->journal, c->run, e->n)) {
        journal_claim(c->journal, c->run, e->n);
        return false;
    }
    if (e->type == EVENT_FLOW && !c->proc.conf.journal_flows)
        c->own.not_wanted++;
    else
        c->own.written++;
    if (e->document)
        doc_free(docs_take(c->docs, e->document));
    return true;
}

static void take_events(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    struct event_record e;
    struct span when = {NULL, 0};
    int rc;

    while ((rc = event_record_next(&r, &e)) == 1) {
        if (e.n != c->next_n) {
            rc = ST_MALFORMED;
            break;
        }
        c->next_n++;
        c->own.received++;
        when = e.json;
        if (repeated(c, &e))
            continue;
        if (!sensible(c, &e)) {
            drop(c, &e);
            continue;
        }
        if (e.type == EVENT_FILEINFO)
            take_fileinfo(c, &e);
        else if (!cases_event(c, &e))
            emit_plain(c, e.n, e.type, e.json);
    }
    if (rc < 0)
        sensor_broken(c, "gh-sensor sent events that are not in order", rc);
    when = splice_timestamp(when);
    if (when.n && when.n < sizeof(c->timestamp))
        snprintf(c->timestamp, sizeof(c->timestamp), "%.*s", (int)when.n, (const char *)when.p);
}

/* Live accounts are an event of their own, every time they come. */
static void live_accounts(struct core *c, struct span json)
{
    char iso[CLOCK_ISO_SIZE];

    writer_clear(&c->scratch);
    if (ledger_event(&c->scratch, json, &c->own, span_str(clock_iso(clock_wall_us(), iso))) == 0)
        record_own(c, EVENT_STATS, writer_span(&c->scratch));
}

static void take_ledger(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    uint8_t final;
    struct span json;

    (void)reader_le64(&r); /* the run: there is one at a time */
    final = reader_u8(&r);
    json = reader_rest(&r);
    if (!reader_ok(&r) || json.n < 2 || memchr(json.p, '\n', json.n)) {
        sensor_broken(c, "gh-sensor sent a broken ledger", ST_MALFORMED);
        return;
    }
    if (!final) {
        if (c->journal)
            live_accounts(c, json);
        return;
    }
    writer_clear(&c->final);
    writer_put(&c->final, json);
    c->sensor_final = true;
}

/* A run begins, or begins anew: its accounts too. */
static void take_run(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t run = reader_le64(&r), now = clock_wall_us();
    bool live = reader_u8(&r) != 0;
    struct span name = reader_rest(&r);
    int rc;

    if (!reader_ok(&r) || c->next_n != 1) {
        sensor_broken(c, "gh-sensor began its run in the middle of one", ST_MALFORMED);
        return;
    }
    if (!run)
        run = now > c->own_run ? now : c->own_run + 1; /* live: a number of its own each time */
    c->run = run;
    c->own = (struct ledger_own){.output = c->own.output};
    if (!c->journal)
        return;
    rc = journal_run(c->journal, run, live, name);
    if (rc)
        core_broken(c, "the run's numbers cannot be read from the journal", rc);
}

static void on_message(void *arg, const struct msg *m)
{
    struct core *c = arg;
    int fd = m->fd, rc;

    if (loop_stopped(c->proc.loop)) { /* broken or finished: nothing more is believed */
        if (fd >= 0)
            close(fd);
        return;
    }
    switch (m->type) {
    case MSG_RUN:
        take_run(c, m->body);
        break;
    case MSG_EVENTS:
        take_events(c, m->body);
        break;
    case MSG_DOCUMENT:
        rc = docs_add(c->docs, m->body, fd);
        fd = -1;
        if (rc)
            sensor_broken(c, "gh-sensor sent a broken document", rc);
        break;
    case MSG_LEDGER:
        take_ledger(c, m->body);
        break;
    case MSG_PCAP:
        rc = pcaps_answer(c->pcaps, m->body, fd);
        fd = -1;
        if (rc)
            sensor_broken(c, "gh-sensor sent a broken pcap", rc);
        break;
    case MSG_FLOW_STATE:
        acting_flow_state(c->acting, m->body);
        break;
    default:
        break;
    }
    if (fd >= 0)
        close(fd);
    if (c->sensor_final)
        emit_finish(c);
}

static void on_closed(void *arg, int rc)
{
    struct core *c = arg;

    c->sensor = NULL;
    c->sensor_gone = true;
    pcaps_abandon(c->pcaps);
    if (rc == ST_MALFORMED && !c->to_stdout)
        distrust_sensor(c);
    else if (rc == ST_MALFORMED)
        core_broken(c, "gh-sensor sent a message that the table does not allow", rc);
    emit_finish(c);
}

void intake_open(struct core *c, int fd)
{
    if (c->live) /* what a dead one had said counts; a replay begins anew in any case */
        proc_chan_drain(c->sensor);
    else
        proc_chan_remove(c->sensor);
    docs_clear(c->docs);
    pcaps_begin(c->pcaps);
    c->next_n = 1;
    c->life++;
    c->sensor_final = c->sensor_gone = false;
    c->finished = c->finished && !c->live;
    c->sensor = proc_chan_add(&c->proc, fd, ROLE_SENSOR, on_message, on_closed, c);
    if (!c->sensor)
        core_broken(c, "no channel to gh-sensor", ST_NOMEM);
    intake_pressure(c);
}

void intake_pressure(struct core *c)
{
    bool wait = c->policy && !judging_knows(c->judging);
    bool full = (!c->live && cases_full(c)) || output_pressing(c->output);

    if (c->sensor)
        proc_chan_pause(c->sensor, (wait || full) && !c->stopping);
}

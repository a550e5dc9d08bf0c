/* SPDX-License-Identifier: GPL-3.0-or-later
 * intake: what the sensor says, taken in record by record. */
#include "base/log.h"
#include "policy/core/core.h"
#include "policy/core/splice.h"

#include <stdio.h>
#include <unistd.h>

static void take_fileinfo(struct core *c, const struct event_record *e)
{
    struct doc *d = e->document ? docs_take(c->docs, e->document) : NULL;
    bool stored = d && c->outdir_fd >= 0 && splice_closed(e->json) && emit_store(c, d);

    writer_clear(&c->scratch);
    splice_fileinfo(&c->scratch, e->json, stored, (struct span){NULL, 0});
    emit_line(c, writer_span(&c->scratch));
    doc_free(d);
}

static void take_events(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    struct event_record e;
    struct span when = {NULL, 0};
    int rc;

    while ((rc = event_record_next(&r, &e)) == 1) {
        if (e.n != c->next_n || memchr(e.json.p, '\n', e.json.n)) {
            rc = ST_MALFORMED;
            break;
        }
        c->next_n++;
        c->own.received++;
        when = e.json;
        if (e.type == EVENT_FILEINFO)
            take_fileinfo(c, &e);
        else
            emit_line(c, e.json);
    }
    if (rc < 0)
        core_broken(c, "gh-sensor sent events that are not in order", rc);
    when = splice_timestamp(when);
    if (when.n && when.n < sizeof(c->timestamp))
        snprintf(c->timestamp, sizeof(c->timestamp), "%.*s", (int)when.n, (const char *)when.p);
}

static void take_ledger(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    uint8_t final;
    struct span json;

    (void)reader_le64(&r); /* the run: there is one */
    final = reader_u8(&r);
    json = reader_rest(&r);
    if (!reader_ok(&r) || json.n < 2 || memchr(json.p, '\n', json.n)) {
        core_broken(c, "gh-sensor sent a broken ledger", ST_MALFORMED);
        return;
    }
    if (!final)
        return;
    writer_clear(&c->final);
    writer_put(&c->final, json);
    c->sensor_final = true;
}

static void on_message(void *arg, const struct msg *m)
{
    struct core *c = arg;
    int fd = m->fd, rc = 0;

    if (loop_stopped(c->proc.loop)) { /* broken or finished: nothing more is believed */
        if (fd >= 0)
            close(fd);
        return;
    }
    switch (m->type) {
    case MSG_EVENTS:
        take_events(c, m->body);
        break;
    case MSG_DOCUMENT:
        rc = docs_add(c->docs, m->body, fd);
        fd = -1;
        if (rc)
            core_broken(c, "gh-sensor sent a broken document", rc);
        break;
    case MSG_LEDGER:
        take_ledger(c, m->body);
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
    if (rc == ST_MALFORMED)
        core_broken(c, "gh-sensor sent a message that the table does not allow", rc);
    emit_finish(c);
}

void intake_open(struct core *c, int fd)
{
    proc_chan_remove(c->sensor);
    docs_clear(c->docs);
    c->next_n = 1;
    c->sensor = proc_chan_add(&c->proc, fd, ROLE_SENSOR, on_message, on_closed, c);
    if (!c->sensor)
        core_broken(c, "no channel to gh-sensor", ST_NOMEM);
}

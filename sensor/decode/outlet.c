/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/outlet.h"

#include <stdlib.h>

#define DIRECT_MIN (32u << 10) /* so many bytes in one piece are sent as they are, not copied together */

int outlet_init(struct outlet *o, const struct host_out *out, unsigned hosts)
{
    *o = (struct outlet){.out = *out, .sources = calloc(hosts, sizeof(struct outlet_source))};
    writer_init(&o->batch, MSG_MAX);
    return o->sources ? 0 : ST_NOMEM;
}

void outlet_done(struct outlet *o)
{
    writer_done(&o->batch);
    free(o->sources);
    o->sources = NULL;
}

static void send_events(struct outlet *o, struct span records, uint64_t n)
{
    if (!n)
        return;
    if (o->out.send(o->out.arg, MSG_EVENTS, records, -1) == 0)
        o->sent += n;
    else
        o->unsent += n;
}

void outlet_flush(struct outlet *o)
{
    send_events(o, writer_span(&o->batch), o->batch_records);
    writer_clear(&o->batch);
    o->batch_records = 0;
}

static void send_document(struct outlet *o, struct outlet_source *s, struct chunk *c, struct chunk_entry *e)
{
    struct writer id;
    int fd = e->fd;

    *s = (struct outlet_source){e->document, ++o->documents};
    writer_fixed(&id, c->documents.p + e->start, 8); /* its first member */
    writer_le(&id, s->number, 8);
    e->fd = -1;
    if (o->out.send(o->out.arg, MSG_DOCUMENT, span_part(writer_span(&c->documents), e->start, e->n), fd) == 0)
        return;
    s->number = 0; /* its record goes out all the same, as one without bytes */
    o->documents_unsent++;
}

/* When it cannot be sent, the core will wait no longer than it must. */
static void send_pcap(struct outlet *o, const struct chunk *c, struct chunk_entry *e)
{
    int fd = e->fd;

    e->fd = -1;
    (void)o->out.send(o->out.arg, MSG_PCAP, span_part(writer_span(&c->documents), e->start, e->n), fd);
}

/* Records that lie in one piece. */
static void send_piece(struct outlet *o, struct span records, uint64_t n)
{
    if (o->batch.n + records.n > MSG_MAX)
        outlet_flush(o);
    if (!o->batch.n && records.n >= DIRECT_MIN && records.n <= MSG_MAX) {
        send_events(o, records, n);
        return;
    }
    writer_put(&o->batch, records);
    gh_check(writer_ok(&o->batch));
    o->batch_records += n;
    if (o->batch.n >= CHUNK_BYTES)
        outlet_flush(o);
}

void outlet_take(struct outlet *o, unsigned host, struct chunk *c, size_t to)
{
    struct outlet_source *s = &o->sources[host];
    size_t start = 0, end = 0;
    uint64_t n = 0;

    for (; c->done < to; c->done++) {
        struct chunk_entry *e = &c->entries[c->done];
        if (e->pcap) {
            send_pcap(o, c, e);
            continue;
        }
        if (e->fd >= 0) {
            send_document(o, s, c, e);
            continue;
        }
        if (n && e->start + e->n - start > MSG_MAX) {
            send_piece(o, span_part(writer_span(&c->events), start, end - start), n);
            n = 0;
        }
        if (!n)
            start = e->start;
        end = e->start + e->n;
        n++;
        event_record_number(c->events.p + e->start, ++o->n,
                            e->document && e->document == s->document ? s->number : 0);
    }
    if (n)
        send_piece(o, span_part(writer_span(&c->events), start, end - start), n);
}

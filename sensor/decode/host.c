/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"
#include "base/digest.h"

#include <stdlib.h>

#define PRESSURE_FLOWS 8 /* pushed out per packet while memory is short */

static void on_flow_end(void *arg, struct flow *f, enum flow_reason reason)
{
    struct proto_host *h = arg;

    if (reason == FLOW_TIMEOUT || reason == FLOW_SHUTDOWN)
        h->box.place.sub = PLACE_ENDS | flow_end_order(f);
    conn_finish(h, f);
    label_finish(h->labels, &f->label, &f->labelling);
    event_flow_end(h, f, reason);
    if (h->recorder)
        recorder_end(h->recorder, f->id);
    label_done(&f->label);
}

static int make_carver(struct proto_host *h, const struct host_options *opt)
{
    const struct carve_options carve = {.none = !opt->documents,
                                        .keep = opt->keep,
                                        /* What is only hashed takes no memory, so nothing needs to be cut. */
                                        .document_max =
                                            opt->keep ? opt->conf->sensor_document_max : UINT64_MAX,
                                        .purse = opt->purse,
                                        .decoded_max = opt->conf->sensor_http_decompress_max};
    h->carver = carver_new(&carve, event_document, h);
    return h->carver ? 0 : ST_NOMEM;
}

struct proto_host *host_new(const struct host_options *opt, outbox_fn *out, void *arg)
{
    const struct conf *conf = opt->conf;
    const struct flow_options flows = {conf->sensor_flows / opt->share, conf->sensor_tcp_timeout * 1000,
                                       conf->sensor_udp_timeout * 1000};
    struct stream_sink sink;
    struct proto_host *h = calloc(1, sizeof(*h));
    uint8_t sha1[20];

    if (!h)
        return NULL;
    digest_sha1("", 0, sha1); /* libcrypto reads its configuration now, not in the jail */
    /* Fragments have their eighth apart, so that they cannot starve the rest. */
    h->budget.max = (conf->sensor_memory - conf->sensor_memory / 8) / opt->share;
    targets_configured(&h->targets, conf->sensor_tcp_policy, conf->sensor_targets);
    h->iface = opt->iface;
    h->live = opt->iface != NULL;
    conn_sink(&sink);
    streams_init(&h->streams, &sink, &h->budget, conf->sensor_stream_memory);
    h->flows = flow_table_new(&flows, &h->budget, on_flow_end, h);
    h->labels = labels_new(&h->budget);
    h->expects = expects_new(&h->budget);
    if (outbox_init(&h->box, out, arg) == 0 && h->flows && h->labels && h->expects &&
        make_carver(h, opt) == 0 && record_init(h, conf, opt->share) == 0)
        return h;
    host_free(h);
    return NULL;
}

static struct chunk *discard(void *arg, struct chunk *full)
{
    (void)arg;
    chunk_clear(full);
    return full;
}

void host_free(struct proto_host *h)
{
    if (!h)
        return;
    if (h->flows && h->box.chunk) { /* parsers let go of what they hold, and nobody hears of it */
        h->box.fn = discard;
        flow_table_flush(h->flows, FLOW_SHUTDOWN);
    }
    lists_unref(h->lists);
    lists_unref(atomic_load(&h->offered));
    flow_table_free(h->flows);
    labels_free(h->labels);
    expects_free(h->expects);
    carver_free(h->carver);
    recorder_free(h->recorder);
    streams_done(&h->streams);
    conn_spare_free(h);
    outbox_done(&h->box);
    free(h);
}

/* ---- the way of a packet ---- */

static void label_flow(struct proto_host *h, struct flow *f, const struct packet *p)
{
    const struct label_packet lp = {p->l3, p->ts_us, p->proto == 6, !p->payload.n};

    if (!f->label.decided)
        label_packet(h->labels, &f->label, &f->labelling, &lp);
}

static void take_outer(struct proto_host *h, const struct packet *p)
{
    enum direction dir;
    struct flow *f = flow_table_packet(h->flows, p, &dir);

    if (f) {
        f->app_done = true;
        label_flow(h, f, p);
    }
}

static void relieve(struct proto_host *h)
{
    size_t high = h->budget.max - h->budget.max / 16;

    for (int i = 0; i < PRESSURE_FLOWS && h->budget.used > high; i++)
        if (!flow_table_push_out(h->flows, NULL))
            return;
}

/* A whole IP packet. */
static void take_packet(struct proto_host *h, const struct job *j)
{
    const struct packet *p = &j->p;
    enum direction dir;
    struct flow *f;

    relieve(h);
    f = flow_table_packet(h->flows, p, &dir);
    if (!f) {
        h->lost_memory += j->frames;
        return;
    }
    h->packets_out += j->frames;
    if (h->recorder)
        record_packet(h, f, j);
    label_flow(h, f, p);
    if (p->proto == 6)
        conn_segment(h, f, p, dir);
    else if (p->proto == 17)
        conn_datagram(h, f, p, dir);
}

void host_job(struct proto_host *h, const struct job *j)
{
    if (atomic_load_explicit(&h->offered, memory_order_relaxed))
        ioc_take(h);
    h->order = j->p.order;
    h->box.place = (struct place){j->p.number, PLACE_JOB | (j->p.order & 15)};
    switch (j->kind) {
    case JOB_PACKET:
        take_packet(h, j);
        break;
    case JOB_OUTER:
        take_outer(h, &j->p);
        break;
    case JOB_ANOMALY:
        event_decode_anomaly(h, &j->p, j->anomaly);
        break;
    case JOB_PART:
        record_part(h, j);
        break;
    case JOB_TICK:
        ioc_tick(h);
        if (j->holes)
            conn_holes(h, j->p.ts_us);
        flow_table_tick(h->flows, j->p.now_us);
        h->record_now_us = j->p.now_us;
        if (h->recorder)
            recorder_tick(h->recorder, j->p.now_us);
        break;
    case JOB_FINISH:
        flow_table_flush(h->flows, FLOW_SHUTDOWN);
        break;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"
#include "base/digest.h"

#include <stdlib.h>
#include <unistd.h>

#define BATCH_MAX (2 * MSG_MAX) /* the batch that is full and one event more */
#define REASSEMBLIES 4          /* fragments in tunnels in fragments … */
#define HOLES_US 500000u        /* how often holes are looked at */
#define PRESSURE_FLOWS 8        /* pushed out per packet while memory is short */

static void on_flow_end(void *arg, struct flow *f, enum flow_reason reason)
{
    struct proto_host *h = arg;

    conn_finish(h, f);
    label_finish(h->labels, &f->label, &f->labelling);
    event_flow_end(h, f, reason);
    label_done(&f->label);
}

static int make_carver(struct proto_host *h, const struct host_options *opt)
{
    const struct carve_options carve = {.none = !opt->documents,
                                        .keep = opt->keep,
                                        /* What is only hashed takes no memory, so nothing needs to be cut. */
                                        .document_max =
                                            opt->keep ? opt->conf->sensor_document_max : UINT64_MAX,
                                        .memory_max = opt->conf->sensor_documents_memory,
                                        .decoded_max = opt->conf->sensor_http_decompress_max};
    h->carver = carver_new(&carve, event_document, h);
    return h->carver ? 0 : ST_NOMEM;
}

/* Both keys were checked when the configuration was read. */
static void targets_of_conf(struct targets *t, const struct conf *conf)
{
    struct writer err;

    writer_init(&err, 1024);
    gh_check(target_policy_find(span_str(conf->sensor_tcp_policy), &t->standard) &&
             targets_parse(t, span_str(conf->sensor_targets), &err) == 0);
    writer_done(&err);
}

struct proto_host *host_new(const struct host_options *opt, const struct host_out *out)
{
    const struct conf *conf = opt->conf;
    const struct flow_options flows = {conf->sensor_flows, conf->sensor_tcp_timeout * 1000,
                                       conf->sensor_udp_timeout * 1000};
    struct defrag_options defrag = {conf->sensor_fragments, conf->sensor_memory / 8,
                                    conf->sensor_fragment_timeout * 1000, NULL};
    struct stream_sink sink;
    struct proto_host *h = calloc(1, sizeof(*h));

    uint8_t sha1[20];

    if (!h)
        return NULL;
    digest_sha1("", 0, sha1); /* libcrypto reads its configuration now, not in the jail */
    /* Fragments have their eighth apart, so that they cannot starve the rest. */
    h->budget.max = conf->sensor_memory - conf->sensor_memory / 8;
    h->out = *out;
    targets_of_conf(&h->targets, conf);
    defrag.targets = &h->targets;
    h->iface = opt->iface;
    h->live = opt->iface != NULL;
    h->run = opt->run;
    writer_init(&h->batch, BATCH_MAX);
    conn_sink(&sink);
    streams_init(&h->streams, &sink, &h->budget, conf->sensor_stream_memory);
    h->flows = flow_table_new(&flows, &h->budget, on_flow_end, h);
    h->labels = labels_new(&h->budget);
    h->defrag = defrag_new(&defrag);
    h->expects = expects_new(&h->budget);
    if (h->flows && h->labels && h->defrag && h->expects && make_carver(h, opt) == 0)
        return h;
    host_free(h);
    return NULL;
}

static int discard(void *arg, enum msg_type type, struct span body, int fd)
{
    (void)arg;
    (void)type;
    (void)body;
    if (fd >= 0)
        close(fd);
    return ST_CLOSED;
}

void host_free(struct proto_host *h)
{
    if (!h)
        return;
    if (h->flows) { /* given up before its end: parsers let go of what they hold, and nobody hears of it */
        h->out = (struct host_out){discard, NULL};
        flow_table_flush(h->flows, FLOW_SHUTDOWN);
    }
    lists_unref(h->lists);
    lists_unref(atomic_load(&h->offered));
    flow_table_free(h->flows);
    labels_free(h->labels);
    defrag_free(h->defrag);
    expects_free(h->expects);
    carver_free(h->carver);
    streams_done(&h->streams);
    conn_spare_free(h);
    writer_done(&h->batch);
    free(h);
}

/* ---- the way of a packet ---- */

static void label_flow(struct proto_host *h, struct flow *f, const struct packet *p)
{
    const struct label_packet lp = {p->l3, p->ts_us, p->proto == 6, !p->payload.n};

    if (!f->label.decided)
        label_packet(h->labels, &f->label, &f->labelling, &lp);
}

/* The conversation of the tunnel's ends. */
static void take_outer(struct proto_host *h, const struct packet *p)
{
    struct packet outer;
    enum direction dir;
    struct flow *f;

    if (!packet_outer(p, &outer))
        return;
    f = flow_table_packet(h->flows, &outer, &dir);
    if (f) {
        f->app_done = true;
        label_flow(h, f, &outer);
    }
}

static void relieve(struct proto_host *h)
{
    size_t high = h->budget.max - h->budget.max / 16;

    for (int i = 0; i < PRESSURE_FLOWS && h->budget.used > high; i++)
        if (!flow_table_push_out(h->flows, NULL))
            return;
}

/* A whole IP packet that came in so many frames. */
static void take_packet(struct proto_host *h, const struct packet *p, uint64_t frames)
{
    enum direction dir;
    struct flow *f;

    relieve(h);
    f = flow_table_packet(h->flows, p, &dir);
    if (!f) {
        h->lost[PACKET_FLOW_MEMORY] += frames;
        return;
    }
    h->packets_out += frames;
    label_flow(h, f, p);
    if (p->proto == 6)
        conn_segment(h, f, p, dir);
    else if (p->proto == 17)
        conn_datagram(h, f, p, dir);
}

/* Waits for the other fragments. True when the datagram is whole, with p decoded anew; *frames are those it
 * came in. */
static bool reassemble(struct proto_host *h, struct packet *p, uint64_t *frames)
{
    struct defrag_result r;
    enum packet_verdict v;

    if (*frames > 1) { /* fragments within a reassembled datagram: the last frame stands for this one */
        h->packets_out += *frames - 1;
        *frames = 1;
    }
    v = defrag_add(h->defrag, p, &r);
    if (r.conflict)
        event_decode_anomaly(h, p, p->ipv6 ? "decoder.ipv6.frag_overlap" : "decoder.ipv4.frag_overlap");
    if (v != PACKET_OK)
        return false; /* accounted by defrag */
    *frames = r.packets;
    p->wire_bytes = r.l3.n;
    v = packet_decode_ip(p, r.l3);
    if (v != PACKET_OK)
        h->lost[v] += *frames;
    return v == PACKET_OK;
}

/* By packet time, which may also jump back with another capture. */
static void look_at_holes(struct proto_host *h, uint64_t now_us)
{
    if (h->holes && (now_us > h->holes_us + HOLES_US || now_us < h->holes_us))
        conn_holes(h, now_us);
}

void host_frame(struct proto_host *h, const struct frame *f)
{
    struct packet p = {.ts_us = f->ts_us, .number = ++h->frames, .wire_bytes = f->wire_bytes};
    enum packet_verdict v = packet_decode(&p, f->link_type, f->bytes);
    uint64_t frames = 1;

    if (atomic_load_explicit(&h->offered, memory_order_relaxed))
        ioc_take(h);
    look_at_holes(h, f->ts_us);
    if (v != PACKET_OK) {
        h->lost[v]++;
        return;
    }
    for (int i = 0; p.fragment; i++) {
        if (p.tunnel)
            take_outer(h, &p);
        if (i == REASSEMBLIES) {
            h->lost[PACKET_TOO_DEEP] += frames;
            return;
        }
        if (!reassemble(h, &p, &frames))
            return;
    }
    if (p.tunnel) {
        take_outer(h, &p);
        p.wire_bytes = p.l3.n;
    }
    take_packet(h, &p, frames);
}

void host_lost(struct proto_host *h, const char *reason, uint64_t frames)
{
    for (size_t i = 0; i < GH_COUNT(h->lost_before); i++) {
        if (h->lost_before[i].reason && strcmp(h->lost_before[i].reason, reason) != 0)
            continue;
        h->lost_before[i].reason = reason;
        h->lost_before[i].n += frames;
        return;
    }
    gh_check(!"more reasons than there are");
}

void host_tick(struct proto_host *h, uint64_t wall_us)
{
    ioc_take(h);
    ioc_tick(h);
    look_at_holes(h, wall_us);
    flow_table_tick(h->flows, wall_us);
    defrag_expire(h->defrag, wall_us);
}

void host_finish(struct proto_host *h)
{
    defrag_flush(h->defrag);
    flow_table_flush(h->flows, FLOW_SHUTDOWN);
    host_ledger_send(h, true);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"
#include "base/clock.h"

void host_flush(struct proto_host *h)
{
    outbox_flush(&h->box);
}

/* ---- events ---- */

/* Most events fall into the second of the one before: only the fraction changes then. */
static const char *event_time(struct proto_host *h, uint64_t ts_us)
{
    if (ts_us / 1000000 != h->iso_second || !h->iso[0]) {
        h->iso_second = ts_us / 1000000;
        return clock_iso(ts_us, h->iso);
    }
    for (uint64_t us = ts_us % 1000000, i = 0; i < 6; i++, us /= 10)
        h->iso[25 - i] = (char)('0' + us % 10);
    return h->iso;
}

void event_begin(struct proto_host *h, enum event_type type, uint64_t ts_us, uint64_t pcap_cnt,
                 struct jw *ret)
{
    static const uint8_t head[EVENT_RECORD_HEAD];

    gh_check(!h->event_open);
    outbox_make_room(&h->box);
    h->event_open = true;
    h->event_type = type;
    h->ioc_flow = NULL;
    h->ioc_now_s = ts_us / 1000000;
    h->events_in++;
    h->record = h->box.chunk->events.n;
    writer_bytes(&h->box.chunk->events, head, sizeof(head)); /* filled in by event_end */
    jw_init(ret, &h->box.chunk->events);
    jw_obj(ret);
    jw_kplain(ret, "timestamp", event_time(h, ts_us));
    if (pcap_cnt && !h->live)
        jw_ku64(ret, "pcap_cnt", pcap_cnt);
    jw_kcstr(ret, "in_iface", h->iface);
    jw_kplain(ret, "event_type", event_type_name(type));
}

void event_end(struct proto_host *h, struct jw *j, uint64_t document)
{
    struct writer head, *w = &h->box.chunk->events;
    struct event_record r = {.type = h->event_type, .document = document};
    size_t n;

    gh_check(h->event_open && j->depth == 1);
    h->event_open = false;
    jw_end_obj(j);
    if (h->lists)
        ioc_event(h, h->event_type);
    n = w->n - h->record;
    if (!writer_ok(w) || n > MSG_MAX) {
        h->events_too_long++;
        w->n = h->record;
        w->bad = false;
        return;
    }
    r.json = span_part(writer_span(w), h->record + EVENT_RECORD_HEAD, n - EVENT_RECORD_HEAD);
    writer_fixed(&head, w->p + h->record, EVENT_RECORD_HEAD);
    event_record_head_put(&head, &r); /* its number is the outlet's to give */
    gh_check(writer_ok(&head));
    outbox_event(&h->box, h->record, document);
}

uint64_t host_events(const struct proto_host *h)
{
    return h->box.events;
}

void event_flow_end(struct proto_host *h, struct flow *f, enum flow_reason reason)
{
    struct jw j;

    event_begin(h, EVENT_FLOW, f->last_us, 0, &j);
    h->ioc_flow = f;
    h->ioc_dir = TO_SERVER;
    flow_event_common(&j, f, TO_SERVER);
    flow_event_body(&j, f, reason, h->labels);
    event_end(h, &j, 0);
    h->flow_events++;
}

void event_document(void *host, const struct event_document *d, int fd)
{
    struct proto_host *h = host;

    outbox_document(&h->box, d, fd);
}

/* ---- the parsers' side, see proto.h ---- */

static struct conn *conn_of(struct proto_ctx *cx)
{
    return (struct conn *)cx; /* cx is its first member, and parsers get it from nowhere else */
}

/* What is read inside another protocol (tunnel.h) goes by its own name. */
static void conn_members(struct jw *j, struct conn *c, enum direction dir)
{
    const char *outer = c->flow->app_proto;

    if (c->cx.app_proto)
        c->flow->app_proto = c->cx.app_proto;
    c->cx.host->ioc_flow = c->flow;
    c->cx.host->ioc_dir = dir;
    flow_event_common(j, c->flow, dir);
    c->flow->app_proto = outer;
}

void proto_event_begin(struct proto_ctx *cx, enum event_type type, enum direction dir, int64_t tx,
                       struct jw *ret)
{
    event_begin(cx->host, type, cx->now_us, cx->pcap_cnt, ret);
    conn_members(ret, conn_of(cx), dir);
    jw_kplain(ret, "direction", dir == TO_SERVER ? "to_server" : "to_client");
    if (tx >= 0)
        jw_ku64(ret, "tx_id", (uint64_t)tx);
}

void proto_event_end(struct proto_ctx *cx, struct jw *j, uint64_t document)
{
    event_end(cx->host, j, document);
}

/* The bit of an oddity's name; names are few and static, so they are looked up one by one. */
static int anomaly_bit(struct proto_host *h, const char *name)
{
    for (size_t i = 0; i < h->n_anomalies; i++)
        if (h->anomaly_names[i] == name || !strcmp(h->anomaly_names[i], name))
            return (int)i;
    if (h->n_anomalies == HOST_ANOMALIES)
        return -1;
    h->anomaly_names[h->n_anomalies] = name;
    return (int)h->n_anomalies++;
}

static void write_anomaly(struct jw *j, const char *name, const char *app_proto)
{
    bool stream = !strncmp(name, "stream.", 7);

    jw_kobj(j, "anomaly");
    if (!stream)
        jw_kcstr(j, "app_proto", app_proto);
    jw_kcstr(j, "type", stream ? "stream" : "applayer");
    jw_kcstr(j, "event", name);
    if (!stream)
        jw_kcstr(j, "layer", "proto_parser");
    jw_end_obj(j);
}

void proto_anomaly(struct proto_ctx *cx, enum direction dir, const char *name)
{
    struct conn *c = conn_of(cx);
    struct proto_host *h = cx->host;
    int bit = anomaly_bit(h, name);
    struct jw j;

    if (bit < 0)
        return;
    h->anomaly_counts[bit]++;
    /* An event may be open just now: then the oddity shows in the count only, until it happens again. */
    if (h->event_open || (c->anomalies[bit / 64] >> bit % 64 & 1))
        return;
    c->anomalies[bit / 64] |= 1ull << bit % 64;
    event_begin(h, EVENT_ANOMALY, cx->now_us, cx->pcap_cnt, &j);
    conn_members(&j, c, dir);
    write_anomaly(&j, name, cx->app_proto);
    event_end(h, &j, 0);
}

void event_decode_anomaly(struct proto_host *h, const struct packet *p, const char *name)
{
    char ip[FLOW_IP_SIZE];
    struct jw j;

    event_begin(h, EVENT_ANOMALY, p->ts_us, p->number, &j);
    jw_kcstr(&j, "src_ip", flow_ip(p->src, p->ipv6, ip));
    jw_kcstr(&j, "dest_ip", flow_ip(p->dst, p->ipv6, ip));
    jw_kobj(&j, "anomaly");
    jw_kcstr(&j, "type", "decode");
    jw_kcstr(&j, "event", name);
    jw_end_obj(&j);
    event_end(h, &j, 0);
}

bool proto_charge(struct proto_ctx *cx, size_t bytes)
{
    return budget_take(&cx->host->budget, bytes);
}

void proto_release(struct proto_ctx *cx, size_t bytes)
{
    budget_give(&cx->host->budget, bytes);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"
#include "base/log.h"

static void account_packets(const struct proto_host *h, struct ledger *l)
{
    const struct defrag_counts *d = defrag_counts(h->defrag);
    uint64_t before = 0;

    for (size_t i = 0; i < GH_COUNT(h->lost_before); i++) {
        before += h->lost_before[i].n;
        if (h->lost_before[i].reason)
            ledger_lost(l, LEDGER_PACKETS, h->lost_before[i].reason, h->lost_before[i].n);
    }
    for (size_t v = 0; v < PACKET_VERDICT_COUNT; v++)
        ledger_lost(l, LEDGER_PACKETS, packet_verdict_name((enum packet_verdict)v), h->lost[v]);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_LOST), d->lost_incomplete);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_BAD), d->lost_malformed);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_FULL), d->lost_full);
    ledger_set(l, LEDGER_PACKETS, h->frames + before - d->held, h->packets_out);
}

static void account_segments(const struct proto_host *h, struct ledger *l)
{
    const struct stream_counts *s = &h->streams.counts;

    ledger_lost(l, LEDGER_SEGMENTS, "stream_memory", s->lost_memory);
    ledger_lost(l, LEDGER_SEGMENTS, "outside_window", s->lost_outside);
    ledger_lost(l, LEDGER_SEGMENTS, "after_end", s->lost_after_end);
    ledger_lost(l, LEDGER_SEGMENTS, "before_start", s->lost_before_start);
    ledger_set(l, LEDGER_SEGMENTS, s->in - s->held + h->segments_unread, s->delivered + h->segments_unread);
}

static void account_documents(const struct proto_host *h, struct ledger *l)
{
    const struct carve_counts *c = carver_counts(h->carver);
    uint64_t out = c->closed + c->truncated_limit + c->truncated_gap + c->truncated_end;

    /* Those that are open now have not come in yet: they have neither a size nor an end. */
    ledger_lost(l, LEDGER_DOCUMENTS, "memory", c->lost_memory);
    ledger_lost(l, LEDGER_DOCUMENTS, "core_slow", h->documents_unsent);
    ledger_set(l, LEDGER_DOCUMENTS, c->opened - c->not_documents - c->open, out - h->documents_unsent);
}

void host_ledger(struct proto_host *h, struct ledger *ret)
{
    const struct flow_counts *f = flow_table_counts(h->flows);

    ledger_init(ret);
    account_packets(h, ret);
    account_segments(h, ret);
    ledger_set(ret, LEDGER_FLOWS, f->opened - flow_table_count(h->flows), h->flow_events);
    account_documents(h, ret);
    ledger_lost(ret, LEDGER_EVENTS, "too_long", h->events_too_long);
    ledger_lost(ret, LEDGER_EVENTS, "core_slow", h->events_unsent);
    ledger_set(ret, LEDGER_EVENTS, h->events_in - h->events_batch, h->events_sent);
}

void host_ledger_send(struct proto_host *h, bool final)
{
    struct ledger l;
    uint8_t bytes[16384];
    struct writer w;
    struct jw j;

    host_flush(h);
    host_ledger(h, &l);
    if (!ledger_close(&l))
        log_error(
            "the ledger does not add up: this is a fault of ours, see \"unaccounted\" in the stats event");
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, h->run, 8);
    writer_u8(&w, final);
    jw_init(&j, &w);
    ledger_write(&l, &j);
    lists_append(h->lists, LISTS_MAX, &w);
    gh_check(writer_ok(&w));
    if (h->out.send(h->out.arg, MSG_LEDGER, writer_span(&w), -1) != 0 && final)
        log_error("the final ledger could not be sent");
}

void host_facts(const struct proto_host *h, size_t core_queue, struct writer *w)
{
    uint64_t before = 0;
    struct jw j;

    jw_init(&j, w);
    jw_obj(&j);
    jw_ku64(&j, "packets", h->frames);
    for (size_t i = 0; i < GH_COUNT(h->lost_before); i++) {
        before += h->lost_before[i].n;
        if (h->lost_before[i].reason)
            jw_ku64(&j, h->lost_before[i].reason, h->lost_before[i].n);
    }
    jw_ku64(&j, "packets_lost", before);
    jw_ku64(&j, "flows", flow_table_count(h->flows));
    jw_ku64(&j, "flows_pushed_out", flow_table_counts(h->flows)->forced);
    jw_ku64(&j, "memory", h->budget.used + defrag_counts(h->defrag)->memory);
    jw_ku64(&j, "memory_max", h->budget.max);
    jw_ku64(&j, "documents_open", carver_counts(h->carver)->open);
    jw_ku64(&j, "events", host_events(h));
    jw_ku64(&j, "events_lost", h->events_unsent + h->events_too_long);
    jw_ku64(&j, "core_queue", core_queue);
    jw_end_obj(&j);
}

void host_query(struct proto_host *h, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t id = reader_le64(&r), request = reader_le64(&r);
    struct flow *f;
    struct event_target t = {0};
    uint8_t bytes[256];
    struct writer w;

    if (!reader_ok(&r) || reader_left(&r))
        return;
    f = flow_table_by_id(h->flows, id);
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, request, 8);
    writer_u8(&w, f != NULL);
    if (f) {
        t = (struct event_target){.ipv6 = f->ipv6,
                                  .client_port = f->port[TO_SERVER],
                                  .server_port = f->port[TO_CLIENT],
                                  .client_seq = f->seq[TO_SERVER],
                                  .server_seq = f->seq[TO_CLIENT],
                                  .client_window = f->window[TO_SERVER],
                                  .server_window = f->window[TO_CLIENT],
                                  .vlan = {f->vlan[TO_SERVER][0], f->vlan[TO_SERVER][1]}};
        memcpy(t.client, f->addr[TO_SERVER], 16);
        memcpy(t.server, f->addr[TO_CLIENT], 16);
        memcpy(t.client_mac, f->mac[TO_SERVER], 6);
        memcpy(t.server_mac, f->mac[TO_CLIENT], 6);
        if (h->iface)
            memcpy(t.iface, h->iface, strnlen(h->iface, sizeof(t.iface) - 1));
    }
    event_target_put(&w, &t);
    gh_check(writer_ok(&w));
    (void)h->out.send(h->out.arg, MSG_FLOW_STATE, writer_span(&w),
                      -1); /* unanswered: the core asks for no reset */
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"

static void account_segments(const struct proto_host *h, struct ledger *l)
{
    const struct stream_counts *s = &h->streams.counts;

    ledger_lost(l, LEDGER_SEGMENTS, "stream_memory", s->lost_memory);
    ledger_lost(l, LEDGER_SEGMENTS, "outside_window", s->lost_outside);
    ledger_lost(l, LEDGER_SEGMENTS, "after_end", s->lost_after_end);
    ledger_lost(l, LEDGER_SEGMENTS, "before_start", s->lost_before_start);
    ledger_lost(l, LEDGER_SEGMENTS, "bad_checksum", s->lost_checksum);
    ledger_add(l, LEDGER_SEGMENTS, s->in - s->held + h->segments_unread, s->delivered + h->segments_unread);
}

static void account_documents(const struct proto_host *h, struct ledger *l)
{
    const struct carve_counts *c = carver_counts(h->carver);
    uint64_t out = c->closed + c->truncated_limit + c->truncated_gap + c->truncated_end;

    /* Those that are open now have not come in yet: they have neither a size nor an end. */
    ledger_lost(l, LEDGER_DOCUMENTS, "memory", c->lost_memory);
    ledger_add(l, LEDGER_DOCUMENTS, c->opened - c->not_documents - c->open, out);
}

void host_account(const struct proto_host *h, struct ledger *l)
{
    const struct flow_counts *f = flow_table_counts(h->flows);

    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FLOW_MEMORY), h->lost_memory);
    ledger_add(l, LEDGER_PACKETS, 0, h->packets_out);
    account_segments(h, l);
    ledger_add(l, LEDGER_FLOWS, f->opened - flow_table_count(h->flows), h->flow_events);
    l->pushed_out += f->forced;
    account_documents(h, l);
    ledger_lost(l, LEDGER_EVENTS, "too_long", h->events_too_long);
    ledger_add(l, LEDGER_EVENTS, h->events_in, 0);
}

void host_facts_add(const struct proto_host *h, struct host_facts *sum)
{
    sum->flows += flow_table_count(h->flows);
    sum->flows_pushed_out += flow_table_counts(h->flows)->forced;
    sum->memory += h->budget.used;
    sum->memory_max += h->budget.max;
    sum->documents_open += carver_counts(h->carver)->open;
    sum->events_lost += h->events_too_long;
}

bool host_target(struct proto_host *h, uint64_t id, struct event_target *ret)
{
    const struct flow *f = flow_table_by_id(h->flows, id);

    if (!f)
        return false;
    *ret = (struct event_target){.ipv6 = f->ipv6,
                                 .client_port = f->port[TO_SERVER],
                                 .server_port = f->port[TO_CLIENT],
                                 .client_seq = f->seq[TO_SERVER],
                                 .server_seq = f->seq[TO_CLIENT],
                                 .client_window = f->window[TO_SERVER],
                                 .server_window = f->window[TO_CLIENT],
                                 .vlan = {f->vlan[TO_SERVER][0], f->vlan[TO_SERVER][1]}};
    memcpy(ret->client, f->addr[TO_SERVER], 16);
    memcpy(ret->server, f->addr[TO_CLIENT], 16);
    memcpy(ret->client_mac, f->mac[TO_SERVER], 6);
    memcpy(ret->server_mac, f->mac[TO_CLIENT], 6);
    if (h->iface)
        memcpy(ret->iface, h->iface, strnlen(h->iface, sizeof(ret->iface) - 1));
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whose bytes are these? First bytes of a connection are shown to the probes of all parsers, by content,
 * never by port. */
#include "sensor/decode/host_impl.h"

#include <stdlib.h>

#define DATAGRAM_TRIES 4 /* datagrams that the probes may look at */
/* Bytes of an unknown direction after which the other one is not waited for. Who joins late sees the rest of
 * what was asked for before: with SMB that may be all credits' worth of reads of 8 MiB. */
#define SKIPPED_MAX (64u << 10)
#define SKIPPED_MIDSTREAM_MAX (64u << 20)

static const struct proto *probe_all(struct conn *c, enum direction dir, struct span first, bool *ret_more)
{
    *ret_more = false;
    for (size_t i = 0; i < protos_count; i++) {
        const struct proto *p = protos[i];
        if (c->cx.udp ? !p->datagram : !p->feed)
            continue;
        switch (p->probe(&c->cx, dir, first)) {
        case PROBE_YES:
            return p;
        case PROBE_MORE:
            *ret_more = true;
            break;
        case PROBE_NO:
            break;
        }
    }
    return NULL;
}

static bool conn_open(struct proto_host *h, struct conn *c, const struct proto *p)
{
    if (!budget_take(&h->budget, p->state_size))
        goto refused;
    c->state = calloc(1, p->state_size ? p->state_size : 1);
    if (!c->state)
        goto refused_state;
    c->cx.app_proto = p->name;
    if (p->open(c->state, &c->cx) != 0) {
        c->cx.app_proto = NULL;
        free(c->state);
        c->state = NULL;
        goto refused_state;
    }
    c->proto = p;
    c->flow->app_proto = p->name;
    return true;
refused_state:
    budget_give(&h->budget, p->state_size);
refused:
    h->parsers_refused++;
    return false;
}

/* Who was taken for the client speaks like a server: only believed when no handshake was seen (TCP), or
 * nobody has answered yet (UDP). */
static const struct proto *probe_swapped(struct conn *c, enum direction *dir, struct span first)
{
    const struct proto *p;
    bool more;

    if (c->ready[!*dir] || c->flow->packets[!*dir] || !(c->cx.udp || c->flow->midstream))
        return NULL;
    p = probe_all(c, (enum direction) !*dir, first, &more);
    if (!p)
        return NULL;
    flow_swap(c->flow);
    memcpy(c->cx.client, c->flow->addr[TO_SERVER], 16);
    memcpy(c->cx.server, c->flow->addr[TO_CLIENT], 16);
    c->cx.client_port = c->flow->port[TO_SERVER];
    c->cx.server_port = c->flow->port[TO_CLIENT];
    if (!c->cx.udp) {
        c->stream[!*dir] = c->stream[*dir];
        c->stream[!*dir].dir = !*dir;
        c->ready[!*dir] = true;
        c->ready[*dir] = false;
    }
    *dir = (enum direction) !*dir;
    return p;
}

/* The parser is there: it gets what was kept, in the order in which the directions began to speak. */
static void feed_first(struct proto_host *h, struct conn *c)
{
    for (int i = 0; i < 2; i++) {
        enum direction d = (enum direction)(i ? !c->first_dir : c->first_dir);
        struct span kept = span_of(c->first[d], c->first_n[d]);
        if (kept.n || c->skipped[d])
            conn_feed(c, d, kept);
        conn_first_free(h, c, d);
        if (c->ended[d])
            c->proto->end(c->state, &c->cx, d);
    }
}

/* No parser knows this direction. When neither is known, nobody reads the connection. */
void conn_refuse(struct proto_host *h, struct conn *c, enum direction dir, size_t bytes)
{
    c->refused[dir] = true;
    c->skipped[dir] += c->first_n[dir] + bytes;
    conn_first_free(h, c, dir);
    if (c->refused[!dir] || c->skipped[dir] > (c->cx.midstream ? SKIPPED_MIDSTREAM_MAX : SKIPPED_MAX))
        conn_drop(c);
}

static bool keep_first(struct proto_host *h, struct conn *c, enum direction dir, struct span bytes)
{
    if (!c->first[dir]) {
        if (!budget_take(&h->budget, HOST_FIRST))
            return false;
        c->first[dir] = malloc(HOST_FIRST);
        if (!c->first[dir]) {
            budget_give(&h->budget, HOST_FIRST);
            return false;
        }
    }
    bytes = span_part(bytes, 0, HOST_FIRST - c->first_n[dir]);
    if (bytes.p)
        memcpy(c->first[dir] + c->first_n[dir], bytes.p, bytes.n);
    c->first_n[dir] = (uint16_t)(c->first_n[dir] + bytes.n);
    return true;
}

/* Bytes of a direction whose parser is not known yet. */
void conn_decide(struct proto_host *h, struct conn *c, enum direction dir, struct span bytes)
{
    size_t kept = c->first_n[dir], add = bytes.n < HOST_FIRST - kept ? bytes.n : HOST_FIRST - kept;
    struct span first = span_part(bytes, 0, HOST_FIRST);
    const struct proto *p;
    bool more;

    if (!c->first[0] && !c->first[1])
        c->first_dir = dir;
    if (kept) {
        if (!keep_first(h, c, dir, span_part(bytes, 0, add)))
            add = 0;
        first = span_of(c->first[dir], c->first_n[dir]);
    }
    p = expect_lookup(h->expects, &c->cx, false);
    more = false;
    if (!p)
        p = probe_all(c, dir, first, &more);
    if (!p && !more && !kept)
        p = probe_swapped(c, &dir, first);
    if (!p && !more)
        p = expect_lookup(h->expects, &c->cx, true);
    if (p && conn_open(h, c, p)) {
        feed_first(h, c);
        conn_feed(c, dir, kept ? span_part(bytes, add, bytes.n) : bytes);
        return;
    }
    if (!p && more && first.n < HOST_FIRST && (kept || keep_first(h, c, dir, bytes)))
        return;
    conn_refuse(h, c, dir, kept ? bytes.n - add : bytes.n);
}

void conn_decide_end(struct proto_host *h, struct conn *c, enum direction dir)
{
    const struct proto *p = c->first_n[dir] ? expect_lookup(h->expects, &c->cx, true) : NULL;

    if (p && conn_open(h, c, p))
        feed_first(h, c);
    else
        conn_refuse(h, c, dir, 0);
}

void conn_decide_datagram(struct proto_host *h, struct conn *c, enum direction dir, struct span bytes)
{
    bool more;
    const struct proto *p = expect_lookup(h->expects, &c->cx, false);

    if (!p)
        p = probe_all(c, dir, bytes, &more);
    if (!p)
        p = probe_swapped(c, &dir, bytes);
    if (p && conn_open(h, c, p))
        p->datagram(c->state, &c->cx, dir, bytes);
    else if (++c->tries >= DATAGRAM_TRIES)
        conn_drop(c);
}

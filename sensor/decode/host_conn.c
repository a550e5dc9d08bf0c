/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/host_impl.h"
#include "sensor/decode/packet_sum.h"

#include <stdlib.h>

#define SPARE_CONNS 256
#define TCP_CONN (sizeof(struct conn) + 2 * sizeof(struct stream))

/* ---- birth and death ---- */

static struct conn *conn_new(struct proto_host *h, struct flow *f)
{
    bool tcp = f->proto == 6;
    size_t size = tcp ? TCP_CONN : sizeof(struct conn);
    struct conn *c = NULL;

    if (!budget_take(&h->budget, size))
        goto refused;
    if (tcp && h->spare_tcp) {
        c = h->spare_tcp;
        h->spare_tcp = c->state;
        h->n_spare_tcp--;
    } else {
        c = malloc(size);
    }
    if (!c) {
        budget_give(&h->budget, size);
        goto refused;
    }
    memset(c, 0, size);
    c->flow = f;
    c->cx = (struct proto_ctx){.host = h,
                               .carver = h->carver,
                               .expects = h->expects,
                               .flow_id = f->id,
                               .ipv6 = f->ipv6,
                               .udp = !tcp,
                               .midstream = f->midstream,
                               .client_port = f->port[TO_SERVER],
                               .server_port = f->port[TO_CLIENT]};
    memcpy(c->cx.client, f->addr[TO_SERVER], 16);
    memcpy(c->cx.server, f->addr[TO_CLIENT], 16);
    f->app = c;
    return c;
refused:
    h->parsers_refused++;
    f->app_done = true;
    return NULL;
}

void conn_spare_free(struct proto_host *h)
{
    while (h->spare_tcp) {
        struct conn *c = h->spare_tcp;
        h->spare_tcp = c->state;
        free(c);
    }
}

void conn_first_free(struct proto_host *h, struct conn *c, int dir)
{
    if (!c->first[dir])
        return;
    free(c->first[dir]);
    c->first[dir] = NULL;
    c->first_n[dir] = 0;
    budget_give(&h->budget, HOST_FIRST);
}

/* Is it in the list of those that wait for bytes, as it should be? */
static void holes_update(struct proto_host *h, struct conn *c, bool has_hole)
{
    if (has_hole == c->in_holes)
        return;
    c->in_holes = has_hole;
    if (has_hole) {
        c->hole_order = h->order;
        c->older_hole = h->youngest_hole;
        c->younger_hole = NULL;
        *(h->youngest_hole ? &h->youngest_hole->younger_hole : &h->oldest_hole) = c;
        h->youngest_hole = c;
        return;
    }
    *(c->younger_hole ? &c->younger_hole->older_hole : &h->youngest_hole) = c->older_hole;
    *(c->older_hole ? &c->older_hole->younger_hole : &h->oldest_hole) = c->younger_hole;
}

static void conn_free(struct proto_host *h, struct conn *c)
{
    struct flow *f = c->flow;

    holes_update(h, c, false);
    if (c->proto) {
        conn_other_close(c);
        c->proto->close(c->state, &c->cx);
        f->app_proto = c->cx.app_proto;
        free(c->state);
        budget_give(&h->budget, c->proto->state_size);
    }
    for (int d = 0; d < 2; d++) {
        conn_first_free(h, c, d);
        if (c->ready[d])
            stream_done(&h->streams, &c->stream[d]);
    }
    f->app = NULL;
    f->app_done = true;
    budget_give(&h->budget, c->cx.udp ? sizeof(*c) : TCP_CONN);
    if (!c->cx.udp && h->n_spare_tcp < SPARE_CONNS) {
        c->state = h->spare_tcp;
        h->spare_tcp = c;
        h->n_spare_tcp++;
    } else {
        free(c);
    }
}

/* Nobody reads it (any more): freed when the current call is over. */
void conn_drop(struct conn *c)
{
    c->dead = true;
    for (int d = 0; d < 2; d++)
        if (c->ready[d])
            stream_stop(&c->stream[d]);
}

/* ---- TCP ---- */

void conn_feed(struct conn *c, enum direction dir, struct span bytes)
{
    if (c->skipped[dir]) {
        c->proto->gap(c->state, &c->cx, dir, c->skipped[dir]);
        c->skipped[dir] = 0;
    }
    if (bytes.n)
        c->proto->feed(c->state, &c->cx, dir, bytes);
}

static void on_data(void *arg, enum direction dir, struct span bytes)
{
    struct conn *c = arg;

    if (c->proto)
        conn_feed(c, dir, bytes);
    else if (!c->refused[dir])
        conn_decide(c->cx.host, c, dir, bytes);
    else
        conn_refuse(c->cx.host, c, dir, bytes.n);
}

static void on_gap(void *arg, enum direction dir, uint64_t missing)
{
    struct conn *c = arg;

    if (c->proto)
        c->proto->gap(c->state, &c->cx, dir, missing);
    else if (c->first_n[dir]) /* what is not known by its whole beginning is not known */
        conn_refuse(c->cx.host, c, dir, (size_t)missing);
    else
        c->skipped[dir] += missing;
}

static void on_end(void *arg, enum direction dir)
{
    struct conn *c = arg;

    c->ended[dir] = true;
    if (c->proto)
        c->proto->end(c->state, &c->cx, dir);
    else
        conn_decide_end(c->cx.host, c, dir);
    if (c->ended[!dir] && !(c->proto && c->proto->lingers && c->proto->lingers(c->state)))
        conn_drop(c);
}

static void on_oddity(void *arg, enum direction dir, enum stream_oddity what)
{
    static const char *const names[STREAM_ODDITY_COUNT] = {
        [STREAM_OVERLAP_DIFFERS] = "stream.reassembly_overlap_different_data",
        [STREAM_OUTSIDE] = "stream.est_packet_out_of_window",
        [STREAM_BAD_CHECKSUM] = "stream.bad_checksum",
    };
    struct conn *c = arg;

    proto_anomaly(&c->cx, dir, names[what]);
}

void conn_sink(struct stream_sink *ret)
{
    *ret = (struct stream_sink){on_data, on_gap, on_end, on_oddity, conn_other};
}

/* The stream of a direction begins behind its SYN, or where it is first seen. */
static struct stream *stream_of(struct conn *c, const struct flow *f, enum direction dir, uint32_t seq)
{
    struct stream *s = &c->stream[dir];

    if (!c->ready[dir]) {
        stream_init(s, dir, f->syns >> dir & 1 ? f->isn[dir] + 1 : seq);
        stream_policy(s, targets_find(&c->cx.host->targets, f->addr[!dir], f->ipv6));
        s->peer_seen = f->packets[!dir] != 0;
        c->ready[dir] = true;
    }
    return s;
}

/* Both directions are over, whatever is missing. */
static void flush(struct proto_host *h, struct conn *c)
{
    for (int i = 0; i < 2 && !c->dead; i++) {
        enum direction d = (enum direction)i;
        if (c->ready[d])
            stream_flush(&h->streams, &c->stream[d], c);
        else if (!c->ended[d])
            on_end(c, d);
    }
}

/* After each call: it is freed when nobody reads it, else it is in the right list. */
static void settle(struct proto_host *h, struct conn *c)
{
    if (c->dead)
        conn_free(h, c);
    else
        holes_update(h, c,
                     (c->ready[0] && stream_waits(&c->stream[0])) ||
                         (c->ready[1] && stream_waits(&c->stream[1])));
}

/* A wrong checksum says something only of a sender that has sent right ones. */
static bool is_doubtful(struct flow *f, const struct packet *p, enum direction dir)
{
    enum packet_sum sum = packet_tcp_sum(p);

    f->sums |= (uint8_t)((sum == SUM_RIGHT) << dir);
    return sum == SUM_WRONG && (f->sums >> dir & 1);
}

void conn_segment(struct proto_host *h, struct flow *f, const struct packet *p, enum direction dir)
{
    struct conn *c = f->app;
    struct stream_segment seg = {
        .seq = p->seq + !!(p->tcp_flags & TCP_SYN), .payload = p->payload, .now_us = p->ts_us};

    if (!f->app_done && (p->payload.n || (p->tcp_flags & (TCP_SYN | TCP_FIN))))
        seg.doubtful = is_doubtful(f, p, dir);
    if (!c) {
        if (!p->payload.n)
            return;
        if (f->app_done || !(c = conn_new(h, f))) {
            h->segments_unread++;
            return;
        }
    }
    c->cx.now_us = p->ts_us;
    c->cx.pcap_cnt = p->number;
    if (f->revived)
        proto_anomaly(&c->cx, dir, "stream.suspected_rst_inject");
    if ((p->tcp_flags & TCP_ACK) && c->ready[!dir])
        stream_acked(&h->streams, &c->stream[!dir], c, p->ack, p->ts_us);
    seg.fin = (p->tcp_flags & (TCP_FIN | TCP_RST)) == TCP_FIN;
    if (c->dead)
        h->segments_unread += p->payload.n != 0;
    else if ((p->payload.n && !(p->tcp_flags & TCP_RST)) || seg.fin)
        stream_segment(&h->streams, stream_of(c, f, dir, seg.seq), c, &seg);
    else if (p->payload.n) /* text behind a reset explains it to people (RFC 9293 3.5.2); it is not part of
                              the stream */
        h->segments_unread++;
    if (f->tcp_state == TCP_CLOSED)
        flush(h, c);
    settle(h, c);
}

void conn_holes(struct proto_host *h, uint64_t now_us)
{
    struct conn *next;

    for (struct conn *c = h->oldest_hole; c; c = next) {
        next = c->younger_hole;
        h->box.place.sub = PLACE_HOLES | c->hole_order;
        if (now_us > c->cx.now_us)
            c->cx.now_us = now_us;
        for (int d = 0; d < 2 && !c->dead; d++)
            if (c->ready[d])
                stream_tick(&h->streams, &c->stream[d], c, now_us);
        settle(h, c);
    }
}

/* ---- UDP ---- */

void conn_datagram(struct proto_host *h, struct flow *f, const struct packet *p, enum direction dir)
{
    struct conn *c = f->app;

    if (f->app_done || !p->payload.n || (!c && !(c = conn_new(h, f))))
        return;
    c->cx.now_us = p->ts_us;
    c->cx.pcap_cnt = p->number;
    if (c->proto)
        c->proto->datagram(c->state, &c->cx, dir, p->payload);
    else
        conn_decide_datagram(h, c, dir, p->payload);
    if (c->dead)
        conn_free(h, c);
}

void conn_finish(struct proto_host *h, struct flow *f)
{
    struct conn *c = f->app;

    if (!c)
        return;
    if (c->cx.udp) {
        for (int d = 0; d < 2 && c->proto; d++)
            if (c->proto->end)
                c->proto->end(c->state, &c->cx, (enum direction)d);
    } else {
        flush(h, c);
    }
    conn_free(h, c);
}

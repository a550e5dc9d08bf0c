/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http.h"
#include "sensor/decode/http_side.h"
#include "sensor/decode/http_upgrade.h"

#define FLOW_CHARGE (8u << 10) /* lines and heads of both sides */

/* A request line tells itself by its version. Without one it is HTTP/0.9, which knew few methods: what else
 * begins with a word of capitals (RTSP, SIP, NATS, SMTP) is none of ours. */
static enum probe probe_request(struct span first)
{
    static const char *const old[] = {"GET ", "POST ", "HEAD ", "PUT "};
    ptrdiff_t lf = span_find_byte(first, '\n', 0);
    struct span line = span_part(first, 0, lf < 0 ? first.n : (size_t)lf);
    struct http_start start;
    size_t word = 0;

    if (http_start_parse(line, false, true, &start)) {
        /* The preface of HTTP/2 (RFC 9113 section 3.4), even where it is cut behind "HTTP/". */
        bool preface = span_eq_nocase(start.method, "PRI") &&
                       (span_starts_nocase(start.protocol, "HTTP/2") || (lf < 0 && start.protocol.n < 6));
        return preface ? PROBE_NO : PROBE_YES;
    }
    while (word < line.n && word < 32 &&
           ((line.p[word] >= 'A' && line.p[word] <= 'Z') || line.p[word] == '-' || line.p[word] == '_'))
        word++;
    if (!word || (word < line.n && line.p[word] != ' ' && line.p[word] != '\t'))
        return PROBE_NO;
    if (lf < 0) /* the line's end decides */
        return PROBE_MORE;
    if (span_find(line, span_str("RTSP/"), 0) >= 0 || span_find(line, span_str("SIP/2"), 0) >= 0)
        return PROBE_NO;
    for (size_t i = 0; i < GH_COUNT(old); i++)
        if (span_starts(line, old[i]))
            return PROBE_YES;
    return PROBE_NO;
}

static enum probe http_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char status[] = "HTTP/";

    while (first.n && (first.p[0] == '\r' || first.p[0] == '\n'))
        first = span_part(first, 1, first.n);
    if (!first.n)
        return PROBE_MORE;
    if (first.n < sizeof(status) - 1 && memcmp(first.p, status, first.n) == 0)
        return PROBE_MORE;
    if (span_starts(first, status))
        return PROBE_YES;
    /* A request in the other direction is one only where we may have guessed the client wrongly. */
    return dir == TO_SERVER || cx->midstream ? probe_request(first) : PROBE_NO;
}

static int http_open(void *state, struct proto_ctx *cx)
{
    struct http *h = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    h->cx = cx;
    http_side_init(&h->side[TO_SERVER], false);
    http_side_init(&h->side[TO_CLIENT], true);
    return 0;
}

/* Who is the client? The first bytes of either direction say it when the handshake was not seen. */
static void decide(struct http *h, enum direction dir, struct span bytes)
{
    bool status;

    h->decided = true;
    if (!h->cx->midstream)
        return;
    while (bytes.n && bytes.p[0] <= ' ')
        bytes = span_part(bytes, 1, bytes.n);
    status = span_starts_nocase(bytes, "HTTP/");
    h->reversed = status ? dir == TO_SERVER : dir == TO_CLIENT && probe_request(bytes) == PROBE_YES;
    h->side[TO_SERVER].response = h->reversed;
    h->side[TO_CLIENT].response = !h->reversed;
}

static void http_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct http *h = state;

    if (!h->decided)
        decide(h, dir, bytes);
    http_side_feed(h, dir, bytes);
}

static void http_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    http_side_gap(state, dir, missing);
}

static void http_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    http_side_end(state, dir);
}

static void unlink_tx(struct http *h, struct http_tx *tx)
{
    struct http_tx **at = &h->first, *before = NULL;

    while (*at && *at != tx) {
        before = *at;
        at = &(*at)->next;
    }
    if (!*at)
        return;
    *at = tx->next;
    if (h->last == tx)
        h->last = before;
    h->n_tx--;
}

static void finish_tx(struct http *h, struct http_tx *tx)
{
    http_tx_log(h->cx, tx, h->reversed ? TO_CLIENT : TO_SERVER);
    unlink_tx(h, tx);
    http_tx_free(h->cx, tx);
}

static struct http_tx *append_tx(struct http *h)
{
    if (h->n_tx >= HTTP_TX_MAX) { /* nobody waits so long: the oldest that is not being read goes */
        struct http_tx *old = h->first;
        while (old && (old == h->side[0].tx || old == h->side[1].tx))
            old = old->next;
        if (!old)
            return NULL;
        proto_anomaly(h->cx, TO_SERVER, "http.too_many_requests_open");
        finish_tx(h, old);
    }
    struct http_tx *tx = http_tx_new(h->cx, h->cx->tx_next);
    if (!tx)
        return NULL;
    h->cx->tx_next++;
    if (h->last)
        h->last->next = tx;
    else
        h->first = tx;
    h->last = tx;
    h->n_tx++;
    return tx;
}

struct http_tx *http_pair(struct http *h, bool response)
{
    if (response)
        for (struct http_tx *t = h->first; t; t = t->next)
            if (!t->response_seen)
                return t;
    if (!response) { /* its response may have come first, and still be coming */
        for (struct http_tx *t = h->first; t && !h->cx->midstream; t = t->next)
            if (!t->request_seen)
                return t;
    }
    struct http_tx *tx = append_tx(h);
    if (tx && !response && h->orphans) {
        h->orphans--;
        tx->response_seen = tx->response_done = true;
    }
    return tx;
}

void http_finished(struct http *h, struct http_side *s)
{
    struct http_tx *tx = s->tx;

    if (s->response) {
        tx->response_done = true;
        if (!tx->request_seen) {
            h->orphans += !h->cx->midstream;
            tx->request_done = true; /* if it comes at all it gets a number of its own */
        }
    } else {
        tx->request_done = true;
    }
    if (tx->request_done && tx->response_done)
        finish_tx(h, tx);
}

void http_tunnel(struct http *h)
{
    for (int d = 0; d < 2; d++) {
        struct http_side *s = &h->side[d];
        s->state = HTTP_TUNNEL;
        if (s->tx) /* a request that is still on its way when it is agreed to */
            http_message_end(h, s, false);
    }
}

static void http_close(void *state, struct proto_ctx *cx)
{
    struct http *h = state;

    http_side_end(h, TO_SERVER);
    http_side_end(h, TO_CLIENT);
    http_side_done(h, TO_SERVER);
    http_side_done(h, TO_CLIENT);
    http_upgrade_free(h);
    while (h->first)
        finish_tx(h, h->first);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto http_proto = {
    .name = "http",
    .state_size = sizeof(struct http),
    .probe = http_probe,
    .open = http_open,
    .feed = http_feed,
    .gap = http_gap,
    .end = http_end,
    .close = http_close,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/dns.h"
#include "sensor/decode/dns_event.h"
#include "sensor/decode/dns_message.h"

/* One direction of a TCP connection. */
struct half {
    struct writer kept; /* a message that has begun, its length first */
    size_t charged;
    uint64_t skip; /* bytes of a damaged message still to come */
    bool lost;     /* message boundaries are unknown after a gap */
};
struct dns_state {
    struct half half[2];
};

static bool other_name_service(const struct proto_ctx *cx)
{
    static const uint16_t ports[] = {5353, 5355, 137}; /* mDNS, LLMNR, NetBIOS name service */

    for (size_t i = 0; i < GH_COUNT(ports); i++)
        if (cx->client_port == ports[i] || cx->server_port == ports[i])
            return true;
    return false;
}

static enum probe dns_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    bool known = cx->client_port == 53 || cx->server_port == 53, more = false;
    struct reader in = reader_span(first);
    size_t length;

    if (other_name_service(cx))
        return PROBE_NO;
    if (cx->udp)
        return dns_plausible(first, first.n < 4096, known, &more) ? PROBE_YES : PROBE_NO;
    length = reader_be16(&in);
    if (!reader_ok(&in))
        return PROBE_MORE;
    if (length < DNS_HEAD + 5)
        return PROBE_NO;
    if (dns_plausible(span_part(first, 2, length), first.n >= 2 + length, known, &more))
        return PROBE_YES;
    return more ? PROBE_MORE : PROBE_NO;
}

static int dns_open(void *state, struct proto_ctx *cx)
{
    struct dns_state *s = state;

    for (size_t i = 0; i < GH_COUNT(s->half); i++)
        writer_init(&s->half[i].kept, 2 + DNS_MESSAGE_MAX);
    return 0;
}

static void forget(struct half *h, struct proto_ctx *cx)
{
    writer_done(&h->kept);
    writer_init(&h->kept, 2 + DNS_MESSAGE_MAX);
    proto_release(cx, h->charged);
    h->charged = 0;
}

/* Length of the message at the start of s, its prefix included; 0 when that is not there yet. */
static size_t framed(struct span s)
{
    struct reader in = reader_span(s);
    size_t length = reader_be16(&in);

    return reader_ok(&in) ? 2 + length : 0;
}

/* Keeps the start of a message until the rest comes. False when there is no memory: the message is then
 * skipped. */
static bool keep(struct half *h, struct proto_ctx *cx, struct span bytes)
{
    size_t need = h->kept.n + bytes.n;

    if (need > h->charged) {
        if (!proto_charge(cx, need - h->charged))
            return false;
        h->charged = need;
    }
    writer_put(&h->kept, bytes);
    return writer_ok(&h->kept);
}

/* Takes what belongs to the kept message from *bytes; handles the message when it is whole. */
static void complete_kept(struct half *h, struct proto_ctx *cx, enum direction dir, struct span *bytes)
{
    while (h->kept.n && bytes->n) {
        size_t whole = framed(writer_span(&h->kept));
        size_t want = whole ? whole - h->kept.n : 1;
        struct span part = span_part(*bytes, 0, want);
        *bytes = span_part(*bytes, part.n, SIZE_MAX);
        if (!keep(h, cx, part)) {
            h->skip = whole ? whole - h->kept.n : 0;
            h->lost = !whole;
            forget(h, cx);
            return proto_anomaly(cx, dir, "dns.memory");
        }
        whole = framed(writer_span(&h->kept));
        if (whole && h->kept.n >= whole) {
            dns_event_message(cx, dir, span_part(writer_span(&h->kept), 2, whole - 2));
            forget(h, cx);
        }
    }
}

static void dns_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct half *h = &((struct dns_state *)state)->half[dir];
    bool more;

    if (h->lost) { /* messages mostly start with a segment: try, and be strict */
        size_t whole = framed(bytes);
        if (!whole || whole > bytes.n || !dns_plausible(span_part(bytes, 2, whole - 2), true, false, &more))
            return;
        h->lost = false;
    }
    if (h->skip) {
        size_t n = h->skip < bytes.n ? (size_t)h->skip : bytes.n;
        bytes = span_part(bytes, n, SIZE_MAX);
        h->skip -= n;
    }
    complete_kept(h, cx, dir, &bytes);
    while (bytes.n) {
        size_t whole = framed(bytes);
        if (!whole || whole > bytes.n)
            break;
        dns_event_message(cx, dir, span_part(bytes, 2, whole - 2));
        bytes = span_part(bytes, whole, SIZE_MAX);
    }
    if (bytes.n && !keep(h, cx, bytes)) {
        forget(h, cx);
        h->lost = true;
        proto_anomaly(cx, dir, "dns.memory");
    }
}

static void dns_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct half *h = &((struct dns_state *)state)->half[dir];
    size_t whole = framed(writer_span(&h->kept));
    uint64_t due = h->skip ? h->skip : whole ? whole - h->kept.n : 0;

    proto_anomaly(cx, dir, "dns.gap");
    forget(h, cx);
    h->lost = missing > due || !due;
    h->skip = h->lost ? 0 : due - missing;
}

static void dns_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct half *h = &((struct dns_state *)state)->half[dir];

    if (h->kept.n)
        proto_anomaly(cx, dir, "dns.truncated");
    forget(h, cx);
}

static void dns_close(void *state, struct proto_ctx *cx)
{
    struct dns_state *s = state;

    for (size_t i = 0; i < GH_COUNT(s->half); i++) {
        forget(&s->half[i], cx);
        writer_done(&s->half[i].kept);
    }
}

static void dns_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    dns_event_message(cx, dir, bytes);
}

const struct proto proto_dns = {
    .name = "dns",
    .state_size = sizeof(struct dns_state),
    .probe = dns_probe,
    .open = dns_open,
    .feed = dns_feed,
    .gap = dns_gap,
    .end = dns_end,
    .close = dns_close,
    .datagram = dns_datagram,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/quic.h"
#include "sensor/decode/quic_crypto.h"
#include "sensor/decode/quic_packet.h"
#include "sensor/decode/tls_facts.h"

#include <stdio.h>
#include <stdlib.h>

enum frame { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6, CLOSE = 0x1C };
enum message { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* One direction; enum direction numbers them. */
struct half {
    struct quic_keys keys;
    struct quic_crypto *crypto;
    uint64_t largest;
};
struct quic {
    struct half half[2];
    struct tls_facts *facts; /* NULL before the first hello and after the event */
    uint32_t version;        /* of the last Initial that opened; 0: none has */
    uint8_t dcid[QUIC_CID_MAX], dcid_n, rekeys;
    bool keyed, done;
};

static enum probe quic_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct reader in = reader_span(first);
    struct quic_keys client, server;
    struct quic_long p;
    uint8_t buf[QUIC_PACKET_MAX];
    uint64_t largest = 0;
    struct span payload;

    if (!cx->udp || dir != TO_SERVER)
        return PROBE_NO;
    while (quic_long_read(&in, &p)) /* 0-RTT may stand before the Initial */
        if (p.type == QUIC_INITIAL)
            return quic_keys_derive(p.version, p.dcid, &client, &server) &&
                           quic_open(&client, &p, &largest, buf, &payload)
                       ? PROBE_YES
                       : PROBE_NO;
    return PROBE_NO;
}

static int quic_begin(void *state, struct proto_ctx *cx)
{
    (void)state;
    (void)cx;
    return 0;
}

static void *take(struct proto_ctx *cx, size_t size)
{
    void *p = proto_charge(cx, size) ? calloc(1, size) : NULL;

    if (!p)
        proto_anomaly(cx, TO_SERVER, "quic.memory");
    return p;
}

static void give(struct proto_ctx *cx, void *p, size_t size)
{
    if (p)
        proto_release(cx, size);
    free(p);
}

static void crypto_forget(struct quic *q, struct proto_ctx *cx)
{
    for (size_t i = 0; i < GH_COUNT(q->half); i++) {
        give(cx, q->half[i].crypto, sizeof(struct quic_crypto));
        q->half[i].crypto = NULL;
        q->half[i].largest = 0;
    }
}

static void write_event(const struct quic *q, struct proto_ctx *cx)
{
    char version[12];
    struct jw j;

    snprintf(version, sizeof(version), "%x", q->version);
    proto_event_begin(cx, EVENT_QUIC, TO_SERVER, -1, &j);
    jw_kobj(&j, "quic");
    jw_kcstr(&j, "version", version);
    if (q->facts)
        tls_facts_quic(q->facts, &j);
    jw_end_obj(&j);
    if (q->facts)
        tls_facts_quic_alpns(q->facts, &j);
    proto_event_end(cx, &j, 0);
}

/* The event, once, and nothing more is read. */
static void finish(struct quic *q, struct proto_ctx *cx)
{
    if (!q->done && q->version)
        write_event(q, cx);
    q->done = true;
    give(cx, q->facts, sizeof(*q->facts));
    q->facts = NULL;
    crypto_forget(q, cx);
}

static void on_message(struct quic *q, struct proto_ctx *cx, enum direction dir, uint8_t type,
                       struct span body)
{
    struct tls_hello h;
    bool whole;

    if (!q->facts && !(q->facts = take(cx, sizeof(*q->facts))))
        return;
    if (dir == TO_SERVER && type == CLIENT_HELLO) {
        if (q->facts->client)
            return;
        whole = tls_hello_client(body, &h);
        tls_facts_client(q->facts, &h, whole);
        if (*q->facts->ja4)
            q->facts->ja4[0] = 'q'; /* the first letter is the transport */
        if (!whole)
            proto_anomaly(cx, dir, "quic.invalid_client_hello");
    } else if (dir == TO_CLIENT && type == SERVER_HELLO) {
        if (!tls_hello_server(body, &h)) {
            proto_anomaly(cx, dir, "quic.invalid_server_hello");
        } else if (!h.retry) {
            tls_facts_server(q->facts, &h);
            finish(q, cx);
        }
    } else {
        proto_anomaly(cx, dir, "quic.unexpected_message");
    }
}

static void on_crypto(struct quic *q, struct proto_ctx *cx, enum direction dir, uint64_t offset,
                      struct span data)
{
    struct half *h = &q->half[dir];
    struct span body;
    uint8_t type;

    if (!h->crypto && !(h->crypto = take(cx, sizeof(*h->crypto))))
        return;
    if (!quic_crypto_add(h->crypto, offset, data))
        proto_anomaly(cx, dir, "quic.crypto_too_long");
    while (!q->done && quic_crypto_message(h->crypto, &type, &body))
        on_message(q, cx, dir, type, body);
}

static void ack(struct reader *in, bool ecn)
{
    uint64_t ranges;

    quic_varint(in); /* largest */
    quic_varint(in); /* delay */
    ranges = quic_varint(in);
    quic_varint(in); /* first range */
    for (; ranges && reader_ok(in); ranges--) {
        quic_varint(in);
        quic_varint(in);
    }
    for (int i = 0; ecn && i < 3; i++)
        quic_varint(in);
}

/* Frames that an Initial may hold (RFC 9000 section 17.2.2). */
static void on_payload(struct quic *q, struct proto_ctx *cx, enum direction dir, struct span payload)
{
    struct reader in = reader_span(payload);

    while (!q->done && reader_left(&in)) {
        uint64_t offset, n, type = quic_varint(&in);
        if (type == PADDING || type == PING)
            continue;
        if (type == CLOSE)
            return;
        if (type == ACK || type == ACK_ECN) {
            ack(&in, type == ACK_ECN);
        } else if (type == CRYPTO) {
            offset = quic_varint(&in);
            n = quic_varint(&in);
            if (!reader_ok(&in) || n > reader_left(&in))
                break;
            on_crypto(q, cx, dir, offset, reader_take(&in, (size_t)n));
            continue;
        } else {
            break;
        }
        if (!reader_ok(&in))
            break;
    }
    if (!q->done && (reader_left(&in) || !reader_ok(&in)))
        proto_anomaly(cx, dir, "quic.error_on_data");
}

static bool rekey(struct quic *q, const struct quic_long *p)
{
    struct reader in = reader_span(p->dcid);

    if (q->rekeys == QUIC_REKEYS ||
        !quic_keys_derive(p->version, p->dcid, &q->half[TO_SERVER].keys, &q->half[TO_CLIENT].keys))
        return false;
    q->rekeys++;
    q->dcid_n = (uint8_t)p->dcid.n;
    reader_copy(&in, q->dcid, p->dcid.n);
    q->keyed = true;
    return true;
}

/* Does the client speak to another connection id than the keys are made of? So it does after a Retry, whose
 * answer is keyed anew, and after the server's first packet, which changes nothing: both are tried. */
static bool other_id(const struct quic *q, const struct quic_long *p)
{
    return !span_eq(p->dcid, span_of(q->dcid, q->dcid_n)) || p->version != q->version;
}

static void on_initial(struct quic *q, struct proto_ctx *cx, enum direction dir, const struct quic_long *p)
{
    struct half *h = &q->half[dir];
    uint8_t buf[QUIC_PACKET_MAX];
    uint64_t largest = 0;
    struct span payload;
    struct quic_keys old[2] = {q->half[0].keys, q->half[1].keys};

    if (dir == TO_CLIENT && !q->keyed)
        return;
    if (!q->keyed && !rekey(q, p))
        return;
    if (quic_open(&h->keys, p, &h->largest, buf, &payload)) {
        q->version = p->version;
        on_payload(q, cx, dir, payload);
        return;
    }
    if (dir == TO_SERVER && q->version && other_id(q, p) && rekey(q, p)) {
        if (quic_open(&h->keys, p, &largest, buf, &payload)) {
            crypto_forget(q, cx);
            h->largest = largest;
            q->version = p->version;
            on_payload(q, cx, dir, payload);
            return;
        }
        q->half[0].keys = old[0];
        q->half[1].keys = old[1];
    }
    proto_anomaly(cx, dir, "quic.failed_decrypt");
}

static void quic_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct quic *q = state;
    struct reader in = reader_span(bytes);
    struct quic_long p;
    bool client;

    while (!q->done && quic_long_read(&in, &p)) {
        client = q->facts && q->facts->client;
        if (p.type == QUIC_INITIAL)
            on_initial(q, cx, dir, &p);
        else if (p.type == QUIC_HANDSHAKE && client && dir == TO_SERVER) /* it has read the ServerHello */
            finish(q, cx);
    }
    client = q->facts && q->facts->client;
    if (!q->done && client && dir == TO_SERVER && bytes.n && !(bytes.p[0] & 0x80))
        finish(q, cx);
}

static void quic_close(void *state, struct proto_ctx *cx)
{
    finish(state, cx);
}

const struct proto quic_proto = {
    .name = "quic",
    .state_size = sizeof(struct quic),
    .probe = quic_probe,
    .open = quic_begin,
    .close = quic_close,
    .datagram = quic_datagram,
};

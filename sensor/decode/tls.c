/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tls.h"
#include "sensor/decode/tls_facts.h"

#include <stdlib.h>

#define MESSAGE_MAX (64 * 1024)
#define RECORD_MAX (16384 + 2048) /* RFC 5246 section 6.2.3 */
#define RECORD_HEAD 5
#define MESSAGE_HEAD 4

enum content { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };
enum message { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_RETRY_REQUEST = 6, CERTIFICATE = 11 };

/* One direction. */
struct half {
    struct writer message; /* the handshake message that has begun, its head first */
    size_t charged;
    uint32_t skip;        /* bytes of a handshake message that is too long to keep */
    uint32_t record_left; /* bytes of the current record still to come */
    uint8_t head[RECORD_HEAD];
    uint8_t head_n;
    uint8_t type; /* of the current record */
    bool begun;   /* a record was seen */
    bool changed; /* a ChangeCipherSpec was seen while no ServerHello was */
    bool closed;  /* nothing readable comes any more: ciphertext, a gap, or no TLS */
};
struct tls_state {
    struct half half[2];
    struct tls_facts *facts; /* NULL before the first one and after the event */
    bool done;               /* the event is out */
    bool speaker_known;
    enum direction speaker; /* the direction in which the client speaks */
};

/* The head of an SSL 2.0 ClientHello, which old clients send to offer newer versions (RFC 5246 appendix E.2).
 */
static bool sslv2_hello(struct span s, uint16_t *ret_length)
{
    struct reader in = reader_span(s);
    uint16_t length = reader_be16(&in), version, ciphers, session, challenge;
    uint8_t type = reader_u8(&in);

    version = reader_be16(&in);
    ciphers = reader_be16(&in);
    session = reader_be16(&in);
    challenge = reader_be16(&in);
    *ret_length = length & 0x7FFF;
    return reader_ok(&in) && length & 0x8000 && type == CLIENT_HELLO && (version == 2 || version >> 8 == 3) &&
           ciphers && ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
           challenge <= 32 && *ret_length == 9 + ciphers + session + challenge;
}

static enum probe tls_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct reader in = reader_span(first);
    uint8_t type = reader_u8(&in), message;
    uint16_t version, length;

    (void)dir;
    if (cx->udp)
        return PROBE_NO;
    if (type & 0x80)
        return first.n < 11 ? PROBE_MORE : sslv2_hello(first, &length) ? PROBE_YES : PROBE_NO;
    if (type != HANDSHAKE && first.n)
        return PROBE_NO;
    version = reader_be16(&in);
    if (reader_ok(&in) && (version >> 8 != 3 || (version & 0xFF) > 4))
        return PROBE_NO;
    length = reader_be16(&in);
    message = reader_u8(&in);
    if (!reader_ok(&in))
        return PROBE_MORE;
    return length >= MESSAGE_HEAD && length <= RECORD_MAX &&
                   (message == CLIENT_HELLO || message == SERVER_HELLO)
               ? PROBE_YES
               : PROBE_NO;
}

static int tls_open(void *state, struct proto_ctx *cx)
{
    struct tls_state *s = state;

    (void)cx;
    for (size_t i = 0; i < GH_COUNT(s->half); i++)
        writer_init(&s->half[i].message, MESSAGE_MAX);
    return 0;
}

static void forget(struct half *h, struct proto_ctx *cx)
{
    writer_done(&h->message);
    writer_init(&h->message, MESSAGE_MAX);
    proto_release(cx, h->charged);
    h->charged = 0;
}

static struct tls_facts *facts(struct tls_state *s, struct proto_ctx *cx)
{
    if (s->facts)
        return s->facts;
    if (!proto_charge(cx, sizeof(*s->facts)))
        return NULL;
    s->facts = calloc(1, sizeof(*s->facts));
    if (!s->facts)
        proto_release(cx, sizeof(*s->facts));
    return s->facts;
}

/* The event, once, and nothing more is read. */
static void finish(struct tls_state *s, struct proto_ctx *cx)
{
    if (!s->done && s->facts && (s->facts->client || s->facts->server))
        tls_facts_event(s->facts, cx, s->speaker_known ? s->speaker : TO_SERVER);
    s->done = true;
    if (s->facts)
        proto_release(cx, sizeof(*s->facts));
    free(s->facts);
    s->facts = NULL;
    for (size_t i = 0; i < GH_COUNT(s->half); i++)
        forget(&s->half[i], cx);
}

static void client_hello(struct tls_state *s, struct proto_ctx *cx, enum direction dir, struct span body)
{
    struct tls_facts *f = facts(s, cx);
    struct tls_hello h;
    bool whole;

    if (!f || f->client) /* the second one answers a HelloRetryRequest */
        return;
    s->speaker_known = true;
    s->speaker = dir;
    whole = tls_hello_client(body, &h);
    tls_facts_client(f, &h, whole);
    if (!whole)
        proto_anomaly(cx, dir, "tls.invalid_client_hello");
}

static void server_hello(struct tls_state *s, struct proto_ctx *cx, enum direction dir, struct span body)
{
    struct tls_facts *f = facts(s, cx);
    struct tls_hello h;

    if (!f)
        return;
    if (!s->speaker_known) {
        s->speaker_known = true;
        s->speaker = dir == TO_CLIENT ? TO_SERVER : TO_CLIENT;
    }
    if (!tls_hello_server(body, &h)) {
        proto_anomaly(cx, dir, "tls.invalid_server_hello");
        return;
    }
    if (h.retry)
        return;
    tls_facts_server(f, &h);
    if (h.best_version >= 0x0304) /* all that follows is ciphertext */
        finish(s, cx);
}

static void on_message(struct tls_state *s, struct proto_ctx *cx, enum direction dir, struct span message)
{
    struct reader in = reader_span(message);
    uint8_t type = reader_u8(&in);
    struct span body;

    reader_skip(&in, 3);
    body = reader_rest(&in);
    switch (type) {
    case CLIENT_HELLO:
        client_hello(s, cx, dir, body);
        break;
    case SERVER_HELLO:
        server_hello(s, cx, dir, body);
        break;
    case CERTIFICATE: /* of the client's we take no notice: it may be a person's */
        if (s->facts && s->facts->server && s->speaker_known && dir != s->speaker && !s->facts->certificate &&
            !tls_facts_certificate(s->facts, body))
            proto_anomaly(cx, dir, "tls.invalid_certificate");
        break;
    default:
        break;
    }
}

/* Bytes of the message in the buffer, its head included; 0 while the head is not there. */
static size_t message_size(const struct half *h)
{
    struct reader in = reader_span(writer_span(&h->message));

    reader_skip(&in, 1);
    return (size_t)reader_be24(&in) + (reader_ok(&in) ? MESSAGE_HEAD : 0);
}

static bool append(struct half *h, struct proto_ctx *cx, struct span bytes)
{
    size_t need = h->message.n + bytes.n;

    if (need > h->charged) {
        if (!proto_charge(cx, need - h->charged))
            return false;
        h->charged = need;
    }
    writer_put(&h->message, bytes);
    return writer_ok(&h->message);
}

static bool hello(struct span message)
{
    struct reader in = reader_span(message);
    uint8_t type = reader_u8(&in);

    return type == CLIENT_HELLO || type == SERVER_HELLO;
}

/* The direction turns to ciphertext. When the server's does, the handshake has shown all that it shows. */
static void on_ciphertext(struct tls_state *s, struct proto_ctx *cx, enum direction dir)
{
    s->half[dir].closed = true;
    forget(&s->half[dir], cx);
    if (!s->facts || !s->facts->server || !s->speaker_known || dir == s->speaker)
        return;
    if (!s->facts->certificate && s->facts->version && s->facts->version < 0x0304)
        s->facts->resumed = s->facts->client; /* an abbreviated handshake (RFC 5246 section 7.3) */
    finish(s, cx);
}

/* Content of handshake records: messages may share a record and may span several. */
static void on_handshake(struct tls_state *s, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct half *h = &s->half[dir];

    while (bytes.n && !s->done) {
        size_t size = message_size(h), want = size ? size - h->message.n : MESSAGE_HEAD - h->message.n;
        struct span part;
        if (h->skip) {
            size_t n = h->skip < bytes.n ? h->skip : bytes.n;
            h->skip -= (uint32_t)n;
            bytes = span_part(bytes, n, SIZE_MAX);
            continue;
        }
        part = span_part(bytes, 0, want);
        /* Without the ServerHello (one-sided capture, HelloRetryRequest) only the next message tells what a
         * ChangeCipherSpec meant: TLS 1.3 sends one for show before the second pair of hellos. */
        if (h->changed && !h->message.n && !hello(part)) {
            on_ciphertext(s, cx, dir);
            return;
        }
        bytes = span_part(bytes, part.n, SIZE_MAX);
        if (!append(h, cx, part)) {
            h->closed = true;
            forget(h, cx);
            proto_anomaly(cx, dir, "tls.memory");
            return;
        }
        size = message_size(h);
        if (size > MESSAGE_MAX) {
            h->skip = (uint32_t)(size - h->message.n);
            forget(h, cx);
            proto_anomaly(cx, dir, "tls.handshake_too_long");
        } else if (size && h->message.n == size) {
            on_message(s, cx, dir, writer_span(&h->message));
            writer_clear(&h->message);
        }
    }
}

/* A record's head is complete: what is it? */
static void on_record(struct tls_state *s, struct proto_ctx *cx, enum direction dir)
{
    struct half *h = &s->half[dir];
    struct reader in = reader_of(h->head, RECORD_HEAD);
    uint16_t version, length;

    h->head_n = 0;
    h->type = reader_u8(&in);
    version = reader_be16(&in);
    length = reader_be16(&in);
    if (h->type < CHANGE_CIPHER_SPEC || h->type > HEARTBEAT || version >> 8 != 3 || length > RECORD_MAX) {
        h->closed = true;
        forget(h, cx);
        proto_anomaly(cx, dir, "tls.invalid_record");
        return;
    }
    h->begun = true;
    h->record_left = length;
    if (h->type == APPLICATION_DATA || (h->type == CHANGE_CIPHER_SPEC && s->facts && s->facts->server))
        on_ciphertext(s, cx, dir);
    else if (h->type == CHANGE_CIPHER_SPEC)
        h->changed = true;
}

/* An SSL 2.0 hello stands where the first record's head should: step over it. True when it was one. */
static bool on_sslv2(struct tls_state *s, struct proto_ctx *cx, enum direction dir, struct span *bytes)
{
    struct half *h = &s->half[dir];
    struct tls_facts *f;
    uint16_t length;

    if (h->begun || h->head_n || !sslv2_hello(*bytes, &length))
        return false;
    h->begun = true;
    f = facts(s, cx);
    if (f)
        f->client = true;
    s->speaker_known = true;
    s->speaker = dir;
    h->type = ALERT; /* a record without anything for us */
    h->record_left = length;
    *bytes = span_part(*bytes, 2, SIZE_MAX);
    return true;
}

static void tls_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct tls_state *s = state;
    struct half *h = &s->half[dir];

    on_sslv2(s, cx, dir, &bytes);
    while (bytes.n && !s->done && !h->closed) {
        struct span part;
        if (!h->record_left) {
            struct reader in = reader_span(bytes);
            while (h->head_n < RECORD_HEAD && reader_left(&in))
                h->head[h->head_n++] = reader_u8(&in);
            bytes = reader_rest(&in);
            if (h->head_n == RECORD_HEAD)
                on_record(s, cx, dir);
            continue;
        }
        part = span_part(bytes, 0, h->record_left);
        bytes = span_part(bytes, part.n, SIZE_MAX);
        h->record_left -= (uint32_t)part.n;
        if (h->type == HANDSHAKE)
            on_handshake(s, cx, dir, part);
    }
}

static void tls_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct tls_state *s = state;

    (void)missing;
    if (s->done || s->half[dir].closed)
        return;
    s->half[dir].closed = true; /* record boundaries are lost */
    forget(&s->half[dir], cx);
    proto_anomaly(cx, dir, "tls.gap");
}

static void tls_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct tls_state *s = state;

    s->half[dir].closed = true;
    forget(&s->half[dir], cx);
}

static void tls_close(void *state, struct proto_ctx *cx)
{
    struct tls_state *s = state;

    finish(s, cx);
    for (size_t i = 0; i < GH_COUNT(s->half); i++)
        writer_done(&s->half[i].message);
}

const struct proto proto_tls = {
    .name = "tls",
    .state_size = sizeof(struct tls_state),
    .probe = tls_probe,
    .open = tls_open,
    .feed = tls_feed,
    .gap = tls_gap,
    .end = tls_end,
    .close = tls_close,
};

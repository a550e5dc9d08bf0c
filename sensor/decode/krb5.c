/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/krb5.h"
#include "sensor/decode/asn1.h"
#include "sensor/decode/krb5_message.h"
#include "sensor/decode/pdu.h"

#define PREFIX 4 /* length of a message over TCP (RFC 4120 section 7.2.2) */

struct name {
    uint16_t n;
    uint8_t text[KRB5_NAME_MAX];
};
/* What is known of a message or of an exchange. */
struct facts {
    enum krb5_type type;
    struct name cname, sname, realm;
};
struct krb5 {
    struct pdu pdu[2];
    struct facts asked; /* the request that waits */
    uint32_t tx;
    bool waits;
};

static struct span name_span(const struct name *n)
{
    return span_of(n->text, n->n);
}

static void name_keep(struct name *ret, struct span s)
{
    struct reader in = reader_span(s);

    ret->n = (uint16_t)(s.n < sizeof(ret->text) ? s.n : sizeof(ret->text));
    reader_copy(&in, ret->text, ret->n);
}

static void name_join(struct name *ret, struct span parts)
{
    struct writer w;

    writer_init(&w, 4096);
    krb5_name(parts, &w);
    name_keep(ret, writer_span(&w));
    writer_done(&w);
}

static void facts_of(const struct krb5_message *m, struct facts *ret)
{
    ret->type = m->type;
    name_join(&ret->cname, m->cname);
    name_join(&ret->sname, m->sname);
    name_keep(&ret->realm, m->realm);
}

static void put_name(struct jw *j, const char *key, const struct name *said, const struct name *asked)
{
    const struct name *n = said->n || !asked ? said : asked;

    if (n->n)
        jw_kstr(j, key, name_span(n));
}

/* m: the answer, or NULL: f is a request without one. asked: the answer's request, or NULL. */
static void write_event(struct proto_ctx *cx, enum direction dir, uint32_t tx, const struct facts *f,
                        const struct krb5_message *m, const struct facts *asked)
{
    char buf[KRB5_CODE_SIZE];
    struct jw j;

    proto_event_begin(cx, EVENT_KRB5, dir, tx, &j);
    jw_kobj(&j, "krb5");
    jw_kcstr(&j, "msg_type", krb5_type_name(f->type));
    if (m && f->type == KRB5_ERROR) {
        jw_kcstr(&j, "failed_request", asked ? krb5_type_name(asked->type) : "UNKNOWN");
        jw_kcstr(&j, "error_code", krb5_error_name(m->error, buf));
    }
    put_name(&j, "cname", &f->cname, asked ? &asked->cname : NULL);
    put_name(&j, "realm", &f->realm, asked ? &asked->realm : NULL);
    put_name(&j, "sname", &f->sname, asked ? &asked->sname : NULL);
    if (m && m->has_etype) {
        jw_kcstr(&j, "encryption", krb5_etype_name(m->etype, buf));
        jw_kbool(&j, "weak_encryption", krb5_etype_weak(m->etype));
    }
    if (m && m->has_ticket_etype) {
        jw_kcstr(&j, "ticket_encryption", krb5_etype_name(m->ticket_etype, buf));
        jw_kbool(&j, "ticket_weak_encryption", krb5_etype_weak(m->ticket_etype));
    }
    jw_end_obj(&j);
    proto_event_end(cx, &j, 0);
}

static void unanswered(struct krb5 *k, struct proto_ctx *cx)
{
    if (k->waits)
        write_event(cx, TO_SERVER, k->tx, &k->asked, NULL, NULL);
    k->waits = false;
}

static bool same(const struct facts *a, const struct facts *b)
{
    return a->type == b->type && span_eq(name_span(&a->cname), name_span(&b->cname)) &&
           span_eq(name_span(&a->sname), name_span(&b->sname)) &&
           span_eq(name_span(&a->realm), name_span(&b->realm));
}

static void on_request(struct krb5 *k, struct proto_ctx *cx, const struct facts *f)
{
    if (k->waits && same(&k->asked, f)) /* sent again */
        return;
    unanswered(k, cx);
    k->asked = *f;
    k->tx = cx->tx_next++;
    k->waits = true;
}

/* Does the answer belong to what was asked? */
static bool answers(const struct facts *asked, const struct facts *f)
{
    return f->type == KRB5_ERROR || (int)f->type == (int)asked->type + 1;
}

static void on_message(struct krb5 *k, struct proto_ctx *cx, enum direction dir, struct span s)
{
    struct krb5_message m;
    struct facts f;
    bool known;

    if (!krb5_message_read(s, &m)) {
        proto_anomaly(cx, dir, "krb5.malformed_data");
        return;
    }
    facts_of(&m, &f);
    if (f.type == KRB5_AS_REQ || f.type == KRB5_TGS_REQ) {
        on_request(k, cx, &f);
        return;
    }
    known = k->waits && answers(&k->asked, &f);
    if (!known)
        unanswered(k, cx);
    write_event(cx, dir, known ? k->tx : cx->tx_next++, &f, &m, known ? &k->asked : NULL);
    k->waits = false;
}

static size_t tcp_size(struct span s)
{
    struct reader in = reader_span(s);
    uint32_t n = reader_be32(&in);

    if (!reader_ok(&in))
        return PDU_MORE;
    /* The highest bit is reserved; every message bears an application tag. */
    if (n >> 31 || !n || (reader_left(&in) && (reader_u8(&in) & 0xE0) != ASN1_APPLICATION))
        return PDU_NONE;
    return PREFIX + (size_t)n;
}

static bool tcp_message(void *arg, struct proto_ctx *cx, enum direction dir, struct span message)
{
    on_message(arg, cx, dir, span_part(message, PREFIX, SIZE_MAX));
    return true;
}

static const struct pdu_kind messages = {
    .max = PREFIX + KRB5_MESSAGE_MAX,
    .size = tcp_size,
    .message = tcp_message,
    .invalid = "krb5.invalid_record",
    .too_long = "krb5.message_too_long",
    .no_memory = "krb5.memory",
    .gap = "krb5.gap",
    .truncated = "krb5.truncated",
};

/* Tag of one of the five messages, version and type: 5 is said within the first 20 bytes. */
static enum probe probe_message(struct span s, size_t whole, enum direction dir)
{
    static const uint8_t requests[] = {0xA1, 0x03, 0x02, 0x01, 0x05, 0xA2, 0x03, 0x02, 0x01},
                         answers_[] = {0xA0, 0x03, 0x02, 0x01, 0x05, 0xA1, 0x03, 0x02, 0x01};
    struct reader in = reader_span(s);
    uint8_t tag = reader_u8(&in);
    bool request = tag == ASN1_APPLICATION + KRB5_AS_REQ || tag == ASN1_APPLICATION + KRB5_TGS_REQ;
    bool answer = tag == ASN1_APPLICATION + KRB5_AS_REP || tag == ASN1_APPLICATION + KRB5_TGS_REP ||
                  tag == ASN1_APPLICATION + KRB5_ERROR;
    size_t size = asn1_size(s), head;
    struct span seq, mark;

    if (!s.n)
        return PROBE_MORE;
    if (!(dir == TO_SERVER ? request : answer) || (size && size != whole))
        return PROBE_NO;
    if (s.n < 32 && s.n < whole)
        return PROBE_MORE;
    head = (reader_u8(&in) & 0x80) ? 2 + (s.p[1] & 7u) : 2;
    seq = span_part(s, head, SIZE_MAX);
    in = reader_span(seq);
    if (reader_u8(&in) != ASN1_SEQUENCE)
        return PROBE_NO;
    reader_skip(&in, (reader_peek(&in, 0) & 0x80) ? 1 + (reader_peek(&in, 0) & 7u) : 1);
    mark = reader_take(&in, sizeof(requests));
    return span_eq(mark, span_of(request ? requests : answers_, sizeof(requests))) ? PROBE_YES : PROBE_NO;
}

static enum probe krb5_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    size_t size;

    if (cx->udp)
        return probe_message(first, first.n, dir) == PROBE_YES ? PROBE_YES : PROBE_NO;
    size = tcp_size(first);
    if (size == PDU_MORE)
        return PROBE_MORE;
    return size == PDU_NONE || size > messages.max
               ? PROBE_NO
               : probe_message(span_part(first, PREFIX, SIZE_MAX), size - PREFIX, dir);
}

static int krb5_open(void *state, struct proto_ctx *cx)
{
    struct krb5 *k = state;

    (void)cx;
    for (size_t i = 0; i < GH_COUNT(k->pdu); i++)
        pdu_init(&k->pdu[i], &messages);
    return 0;
}

static void krb5_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct krb5 *k = state;

    pdu_feed(&k->pdu[dir], &messages, k, cx, dir, bytes);
}

static void krb5_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    pdu_gap(&((struct krb5 *)state)->pdu[dir], &messages, cx, dir, missing);
}

static void krb5_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    pdu_end(&((struct krb5 *)state)->pdu[dir], &messages, cx, dir);
}

static void krb5_close(void *state, struct proto_ctx *cx)
{
    struct krb5 *k = state;

    unanswered(k, cx);
    for (size_t i = 0; i < GH_COUNT(k->pdu); i++)
        pdu_done(&k->pdu[i], cx);
}

static void krb5_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    on_message(state, cx, dir, bytes);
}

const struct proto krb5_proto = {
    .name = "krb5",
    .state_size = sizeof(struct krb5),
    .probe = krb5_probe,
    .open = krb5_open,
    .feed = krb5_feed,
    .gap = krb5_gap,
    .end = krb5_end,
    .close = krb5_close,
    .datagram = krb5_datagram,
};

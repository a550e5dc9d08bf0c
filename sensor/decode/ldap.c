/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ldap.h"
#include "sensor/decode/asn1.h"
#include "sensor/decode/ldap_message.h"
#include "sensor/decode/pdu.h"
#include "sensor/decode/tunnel.h"

#define CHARGE (2 * LDAP_TEXT_MAX)
#define PRESENT_SHOWN 128u /* bytes of an attribute's name */

/* A request that waits for its last response, or responses without one. */
struct exchange {
    int64_t id;
    bool starttls;
    uint32_t tx, responses, listed;
    const char *authentication;
    uint8_t present[PRESENT_SHOWN]; /* attribute that a search asks for */
    size_t present_n;
    struct writer request, response; /* JSON: an object; objects with commas between */
};
struct ldap {
    struct pdu pdu[2];
    struct exchange open[LDAP_OPEN_MAX]; /* the oldest one first */
    size_t n_open;
    struct tunnel *tunnel; /* behind StartTLS */
    bool over;             /* StartTLS, but no memory to read what follows */
};

static void write_event(const struct exchange *e, struct proto_ctx *cx)
{
    struct writer list;
    struct jw j;

    writer_init(&list, LDAP_TEXT_MAX + 16);
    writer_u8(&list, '[');
    writer_put(&list, writer_span(&e->response));
    writer_u8(&list, ']');
    proto_event_begin(cx, EVENT_LDAP, TO_SERVER, e->tx, &j);
    jw_kobj(&j, "ldap");
    if (e->request.n)
        jw_kraw(&j, "request", writer_span(&e->request));
    if (e->listed && writer_ok(&list))
        jw_kraw(&j, "responses", writer_span(&list));
    jw_end_obj(&j);
    if (e->authentication || e->present_n || e->responses > e->listed) {
        jw_kobj(&j, "gatehouse");
        jw_kobj(&j, "ldap");
        jw_kcstr(&j, "authentication", e->authentication);
        if (e->present_n)
            jw_kstr(&j, "filter_present", span_of(e->present, e->present_n));
        if (e->responses > e->listed)
            jw_ku64(&j, "responses", e->responses);
        jw_end_obj(&j);
        jw_end_obj(&j);
    }
    proto_event_end(cx, &j, 0);
    writer_done(&list);
}

static void exchange_end(struct ldap *l, struct proto_ctx *cx, size_t at)
{
    struct exchange *e = &l->open[at];

    write_event(e, cx);
    writer_done(&e->request);
    writer_done(&e->response);
    proto_release(cx, CHARGE);
    l->n_open--;
    memmove(e, e + 1, (l->n_open - at) * sizeof(*e));
}

/* The exchange with that number; a new one pushes the oldest out when there are too many. NULL: no memory. */
static struct exchange *exchange_of(struct ldap *l, struct proto_ctx *cx, int64_t id, enum direction dir)
{
    struct exchange *e;

    for (size_t i = 0; i < l->n_open; i++)
        if (l->open[i].id == id)
            return &l->open[i];
    if (l->n_open == LDAP_OPEN_MAX)
        exchange_end(l, cx, 0);
    if (!proto_charge(cx, CHARGE)) {
        proto_anomaly(cx, dir, "ldap.memory");
        return NULL;
    }
    e = &l->open[l->n_open++];
    *e = (struct exchange){.id = id, .tx = cx->tx_next++};
    writer_init(&e->request, LDAP_TEXT_MAX);
    writer_init(&e->response, LDAP_TEXT_MAX);
    return e;
}

static void exchange_finish(struct ldap *l, struct proto_ctx *cx, int64_t id)
{
    for (size_t i = 0; i < l->n_open; i++) {
        if (l->open[i].id == id) {
            exchange_end(l, cx, i);
            return;
        }
    }
}

/* One message as a JSON object; without its details when there is no room for them. */
static void object(const struct ldap_message *m, bool with_id, bool details, struct writer *ret)
{
    struct jw j;

    jw_init(&j, ret);
    jw_obj(&j);
    if (with_id)
        jw_ki64(&j, "message_id", m->id);
    jw_kcstr(&j, "operation", ldap_operation_name(m->op));
    if (details && m->kind <= LDAP_REQUEST_ALONE)
        ldap_request_members(m, &j);
    else if (details)
        ldap_response_members(m, &j);
    jw_end_obj(&j);
}

static void on_request(struct ldap *l, struct proto_ctx *cx, enum direction dir, const struct ldap_message *m)
{
    struct exchange *e;
    struct span present;

    exchange_finish(l, cx, m->id); /* a number that is used again */
    e = exchange_of(l, cx, m->id, dir);
    if (!e)
        return;
    object(m, true, true, &e->request);
    if (!writer_ok(&e->request)) {
        writer_clear(&e->request);
        object(m, true, false, &e->request);
    }
    e->authentication = ldap_authentication(m);
    present = span_part(ldap_present(m), 0, sizeof(e->present));
    e->present_n = present.n;
    if (present.n)
        memcpy(e->present, present.p, present.n);
    e->starttls = ldap_starttls(m);
    if (m->kind == LDAP_REQUEST_ALONE)
        exchange_finish(l, cx, m->id);
}

static void list_response(struct exchange *e, const struct ldap_message *m)
{
    struct writer w;

    e->responses++;
    /* The last one tells how it ended and always has its place: room is kept for it. */
    if (m->kind != LDAP_RESPONSE_LAST &&
        (e->listed >= LDAP_RESPONSES_MAX || e->response.n > LDAP_TEXT_MAX / 2))
        return;
    writer_init(&w, LDAP_TEXT_MAX / 2 - 1);
    object(m, !e->request.n, true, &w);
    if (!writer_ok(&w)) {
        writer_clear(&w);
        object(m, !e->request.n, false, &w);
    }
    if (writer_ok(&w) && w.n + 1 <= LDAP_TEXT_MAX - e->response.n) {
        if (e->response.n)
            writer_u8(&e->response, ',');
        writer_put(&e->response, writer_span(&w));
        e->listed++;
    }
    writer_done(&w);
}

static void on_response(struct ldap *l, struct proto_ctx *cx, enum direction dir,
                        const struct ldap_message *m)
{
    struct exchange *e = exchange_of(l, cx, m->id, dir);
    bool starttls;

    if (!e)
        return;
    list_response(e, m);
    starttls = e->starttls && ldap_success(m);
    if (m->kind == LDAP_RESPONSE_LAST)
        exchange_finish(l, cx, m->id);
    if (!starttls || l->tunnel) /* granted twice (over UDP nothing ends the reading): the first one counts */
        return;
    l->over = true;
    l->tunnel = tunnel_new(cx, TO_SERVER);
}

static bool on_message(void *arg, struct proto_ctx *cx, enum direction dir, struct span s)
{
    struct ldap *l = arg;
    struct ldap_message m;

    if (!ldap_message_read(s, &m)) {
        proto_anomaly(cx, dir, "ldap.invalid_data");
        return true;
    }
    if ((m.kind <= LDAP_REQUEST_ALONE) != (dir == TO_SERVER)) {
        proto_anomaly(cx, dir, "ldap.wrong_direction");
        return true;
    }
    if (dir == TO_SERVER)
        on_request(l, cx, dir, &m);
    else
        on_response(l, cx, dir, &m);
    return !l->over;
}

static size_t size(struct span s)
{
    struct reader in = reader_span(s);

    return s.n && reader_u8(&in) != ASN1_SEQUENCE ? PDU_NONE : asn1_size(s);
}

static const struct pdu_kind messages = {
    .max = LDAP_MESSAGE_MAX,
    .size = size,
    .message = on_message,
    .invalid = "ldap.unreadable",
    .too_long = "ldap.message_too_long",
    .no_memory = "ldap.memory",
    .gap = "ldap.gap",
    .truncated = "ldap.truncated",
};

/* The head of a message: SEQUENCE, a small number, an operation of that direction. */
static enum probe ldap_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct reader in = reader_span(first);
    struct span id;
    size_t whole = size(first);
    uint8_t skip, op;
    int64_t n;

    if (whole == PDU_NONE || whole > LDAP_MESSAGE_MAX || (cx->udp && whole > first.n))
        return PROBE_NO;
    reader_skip(&in, 1);
    skip = reader_u8(&in);
    reader_skip(&in, skip & 0x80 ? skip & 7u : 0);
    if (reader_left(&in) < 7)
        return whole && whole <= first.n && !reader_left(&in) ? PROBE_NO : cx->udp ? PROBE_NO : PROBE_MORE;
    id = asn1_take(&in, ASN1_INTEGER);
    op = reader_u8(&in);
    if (!asn1_number(id, &n) || n < 0 || n > INT32_MAX || !reader_ok(&in))
        return PROBE_NO;
    if (dir == TO_SERVER)
        return op == 0x60 || op == 0x63 || op == 0x77 ? PROBE_YES : PROBE_NO; /* how clients begin */
    return op == 0x61 || op == 0x64 || op == 0x65 || op == 0x78 ? PROBE_YES : PROBE_NO;
}

static int ldap_open(void *state, struct proto_ctx *cx)
{
    struct ldap *l = state;

    (void)cx;
    for (size_t i = 0; i < GH_COUNT(l->pdu); i++)
        pdu_init(&l->pdu[i], &messages);
    return 0;
}

static void ldap_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct ldap *l = state;

    if (l->over)
        tunnel_feed(l->tunnel, dir, bytes);
    else
        pdu_feed(&l->pdu[dir], &messages, l, cx, dir, bytes);
}

static void ldap_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct ldap *l = state;

    if (l->over)
        tunnel_gap(l->tunnel, dir, missing);
    else
        pdu_gap(&l->pdu[dir], &messages, cx, dir, missing);
}

static void ldap_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct ldap *l = state;

    if (l->over)
        tunnel_end(l->tunnel, dir);
    else
        pdu_end(&l->pdu[dir], &messages, cx, dir);
}

static void ldap_close(void *state, struct proto_ctx *cx)
{
    struct ldap *l = state;

    while (l->n_open)
        exchange_end(l, cx, 0);
    for (size_t i = 0; i < GH_COUNT(l->pdu); i++)
        pdu_done(&l->pdu[i], cx);
    tunnel_free(l->tunnel);
}

static void ldap_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct reader in = reader_span(bytes);

    while (reader_left(&in)) { /* Windows sends the entry and the end of a search in one */
        struct span rest = span_part(bytes, in.pos, SIZE_MAX);
        size_t n = size(rest);
        if (n == PDU_MORE || n > rest.n) {
            proto_anomaly(cx, dir, "ldap.invalid_data");
            return;
        }
        on_message(state, cx, dir, reader_take(&in, n));
    }
}

const struct proto ldap_proto = {
    .name = "ldap",
    .state_size = sizeof(struct ldap),
    .probe = ldap_probe,
    .open = ldap_open,
    .feed = ldap_feed,
    .gap = ldap_gap,
    .end = ldap_end,
    .close = ldap_close,
    .datagram = ldap_datagram,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/rdp.h"
#include "sensor/decode/pdu.h"
#include "sensor/decode/rdp_x224.h"
#include "sensor/decode/tunnel.h"

struct rdp {
    struct pdu pdu[2];
    struct tunnel *tunnel; /* behind the response */
    bool over;             /* the response was seen */
};

struct bit {
    uint32_t bit;
    const char *name;
};
static const struct bit request_flags[] = {{0x01, "restricted_admin_mode_required"},
                                           {0x02, "redirected_authentication_mode_required"},
                                           {0x08, "correlation_info_present"}};
static const struct bit response_flags[] = {{0x01, "extended_client_data"},
                                            {0x02, "dynvc_gfx"},
                                            {0x08, "restricted_admin"},
                                            {0x10, "redirected_authentication"}};
static const struct bit protocols[] = {
    {RDP_SSL, "ssl"}, {RDP_HYBRID, "hybrid"}, {RDP_RDS_TLS, "rds_tls"}, {RDP_HYBRID_EX, "hybrid_ex"}};
static const char *const failures[] = {NULL,
                                       "ssl required by server",
                                       "ssl not allowed by server",
                                       "ssl cert not on server",
                                       "inconsistent flags",
                                       "hybrid required by server",
                                       "ssl with user auth required by server"};

static void put_bits(struct jw *j, const char *key, uint32_t value, const struct bit *table, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (!(value & table[i].bit))
            continue;
        if (!any)
            jw_karr(j, key);
        any = true;
        jw_cstr(j, table[i].name);
    }
    if (any)
        jw_end_arr(j);
}

static void begin(struct proto_ctx *cx, enum direction dir, const char *type, struct jw *j)
{
    uint32_t tx = cx->tx_next++;

    proto_event_begin(cx, EVENT_RDP, dir, tx, j);
    jw_kobj(j, "rdp");
    jw_ku64(j, "tx_id", tx);
    jw_kcstr(j, "event_type", type);
}

static void on_request(struct proto_ctx *cx, const struct rdp_request *q)
{
    struct jw j;

    begin(cx, TO_SERVER, "initial_request", &j);
    if (q->cookie.n)
        jw_kstr(&j, "cookie", q->cookie);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse"); /* the rest is not in the published schema */
    jw_kobj(&j, "rdp");
    put_bits(&j, "flags", q->flags, request_flags, GH_COUNT(request_flags));
    if (q->token.n)
        jw_kstr(&j, "routing_token", q->token);
    if (q->protocols & 0x0F)
        put_bits(&j, "requested", q->protocols, protocols, GH_COUNT(protocols));
    else /* RDP's own security is no bit */
        put_bits(&j, "requested", 1, &(struct bit){1, "rdp"}, 1);
    jw_end_obj(&j);
    jw_end_obj(&j);
    proto_event_end(cx, &j, 0);
}

static void on_response(struct rdp *r, struct proto_ctx *cx, const struct rdp_response *q)
{
    const char *protocol = "rdp";
    struct jw j;

    for (size_t i = 0; i < GH_COUNT(protocols); i++)
        if (q->value == protocols[i].bit)
            protocol = protocols[i].name;
    begin(cx, TO_CLIENT, "initial_response", &j);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "rdp");
    if (q->failed) {
        jw_ku64(&j, "error_code", q->value);
        if (q->value < GH_COUNT(failures))
            jw_kcstr(&j, "reason", failures[q->value]);
    } else {
        put_bits(&j, "server_supports", q->flags, response_flags, GH_COUNT(response_flags));
        jw_kcstr(&j, "protocol", protocol);
    }
    jw_end_obj(&j);
    jw_end_obj(&j);
    proto_event_end(cx, &j, 0);
    r->over = true;
    if (!q->failed && q->value && !r->tunnel)
        r->tunnel = tunnel_new(cx, TO_SERVER);
}

static bool on_message(void *arg, struct proto_ctx *cx, enum direction dir, struct span s)
{
    struct rdp_response response;
    struct rdp_request request;

    if (dir == TO_SERVER && rdp_request_read(s, &request))
        on_request(cx, &request);
    else if (dir == TO_CLIENT && rdp_response_read(s, &response))
        on_response(arg, cx, &response);
    else
        proto_anomaly(cx, dir, "rdp.malformed");
    return false; /* one message each */
}

static const struct pdu_kind messages = {
    .max = RDP_PACKET_MAX,
    .size = rdp_tpkt_size,
    .message = on_message,
    .invalid = "rdp.malformed",
    .too_long = "rdp.message_too_long",
    .no_memory = "rdp.memory",
    .gap = "rdp.gap",
    .truncated = "rdp.truncated",
};

/* The other protocols over X.224 (MMS, S7) have parameters where RDP has a cookie or its negotiation. */
static enum probe rdp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct rdp_response response;
    struct rdp_request request;
    size_t size = rdp_tpkt_size(first);

    (void)cx;
    if (size == PDU_NONE || size > RDP_PACKET_MAX)
        return PROBE_NO;
    if (size == PDU_MORE || size > first.n)
        return PROBE_MORE;
    first = span_part(first, 0, size);
    return (dir == TO_SERVER ? rdp_request_read(first, &request) : rdp_response_read(first, &response))
               ? PROBE_YES
               : PROBE_NO;
}

static int rdp_open(void *state, struct proto_ctx *cx)
{
    struct rdp *r = state;

    (void)cx;
    for (size_t i = 0; i < GH_COUNT(r->pdu); i++)
        pdu_init(&r->pdu[i], &messages);
    return 0;
}

static void rdp_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct rdp *r = state;

    if (r->over)
        tunnel_feed(r->tunnel, dir, bytes);
    else
        pdu_feed(&r->pdu[dir], &messages, r, cx, dir, bytes);
}

static void rdp_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct rdp *r = state;

    if (r->over)
        tunnel_gap(r->tunnel, dir, missing);
    else
        pdu_gap(&r->pdu[dir], &messages, cx, dir, missing);
}

static void rdp_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct rdp *r = state;

    if (r->over)
        tunnel_end(r->tunnel, dir);
    else
        pdu_end(&r->pdu[dir], &messages, cx, dir);
}

static void rdp_close(void *state, struct proto_ctx *cx)
{
    struct rdp *r = state;

    for (size_t i = 0; i < GH_COUNT(r->pdu); i++)
        pdu_done(&r->pdu[i], cx);
    tunnel_free(r->tunnel);
}

const struct proto rdp_proto = {
    .name = "rdp",
    .state_size = sizeof(struct rdp),
    .probe = rdp_probe,
    .open = rdp_open,
    .feed = rdp_feed,
    .gap = rdp_gap,
    .end = rdp_end,
    .close = rdp_close,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/packet.h"
#include "sensor/decode/packet_walk.h"

static const char *const verdict_names[] = {
#define X(name, text) text,
    PACKET_VERDICTS(X)
#undef X
};

const char *packet_verdict_name(enum packet_verdict v)
{
    return (size_t)v < GH_COUNT(verdict_names) ? verdict_names[v] : "unknown";
}

bool packet_link_known(unsigned link_type)
{
    return walk_link(link_type) != L_DONE;
}

static enum layer stop(struct walk *w, enum packet_verdict why)
{
    w->verdict = why;
    return L_DONE;
}

static enum layer by_ip_proto(struct walk *w, uint8_t proto)
{
    w->p->proto = proto;
    w->p->l4 = span_part((struct span){w->r.p, w->r.n}, w->r.pos, reader_left(&w->r));
    w->p->payload = w->p->l4; /* until a transport header says more */
    if (w->p->fragment)
        return L_DONE;
    switch (proto) {
    case 6:
        return L_TCP;
    case 17:
    case 136: /* UDP-Lite has the same ports; its checksum coverage stands where the length does */
        return L_UDP;
    case 132:
        return L_SCTP;
    case 1:
    case 58:
        return L_ICMP;
    case 47:
        return L_GRE;
    case 51:
        return L_AH;
    case 115:
        return L_L2TP3;
    case 4:
        return walk_tunnel(w, "ipip", L_IPV4);
    case 41:
        return walk_tunnel(w, "ip6", L_IPV6);
    default:
        return L_DONE;
    }
}

/* Narrows the walk to the IP packet of total bytes at start: padding behind it is not part of it, and what
 * the capture did not keep is not there. */
static void enter_ip(struct walk *w, size_t start, size_t total)
{
    struct packet *p = w->p;
    size_t left;

    reader_seek(&w->r, start);
    left = reader_left(&w->r);
    p->cut = total > left;
    w->r = reader_sub(&w->r, p->cut ? left : total);
    p->l3 = (struct span){w->r.p, w->r.n};
    p->fragment = p->more_fragments = false;
    p->fragment_offset = 0;
    p->fragment_id = 0;
    p->tcp_flags = 0;
}

static enum layer on_ipv4(struct walk *w)
{
    struct packet *p = w->p;
    size_t start = w->r.pos, left = reader_left(&w->r), header, total;
    uint8_t first = reader_u8(&w->r), proto;
    uint16_t flags, id;

    reader_skip(&w->r, 1);
    total = reader_be16(&w->r);
    id = reader_be16(&w->r);
    flags = reader_be16(&w->r);
    p->ttl = reader_u8(&w->r);
    proto = reader_u8(&w->r);
    reader_skip(&w->r, 2);
    memset(p->src, 0, 16);
    memset(p->dst, 0, 16);
    reader_copy(&w->r, p->src, 4);
    reader_copy(&w->r, p->dst, 4);
    if (!reader_ok(&w->r))
        return L_DONE;
    header = (size_t)(first & 15) * 4;
    if (total == 0) /* segmentation offload: the driver leaves the length to the card */
        total = left > header ? left : header;
    if (first >> 4 != 4 || header < 20 || total < header)
        return stop(w, PACKET_MALFORMED);
    p->ipv6 = false;
    enter_ip(w, start, total);
    reader_skip(&w->r, header);
    if (!reader_ok(&w->r))
        return L_DONE;
    p->l3_header = header;
    p->fragment_id = id;
    p->fragment_offset = (uint16_t)((flags & 0x1FFF) * 8);
    p->more_fragments = flags & 0x2000;
    p->fragment = p->fragment_offset || p->more_fragments;
    return by_ip_proto(w, proto);
}

static void fragment_header(struct walk *w, uint8_t *next)
{
    struct packet *p = w->p;
    uint16_t field;

    *next = reader_u8(&w->r);
    reader_skip(&w->r, 1);
    field = reader_be16(&w->r);
    p->fragment_id = reader_be32(&w->r);
    p->fragment_offset = field & 0xFFF8;
    p->more_fragments = field & 1;
    p->fragment =
        p->fragment_offset || p->more_fragments; /* neither: an atomic fragment is whole (RFC 6946) */
}

/* Steps over IPv6 extension headers (RFC 8200 section 4) up to what is no header, or to the fragment header
 * of a part. False when there are too many. AH is a layer of its own, for IPv4 too. */
static bool ipv6_extensions(struct walk *w, uint8_t *next)
{
    for (unsigned i = 0; i < PACKET_LAYERS; i++) {
        switch (*next) {
        case 44:
            fragment_header(w, next);
            if (w->p->fragment)
                return true;
            break;
        case 0:   /* hop-by-hop */
        case 43:  /* routing */
        case 60:  /* destination options */
        case 135: /* mobility */
        case 139: /* HIP */
        case 140: /* shim6 */
            *next = reader_u8(&w->r);
            reader_skip(&w->r, (size_t)reader_u8(&w->r) * 8 + 6);
            break;
        default:
            return true;
        }
        if (!reader_ok(&w->r))
            return true;
    }
    return false;
}

static enum layer on_ipv6(struct walk *w)
{
    struct packet *p = w->p;
    size_t start = w->r.pos, left = reader_left(&w->r), total;
    uint8_t version = reader_peek(&w->r, 0) >> 4, next;

    reader_skip(&w->r, 4);
    total = reader_be16(&w->r);
    next = reader_u8(&w->r);
    p->ttl = reader_u8(&w->r);
    reader_copy(&w->r, p->src, 16);
    reader_copy(&w->r, p->dst, 16);
    if (!reader_ok(&w->r))
        return L_DONE;
    if (version != 6)
        return stop(w, PACKET_MALFORMED);
    p->ipv6 = true;
    enter_ip(w, start,
             total ? total + 40 : left); /* 0: jumbogram or offload; the capture's length is all there is */
    reader_skip(&w->r, 40);
    if (!ipv6_extensions(w, &next))
        return stop(w, PACKET_TOO_DEEP);
    if (!reader_ok(&w->r))
        return L_DONE;
    p->l3_header = w->r.pos;
    return by_ip_proto(w, next);
}

/* RFC 4302: integrity only, the content is readable. The length counts 4-byte words less 2. */
static enum layer on_ah(struct walk *w)
{
    uint8_t next = reader_u8(&w->r);

    reader_skip(&w->r, ((size_t)reader_u8(&w->r) + 2) * 4 - 2);
    if (!reader_ok(&w->r))
        return L_DONE;
    w->p->l3_header = w->r.pos;
    /* IPv6 options may follow AH. */
    if (w->p->ipv6) {
        if (!ipv6_extensions(w, &next))
            return stop(w, PACKET_TOO_DEEP);
        if (!reader_ok(&w->r))
            return L_DONE;
        w->p->l3_header = w->r.pos;
    }
    return by_ip_proto(w, next);
}

static enum layer on_tcp(struct walk *w)
{
    struct packet *p = w->p;
    size_t start = w->r.pos, header;

    p->src_port = reader_be16(&w->r);
    p->dst_port = reader_be16(&w->r);
    p->seq = reader_be32(&w->r);
    p->ack = reader_be32(&w->r);
    header = (size_t)(reader_u8(&w->r) >> 4) * 4;
    p->tcp_flags = reader_u8(&w->r) & 0x3F;
    p->window = reader_be16(&w->r);
    reader_skip(&w->r, 4);
    if (!reader_ok(&w->r))
        return L_DONE;
    if (header < 20)
        return stop(w, PACKET_MALFORMED);
    reader_seek(&w->r, start);
    reader_skip(&w->r, header);
    p->payload = reader_rest(&w->r);
    return L_DONE;
}

static enum layer udp_tunnel(const struct packet *p)
{
    switch (p->dst_port) {
    case 4789:
    case 8472: /* Linux before the port was registered */
        return L_VXLAN;
    case 6081:
        return L_GENEVE;
    default:
        break;
    }
    if (p->dst_port == 2152 || p->src_port == 2152)
        return L_GTPU;
    if (p->dst_port == 3544 || p->src_port == 3544)
        return L_TEREDO;
    if (p->dst_port == 1701 || p->src_port == 1701)
        return L_L2TP;
    return L_DONE;
}

static enum layer on_udp(struct walk *w)
{
    struct packet *p = w->p;
    size_t length;

    p->src_port = reader_be16(&w->r);
    p->dst_port = reader_be16(&w->r);
    length = reader_be16(&w->r);
    reader_skip(&w->r, 2);
    if (!reader_ok(&w->r))
        return L_DONE;
    /* A length below 8 (offload, coverage of UDP-Lite) or past the packet says nothing. */
    if (p->proto == 17 && length >= 8 && length - 8 < reader_left(&w->r))
        w->r = reader_sub(&w->r, length - 8);
    p->payload = span_part((struct span){w->r.p, w->r.n}, w->r.pos, reader_left(&w->r));
    return udp_tunnel(p);
}

static enum layer on_sctp(struct walk *w)
{
    w->p->src_port = reader_be16(&w->r);
    w->p->dst_port = reader_be16(&w->r);
    reader_skip(&w->r, 8);
    if (reader_ok(&w->r))
        w->p->payload = reader_rest(&w->r);
    return L_DONE;
}

static enum layer on_icmp(struct walk *w)
{
    w->p->icmp_type = reader_u8(&w->r);
    w->p->icmp_code = reader_u8(&w->r);
    reader_skip(&w->r, 2);
    if (reader_ok(&w->r))
        w->p->payload = reader_rest(&w->r);
    return L_DONE;
}

static enum layer on_not_ip(struct walk *w)
{
    return stop(w, PACKET_NOT_IP);
}

static layer_fn *const handlers[L_COUNT] = {
    [L_ETHERNET] = on_ethernet, [L_COOKED] = on_cooked, [L_COOKED2] = on_cooked2, [L_NULL] = on_null,
    [L_RAW] = on_raw,           [L_PPP] = on_ppp,       [L_HDLC] = on_hdlc,       [L_PPPOE] = on_pppoe,
    [L_VLAN] = on_vlan,         [L_MPLS] = on_mpls,     [L_ETAG] = on_etag,       [L_VNTAG] = on_vntag,
    [L_MACSEC] = on_macsec,     [L_PBB] = on_pbb,       [L_NSH] = on_nsh,         [L_IPV4] = on_ipv4,
    [L_IPV6] = on_ipv6,         [L_AH] = on_ah,         [L_TCP] = on_tcp,         [L_UDP] = on_udp,
    [L_SCTP] = on_sctp,         [L_ICMP] = on_icmp,     [L_GRE] = on_gre,         [L_ERSPAN2] = on_erspan2,
    [L_ERSPAN3] = on_erspan3,   [L_VXLAN] = on_vxlan,   [L_GENEVE] = on_geneve,   [L_GTPU] = on_gtpu,
    [L_TEREDO] = on_teredo,     [L_L2TP] = on_l2tp,     [L_L2TP3] = on_l2tp3,     [L_NOT_IP] = on_not_ip,
};

/* Walks from a layer to the end. When what a tunnel carries is broken or no IP, the packet around it still
 * counts. */
static enum packet_verdict walk(struct walk *w, enum layer layer)
{
    for (unsigned depth = 0; layer != L_DONE; depth++) {
        if (depth == PACKET_LAYERS) {
            w->verdict = PACKET_TOO_DEEP;
            break;
        }
        layer = handlers[layer](w);
        if (!reader_ok(&w->r))
            break;
    }
    if (w->verdict == PACKET_OK && !reader_ok(&w->r))
        w->verdict = PACKET_TRUNCATED;
    if (w->verdict != PACKET_OK && w->entered) {
        *w->p = w->around;
        w->verdict = PACKET_OK;
    }
    return w->verdict;
}

enum packet_verdict packet_decode(struct packet *p, unsigned link_type, struct span frame)
{
    struct walk w;
    enum layer first = walk_link(link_type);

    if (first == L_DONE)
        return PACKET_LINK_TYPE;
    if (!frame.n)
        return PACKET_EMPTY;
    w.p = p;
    w.r = reader_span(frame);
    w.verdict = PACKET_OK;
    w.outer_only = w.entered = false;
    return walk(&w, first);
}

enum packet_verdict packet_decode_ip(struct packet *p, struct span l3)
{
    struct walk w = {.p = p, .r = reader_span(l3)};

    return walk(&w, p->ipv6 ? L_IPV6 : L_IPV4);
}

bool packet_outer(const struct packet *p, struct packet *ret)
{
    struct packet o = {.ts_us = p->ts_us,
                       .number = p->number,
                       .now_us = p->now_us,
                       .order = p->order,
                       .wire_bytes = p->wire_bytes,
                       .frame = p->frame,
                       .link_type = p->link_type};
    struct walk w = {.p = &o, .r = reader_span(p->tunnel_l3), .outer_only = true};

    if (!p->tunnel)
        return false;
    memcpy(o.src_mac, p->src_mac, 6);
    memcpy(o.dst_mac, p->dst_mac, 6);
    memcpy(o.vlan, p->tunnel_vlan, sizeof(o.vlan));
    o.n_vlan = p->tunnel_n_vlan;
    if (walk(&w, p->tunnel_ipv6 ? L_IPV6 : L_IPV4) != PACKET_OK)
        return false;
    *ret = o;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/packet.h"

/* Layers of a frame. A handler consumes its header from the reader and names what follows; L_DONE ends the walk. */
enum layer {
    L_DONE,
    L_ETHERNET,
    L_COOKED,
    L_COOKED2,
    L_NULL,
    L_LOOP,
    L_RAW,
    L_PPP,
    L_HDLC,
    L_PPPOE,
    L_VLAN,
    L_MPLS,
    L_SKIP_ETAG,
    L_SKIP_VNTAG,
    L_IPV4,
    L_IPV6,
    L_TCP,
    L_UDP,
    L_ICMP,
    L_GRE,
    L_ERSPAN2,
    L_ERSPAN3,
    L_VXLAN,
    L_GENEVE,
    L_GTPU,
    L_TEREDO,
    L_NOT_IP,
    L_COUNT
};
struct walk {
    struct packet *p;
    struct reader r;
    enum packet_verdict verdict;
};
typedef enum layer layer_fn(struct walk *w);

static const char *const verdict_names[] = {
#define X(name, text) text,
    PACKET_VERDICTS(X)
#undef X
};

const char *packet_verdict_name(enum packet_verdict v)
{
    return (size_t)v < GH_COUNT(verdict_names) ? verdict_names[v] : "unknown";
}

static const struct {
    unsigned type;
    enum layer first;
} links[] = {
    {0, L_NULL}, {1, L_ETHERNET}, {9, L_PPP}, {12, L_RAW}, {14, L_RAW}, {50, L_PPP}, {51, L_PPPOE}, {101, L_RAW},
    {104, L_HDLC}, {108, L_LOOP}, {113, L_COOKED}, {228, L_IPV4}, {229, L_IPV6}, {276, L_COOKED2},
};

static enum layer first_layer(unsigned link_type)
{
    for (size_t i = 0; i < GH_COUNT(links); i++)
        if (links[i].type == link_type)
            return links[i].first;
    return L_DONE;
}

bool packet_link_known(unsigned link_type)
{
    return first_layer(link_type) != L_DONE;
}

/* EtherType, or an 802.3 length, to a layer. */
static enum layer by_ethertype(uint16_t type)
{
    static const struct {
        uint16_t type;
        enum layer layer;
    } table[] = {
        {0x0800, L_IPV4}, {0x86DD, L_IPV6}, {0x8100, L_VLAN},  {0x88A8, L_VLAN},       {0x9100, L_VLAN},
        {0x9200, L_VLAN}, {0x8847, L_MPLS}, {0x8848, L_MPLS},  {0x8864, L_PPPOE},      {0x893F, L_SKIP_ETAG},
        {0x8926, L_SKIP_VNTAG}, {0x6558, L_ETHERNET}, {0x88BE, L_ERSPAN2}, {0x22EB, L_ERSPAN3}, {0x880B, L_PPP},
    };
    for (size_t i = 0; i < GH_COUNT(table); i++)
        if (table[i].type == type)
            return table[i].layer;
    return L_NOT_IP;
}

/* What 802.3 with LLC carries: SNAP may name an EtherType, all else is no IP. */
static enum layer llc(struct walk *w)
{
    if (reader_peek(&w->r, 0) == 0xAA && reader_peek(&w->r, 1) == 0xAA) {
        reader_skip(&w->r, 6);
        return by_ethertype(reader_be16(&w->r));
    }
    return L_NOT_IP;
}

static enum layer next_type(struct walk *w, uint16_t type)
{
    return type < 0x600 ? llc(w) : by_ethertype(type);
}

static enum layer on_ethernet(struct walk *w)
{
    reader_copy(&w->r, w->p->dst_mac, 6);
    reader_copy(&w->r, w->p->src_mac, 6);
    return next_type(w, reader_be16(&w->r));
}

static enum layer on_cooked(struct walk *w)
{
    reader_skip(&w->r, 6);
    reader_copy(&w->r, w->p->src_mac, 6);
    reader_skip(&w->r, 2);
    return next_type(w, reader_be16(&w->r));
}

static enum layer on_cooked2(struct walk *w)
{
    uint16_t type = reader_be16(&w->r);
    reader_skip(&w->r, 18);
    return next_type(w, type);
}

/* BSD loopback: the address family in the byte order of the capturing machine. */
static enum layer on_null(struct walk *w)
{
    uint32_t family = reader_le32(&w->r);
    if (family > 0xFFFF)
        family = __builtin_bswap32(family);
    return family == 2 ? L_IPV4 : family == 24 || family == 28 || family == 30 || family == 10 ? L_IPV6 : L_NOT_IP;
}

static enum layer on_raw(struct walk *w)
{
    uint8_t version = reader_peek(&w->r, 0) >> 4;
    return version == 4 ? L_IPV4 : version == 6 ? L_IPV6 : L_NOT_IP;
}

static enum layer on_ppp(struct walk *w)
{
    uint16_t proto;

    if (reader_peek(&w->r, 0) == 0xFF && reader_peek(&w->r, 1) == 0x03)
        reader_skip(&w->r, 2);
    proto = reader_u8(&w->r);
    if (!(proto & 1)) /* a protocol number ends with an odd byte; one byte alone is the compressed form */
        proto = (uint16_t)(proto << 8 | reader_u8(&w->r));
    return proto == 0x21 ? L_IPV4 : proto == 0x57 ? L_IPV6 : proto == 0x281 ? L_MPLS : L_NOT_IP;
}

static enum layer on_hdlc(struct walk *w)
{
    reader_skip(&w->r, 2);
    return next_type(w, reader_be16(&w->r));
}

static enum layer on_pppoe(struct walk *w)
{
    uint16_t code;
    reader_skip(&w->r, 1);
    code = reader_u8(&w->r);
    reader_skip(&w->r, 4);
    return code == 0 ? L_PPP : L_NOT_IP;
}

static enum layer on_vlan(struct walk *w)
{
    uint16_t tag = reader_be16(&w->r);
    if (w->p->n_vlan < GH_COUNT(w->p->vlan))
        w->p->vlan[w->p->n_vlan++] = tag & 0xFFF;
    return next_type(w, reader_be16(&w->r));
}

static enum layer on_mpls(struct walk *w)
{
    uint32_t entry;
    unsigned n = 0;

    do
        entry = reader_be32(&w->r);
    while (reader_ok(&w->r) && !(entry & 0x100) && ++n < PACKET_LAYERS);
    switch (reader_peek(&w->r, 0) >> 4) { /* MPLS does not name its payload */
    case 4:
        return L_IPV4;
    case 6:
        return L_IPV6;
    case 0: /* pseudowire control word */
        reader_skip(&w->r, 4);
        return L_ETHERNET;
    default:
        return L_ETHERNET;
    }
}

static enum layer on_etag(struct walk *w)
{
    reader_skip(&w->r, 6);
    return next_type(w, reader_be16(&w->r));
}

static enum layer on_vntag(struct walk *w)
{
    reader_skip(&w->r, 4);
    return next_type(w, reader_be16(&w->r));
}

static void enter_tunnel(struct walk *w, const char *name)
{
    struct packet *p = w->p;

    if (!p->tunnel) {
        p->tunnel = name;
        p->tunnel_ipv6 = p->ipv6;
        memcpy(p->tunnel_src, p->src, 16);
        memcpy(p->tunnel_dst, p->dst, 16);
    }
    p->n_vlan = 0; /* the inner frame's own tags, if any, name the flow */
    p->src_port = p->dst_port = 0;
}

static enum layer by_ip_proto(struct walk *w, uint8_t proto)
{
    w->p->proto = proto;
    w->p->l4 = (struct span){w->r.p + w->r.pos, reader_left(&w->r)};
    if (w->p->fragment)
        return L_DONE;
    switch (proto) {
    case 6:
        return L_TCP;
    case 17:
    case 136: /* UDP-Lite has the same ports */
        return L_UDP;
    case 1:
    case 58:
        return L_ICMP;
    case 47:
        return L_GRE;
    case 4:
        enter_tunnel(w, "ipip");
        return L_IPV4;
    case 41:
        enter_tunnel(w, "ip6");
        return L_IPV6;
    default:
        return L_DONE;
    }
}

static enum layer on_ipv4(struct walk *w)
{
    struct packet *p = w->p;
    size_t start = w->r.pos, left = reader_left(&w->r), header, total;
    uint8_t first = reader_u8(&w->r), proto;
    uint16_t flags;

    header = (size_t)(first & 15) * 4;
    reader_skip(&w->r, 1);
    total = reader_be16(&w->r);
    p->fragment_id = reader_be16(&w->r);
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
    if (total == 0) /* segmentation offload: the driver leaves the length to the card */
        total = left;
    if (first >> 4 != 4 || header < 20 || total < header) {
        w->verdict = PACKET_MALFORMED;
        return L_DONE;
    }
    p->ipv6 = false;
    p->cut = total > left;
    if (total > left)
        total = left;
    /* Padding behind the IP length is not part of it. */
    w->r = reader_span((struct span){w->r.p + start, total});
    p->l3 = (struct span){w->r.p, total};
    reader_skip(&w->r, header);
    if (!reader_ok(&w->r))
        return L_DONE;
    p->l3_header = header;
    p->fragment_offset = (uint16_t)((flags & 0x1FFF) * 8);
    p->more_fragments = flags & 0x2000;
    p->fragment = p->fragment_offset || p->more_fragments;
    return by_ip_proto(w, proto);
}

/* Steps over IPv6 extension headers (RFC 8200 section 4); false when they do not end. */
static bool ipv6_extensions(struct walk *w, uint8_t *next)
{
    struct packet *p = w->p;

    for (unsigned i = 0; i < PACKET_LAYERS; i++) {
        uint8_t type = *next;
        if (type == 44) {
            uint16_t field;
            *next = reader_u8(&w->r);
            reader_skip(&w->r, 1);
            field = reader_be16(&w->r);
            p->fragment_id = reader_be32(&w->r);
            p->fragment_offset = field & 0xFFF8;
            p->more_fragments = field & 1;
            p->fragment = p->fragment_offset || p->more_fragments; /* neither: atomic fragment (RFC 6946) */
            if (p->fragment)
                return reader_ok(&w->r);
        } else if (type == 0 || type == 43 || type == 60 || type == 135 || type == 139 || type == 140) {
            *next = reader_u8(&w->r);
            reader_skip(&w->r, (size_t)reader_u8(&w->r) * 8 + 6);
        } else if (type == 51) {
            *next = reader_u8(&w->r);
            reader_skip(&w->r, ((size_t)reader_u8(&w->r) + 2) * 4 - 2);
        } else {
            return true;
        }
        if (!reader_ok(&w->r))
            return false;
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
    if (version != 6) {
        w->verdict = PACKET_MALFORMED;
        return L_DONE;
    }
    total = total ? total + 40 : left; /* 0: jumbogram or offload; the capture's length is all there is */
    p->ipv6 = true;
    p->cut = total > left;
    if (total > left)
        total = left;
    w->r = reader_span((struct span){w->r.p + start, total});
    p->l3 = (struct span){w->r.p, total};
    reader_skip(&w->r, 40);
    p->fragment = p->more_fragments = false;
    p->fragment_offset = 0;
    if (!ipv6_extensions(w, &next)) {
        if (reader_ok(&w->r))
            w->verdict = PACKET_MALFORMED;
        return L_DONE;
    }
    p->l3_header = w->r.pos;
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
    if (header < 20) {
        w->verdict = PACKET_MALFORMED;
        return L_DONE;
    }
    reader_seek(&w->r, start + header);
    p->payload = reader_rest(&w->r);
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
    if (length >= 8 && length - 8 < reader_left(&w->r))
        w->r = reader_sub(&w->r, length - 8);
    p->payload = (struct span){w->r.p + w->r.pos, reader_left(&w->r)};
    if (p->dst_port == 4789 || p->dst_port == 8472)
        return L_VXLAN;
    if (p->dst_port == 6081)
        return L_GENEVE;
    if (p->dst_port == 2152 || p->src_port == 2152)
        return L_GTPU;
    if (p->dst_port == 3544 || p->src_port == 3544)
        return L_TEREDO;
    return L_DONE;
}

static enum layer on_icmp(struct walk *w)
{
    w->p->icmp_type = reader_u8(&w->r);
    w->p->icmp_code = reader_u8(&w->r);
    w->p->payload = reader_rest(&w->r);
    return L_DONE;
}

static enum layer on_gre(struct walk *w)
{
    uint16_t flags = reader_be16(&w->r), type = reader_be16(&w->r);
    unsigned version = flags & 7;
    enum layer next;

    if (!reader_ok(&w->r) || version > 1)
        return L_DONE; /* an unknown version stays a GRE flow */
    if (version == 1) { /* PPTP (RFC 2637) */
        reader_skip(&w->r, 4);
        reader_skip(&w->r, (flags & 0x1000 ? 4 : 0) + (flags & 0x80 ? 4 : 0));
        next = type == 0x880B && reader_left(&w->r) ? L_PPP : L_DONE;
    } else {
        reader_skip(&w->r, (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0));
        /* ERSPAN type I has no header of its own: no sequence number tells it (draft-foschiano-erspan). */
        next = type == 0x88BE && !(flags & 0x1000) ? L_ETHERNET : by_ethertype(type);
    }
    if (next == L_NOT_IP || !reader_ok(&w->r))
        return L_DONE;
    enter_tunnel(w, type == 0x88BE || type == 0x22EB ? "erspan" : "gre");
    return next;
}

static enum layer on_erspan2(struct walk *w)
{
    reader_skip(&w->r, 8);
    return L_ETHERNET;
}

static enum layer on_erspan3(struct walk *w)
{
    reader_skip(&w->r, 11);
    if (reader_u8(&w->r) & 1) /* optional platform header */
        reader_skip(&w->r, 8);
    return L_ETHERNET;
}

/* Reserved bits are ignored on receipt (RFC 7348 section 5); only the I bit tells a VXLAN header. */
static enum layer on_vxlan(struct walk *w)
{
    struct reader probe = w->r;

    if (!(reader_u8(&probe) & 0x08) || reader_left(&probe) < 7 + 14)
        return L_DONE;
    reader_skip(&w->r, 8);
    enter_tunnel(w, "vxlan");
    return L_ETHERNET;
}

static enum layer on_geneve(struct walk *w)
{
    struct reader probe = w->r;
    uint8_t first = reader_u8(&probe);
    uint16_t type;
    enum layer next;

    reader_skip(&probe, 1);
    type = reader_be16(&probe);
    reader_skip(&probe, 4 + (size_t)(first & 0x3F) * 4);
    next = by_ethertype(type);
    if (!reader_ok(&probe) || first >> 6 != 0 || next == L_NOT_IP)
        return L_DONE;
    w->r = probe;
    enter_tunnel(w, "geneve");
    return next;
}

/* GTPv1-U T-PDU (3GPP TS 29.281 section 5). */
static enum layer on_gtpu(struct walk *w)
{
    struct reader probe = w->r;
    uint8_t flags = reader_u8(&probe), next;

    if (flags >> 5 != 1 || !(flags & 0x10) || reader_u8(&probe) != 0xFF)
        return L_DONE;
    reader_skip(&probe, 6);
    if (flags & 7) {
        reader_skip(&probe, 3);
        next = reader_u8(&probe);
        for (unsigned i = 0; next && i < PACKET_LAYERS && reader_ok(&probe); i++) {
            size_t units = reader_u8(&probe);
            if (!units)
                return L_DONE;
            reader_skip(&probe, units * 4 - 2);
            next = reader_u8(&probe);
        }
    }
    if (!reader_ok(&probe) || (reader_peek(&probe, 0) >> 4 != 4 && reader_peek(&probe, 0) >> 4 != 6))
        return L_DONE;
    w->r = probe;
    enter_tunnel(w, "gtp");
    return L_RAW;
}

/* Authentication and origin indications may precede the IPv6 packet (RFC 4380 section 5.1.1). */
static enum layer on_teredo(struct walk *w)
{
    struct reader probe = w->r;

    if (reader_peek(&probe, 0) == 0 && reader_peek(&probe, 1) == 1) {
        size_t id, auth;
        reader_skip(&probe, 2);
        id = reader_u8(&probe);
        auth = reader_u8(&probe);
        reader_skip(&probe, id + auth + 9);
    }
    if (reader_peek(&probe, 0) == 0 && reader_peek(&probe, 1) == 0)
        reader_skip(&probe, 8);
    if (!reader_ok(&probe) || reader_peek(&probe, 0) >> 4 != 6 || reader_left(&probe) < 40)
        return L_DONE;
    w->r = probe;
    enter_tunnel(w, "teredo");
    return L_IPV6;
}

static enum layer on_not_ip(struct walk *w)
{
    w->verdict = PACKET_NOT_IP;
    return L_DONE;
}

static layer_fn *const handlers[L_COUNT] = {
    [L_ETHERNET] = on_ethernet, [L_COOKED] = on_cooked,   [L_COOKED2] = on_cooked2, [L_NULL] = on_null,
    [L_LOOP] = on_null,         [L_RAW] = on_raw,         [L_PPP] = on_ppp,         [L_HDLC] = on_hdlc,
    [L_PPPOE] = on_pppoe,       [L_VLAN] = on_vlan,       [L_MPLS] = on_mpls,       [L_SKIP_ETAG] = on_etag,
    [L_SKIP_VNTAG] = on_vntag,  [L_IPV4] = on_ipv4,       [L_IPV6] = on_ipv6,       [L_TCP] = on_tcp,
    [L_UDP] = on_udp,           [L_ICMP] = on_icmp,       [L_GRE] = on_gre,         [L_ERSPAN2] = on_erspan2,
    [L_ERSPAN3] = on_erspan3,   [L_VXLAN] = on_vxlan,     [L_GENEVE] = on_geneve,   [L_GTPU] = on_gtpu,
    [L_TEREDO] = on_teredo,     [L_NOT_IP] = on_not_ip,
};

/* Walks from a layer to the end. When an inner packet is broken, the last whole IP packet around it still counts. */
static enum packet_verdict walk(struct packet *p, enum layer layer, struct span bytes)
{
    struct walk w = {.p = p, .r = reader_span(bytes)};
    struct packet outer;
    bool have_outer = false;

    for (unsigned depth = 0; layer != L_DONE; depth++) {
        const char *tunnel = p->tunnel;
        struct packet before = *p;
        if (depth == PACKET_LAYERS) {
            w.verdict = PACKET_TOO_DEEP;
            break;
        }
        layer = handlers[layer](&w);
        if (p->tunnel && (!tunnel || layer == L_IPV4 || layer == L_IPV6) && !have_outer && before.l3.n) {
            outer = before;
            outer.payload = w.p->payload;
            have_outer = true;
        }
    }
    if (w.verdict == PACKET_OK && !reader_ok(&w.r))
        w.verdict = PACKET_TRUNCATED;
    if (w.verdict == PACKET_OK && !p->l3.n)
        w.verdict = PACKET_NOT_IP;
    if (w.verdict != PACKET_OK && have_outer) {
        *p = outer;
        return PACKET_OK;
    }
    return w.verdict;
}

enum packet_verdict packet_decode(struct packet *p, unsigned link_type, struct span frame)
{
    enum layer first = first_layer(link_type);

    if (first == L_DONE)
        return PACKET_LINK_TYPE;
    if (!frame.n)
        return PACKET_EMPTY;
    return walk(p, first, frame);
}

enum packet_verdict packet_decode_ip(struct packet *p, struct span l3)
{
    return walk(p, p->ipv6 ? L_IPV6 : L_IPV4, l3);
}

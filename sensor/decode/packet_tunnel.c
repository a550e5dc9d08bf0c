/* SPDX-License-Identifier: GPL-3.0-or-later
 * Tunnels are recognised by content on their registered port or protocol number. What does not fit stays a
 * packet of the outer flow: these handlers look through a copy of the reader first. */
#include "sensor/decode/packet_walk.h"

enum layer walk_tunnel(struct walk *w, const char *name, enum layer next)
{
    struct packet *p = w->p;

    if (w->outer_only)
        return L_DONE;
    w->around = *p;
    w->entered = true;
    if (!p->tunnel) {
        p->tunnel = name;
        p->tunnel_ipv6 = p->ipv6;
        memcpy(p->tunnel_src, p->src, sizeof(p->src));
        memcpy(p->tunnel_dst, p->dst, sizeof(p->dst));
        p->tunnel_l3 = p->l3;
        memcpy(p->tunnel_vlan, p->vlan, sizeof(p->vlan));
        p->tunnel_n_vlan = p->n_vlan;
    }
    /* The inner packet starts afresh; its own tags, if any, belong to the flow. */
    p->n_vlan = 0;
    memset(p->vlan, 0, sizeof(p->vlan));
    p->src_port = p->dst_port = 0;
    p->payload = (struct span){NULL, 0};
    return next;
}

/* RFC 2784, 2890; version 1 is PPTP's (RFC 2637). */
enum layer on_gre(struct walk *w)
{
    struct reader r = w->r;
    uint16_t flags = reader_be16(&r), type = reader_be16(&r);
    bool sequence = flags & 0x1000, erspan = type == 0x88BE || type == 0x22EB;
    enum layer next = L_NOT_IP;

    switch (flags & 7) {
    case 0:
        reader_skip(&r, (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (sequence ? 4 : 0));
        /* ERSPAN type I has no header of its own; type II always numbers its packets
         * (draft-foschiano-erspan). */
        next = type == 0x88BE && !sequence ? L_ETHERNET : walk_ethertype(type);
        if (flags & 0x4000) /* source routes of RFC 1701, which nobody may send any more */
            next = L_NOT_IP;
        break;
    case 1:
        reader_skip(&r, 4 + (sequence ? 4 : 0) + (flags & 0x80 ? 4 : 0));
        if (type == 0x880B)
            next = L_PPP;
        break;
    default:
        break;
    }
    if (!reader_ok(&r) || !reader_left(&r) || next == L_NOT_IP)
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, erspan ? "erspan" : "gre", next);
}

enum layer on_erspan2(struct walk *w)
{
    reader_skip(&w->r, 8);
    return L_ETHERNET;
}

enum layer on_erspan3(struct walk *w)
{
    uint16_t last;

    reader_skip(&w->r, 10);
    last = reader_be16(&w->r);
    if (last & 1) /* platform header */
        reader_skip(&w->r, 8);
    return (last >> 10 & 0x1F) == 2 ? L_RAW : L_ETHERNET;
}

/* RFC 7348. Reserved bits are ignored on receipt; only the I bit tells a VXLAN header. */
enum layer on_vxlan(struct walk *w)
{
    struct reader r = w->r;
    uint8_t flags = reader_u8(&r);

    reader_skip(&r, 7);
    if (!(flags & 0x08) || reader_left(&r) < 14)
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, "vxlan", L_ETHERNET);
}

/* RFC 8926. */
enum layer on_geneve(struct walk *w)
{
    struct reader r = w->r;
    uint8_t first = reader_u8(&r);
    uint16_t type;
    enum layer next;

    reader_skip(&r, 1);
    type = reader_be16(&r);
    reader_skip(&r, 4 + (size_t)(first & 0x3F) * 4);
    next = walk_ethertype(type);
    if (!reader_ok(&r) || first >> 6 != 0 || next == L_NOT_IP)
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, "geneve", next);
}

/* A GTPv1-U T-PDU (3GPP TS 29.281 section 5): extension headers are chained behind the optional fields. */
enum layer on_gtpu(struct walk *w)
{
    struct reader r = w->r;
    uint8_t flags = reader_u8(&r), type = reader_u8(&r), next = 0, version;

    if (flags >> 5 != 1 || !(flags & 0x10) || type != 0xFF)
        return L_DONE;
    reader_skip(&r, 6);
    if (flags & 7) {
        reader_skip(&r, 3);
        next = reader_u8(&r);
    }
    for (unsigned i = 0; next && i < PACKET_LAYERS; i++) {
        size_t units = reader_u8(&r);
        if (!units)
            return L_DONE;
        reader_skip(&r, units * 4 - 2);
        next = reader_u8(&r);
    }
    version = reader_peek(&r, 0) >> 4;
    if (!reader_ok(&r) || next || (version != 4 && version != 6))
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, "gtp", L_RAW);
}

/* RFC 4380 section 5.1.1: authentication and origin indications may precede the IPv6 packet, which ends with
 * the datagram. */
enum layer on_teredo(struct walk *w)
{
    struct reader r = w->r, head;
    size_t length;

    if (reader_peek(&r, 0) == 0 && reader_peek(&r, 1) == 1) {
        size_t id, auth;
        reader_skip(&r, 2);
        id = reader_u8(&r);
        auth = reader_u8(&r);
        reader_skip(&r, id + auth + 9);
    }
    if (reader_left(&r) >= 2 && reader_peek(&r, 0) == 0 && reader_peek(&r, 1) == 0)
        reader_skip(&r, 8);
    head = r;
    if (reader_peek(&r, 0) >> 4 != 6 || reader_left(&r) < 40)
        return L_DONE;
    reader_skip(&head, 4);
    length = reader_be16(&head);
    if (length > reader_left(&r) - 40 && !w->p->cut)
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, "teredo", L_IPV6);
}

/* Does an Ethernet frame begin there, as far as its type tells? */
static bool frame_at(struct reader r, size_t off)
{
    uint8_t version;
    enum layer layer;

    reader_skip(&r, off + 12);
    layer = walk_ethertype(reader_be16(&r));
    version = reader_peek(&r, 0) >> 4;
    if (!reader_ok(&r) || !reader_left(&r))
        return false;
    return (layer == L_IPV4 && version == 4) || (layer == L_IPV6 && version == 6) || layer == L_VLAN ||
           layer == L_MPLS || layer == L_PPPOE;
}

/* PPP with address and control, which nobody leaves out here but by agreement. */
static bool ppp_at(struct reader r, size_t off)
{
    reader_skip(&r, off);
    return reader_be16(&r) == 0xFF03 && reader_left(&r) > 2;
}

/* What a session of version 3 carries (RFC 3931 section 4.1): both ends agreed on a cookie of 0, 4 or 8 bytes
 * and a sublayer of 0 or 4 when it was set up; we see it by what stands behind them. */
static enum layer l2tp3_session(struct walk *w, struct reader r)
{
    if (!reader_be32(&r)) /* session 0: control */
        return L_DONE;
    for (size_t off = 0; off <= 12; off += 4) {
        bool frame = frame_at(r, off), ppp = !frame && ppp_at(r, off);
        if (!frame && !ppp)
            continue;
        reader_skip(&r, off);
        w->r = r;
        return walk_tunnel(w, "l2tp", frame ? L_ETHERNET : L_PPP);
    }
    return L_DONE;
}

enum layer on_l2tp3(struct walk *w)
{
    return l2tp3_session(w, w->r);
}

/* Over UDP: version 2 (RFC 2661 section 3.1) always carries PPP; version 3 as above. */
enum layer on_l2tp(struct walk *w)
{
    enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200 };
    struct reader r = w->r;
    uint16_t flags = reader_be16(&r);

    if (flags & CONTROL)
        return L_DONE;
    if ((flags & 15) == 3) {
        reader_skip(&r, 2);
        return l2tp3_session(w, r);
    }
    reader_skip(&r, (flags & LENGTH ? 2 : 0) + 4 + (flags & SEQUENCE ? 4 : 0));
    if (flags & OFFSET)
        reader_skip(&r, reader_be16(&r));
    if ((flags & 15) != 2 || !reader_ok(&r) || reader_left(&r) < 3)
        return L_DONE;
    w->r = r;
    return walk_tunnel(w, "l2tp", L_PPP);
}

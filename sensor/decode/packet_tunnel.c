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

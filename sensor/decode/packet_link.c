/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/packet_walk.h"

/* LINKTYPE_ values (tcpdump.org/linktypes.html). 12 and 14 are DLT_RAW of some systems, which found its way
 * into files. */
static const struct {
    uint16_t type;
    enum layer first;
} links[] = {
    {0, L_NULL},     {1, L_ETHERNET}, {9, L_PPP},    {12, L_RAW},   {14, L_RAW},
    {50, L_PPP},     {51, L_PPPOE},   {101, L_RAW},  {104, L_HDLC}, {108, L_NULL},
    {113, L_COOKED}, {219, L_MPLS},   {228, L_IPV4}, {229, L_IPV6}, {276, L_COOKED2},
};

enum layer walk_link(unsigned link_type)
{
    for (size_t i = 0; i < GH_COUNT(links); i++)
        if (links[i].type == link_type)
            return links[i].first;
    return L_DONE;
}

static const struct {
    uint16_t type;
    enum layer layer;
} ethertypes[] = {
    {0x0800, L_IPV4},  {0x86DD, L_IPV6},    {0x8100, L_VLAN},    {0x88A8, L_VLAN},  {0x9100, L_VLAN},
    {0x9200, L_VLAN},  {0x8847, L_MPLS},    {0x8848, L_MPLS},    {0x8864, L_PPPOE}, {0x893F, L_ETAG},
    {0x8926, L_VNTAG}, {0x88E5, L_MACSEC},  {0x88E7, L_PBB},     {0x894F, L_NSH},   {0x6558, L_ETHERNET},
    {0x880B, L_PPP},   {0x88BE, L_ERSPAN2}, {0x22EB, L_ERSPAN3},
};

enum layer walk_ethertype(uint16_t type)
{
    for (size_t i = 0; i < GH_COUNT(ethertypes); i++)
        if (ethertypes[i].type == type)
            return ethertypes[i].layer;
    return L_NOT_IP;
}

/* What follows a type field: below 0x600 it is a length and LLC follows (IEEE 802.3), where SNAP may name an
 * EtherType. Other organisations' SNAP codes (Cisco's PVST…) are no EtherTypes. */
static enum layer next_type(struct walk *w, uint16_t type)
{
    uint32_t organisation;

    if (type >= 0x600)
        return walk_ethertype(type);
    if (reader_peek(&w->r, 0) != 0xAA || reader_peek(&w->r, 1) != 0xAA)
        return L_NOT_IP;
    reader_skip(&w->r, 3);
    organisation = reader_be24(&w->r);
    type = reader_be16(&w->r);
    return organisation == 0 || organisation == 0x0000F8 ? walk_ethertype(type) : L_NOT_IP;
}

/* The addresses of the outermost frame are the neighbours on the wire; those inside a tunnel are nobody here.
 */
enum layer on_ethernet(struct walk *w)
{
    struct span macs = reader_take(&w->r, 12);
    struct reader r = reader_span(macs);

    if (!w->p->tunnel && macs.n) {
        reader_copy(&r, w->p->dst_mac, 6);
        reader_copy(&r, w->p->src_mac, 6);
    }
    return next_type(w, reader_be16(&w->r));
}

enum layer on_cooked(struct walk *w)
{
    reader_skip(&w->r, 6);
    reader_copy(&w->r, w->p->src_mac, 6);
    reader_skip(&w->r, 2);
    return next_type(w, reader_be16(&w->r));
}

enum layer on_cooked2(struct walk *w)
{
    uint16_t type = reader_be16(&w->r);

    reader_skip(&w->r, 10);
    reader_copy(&w->r, w->p->src_mac, 6);
    reader_skip(&w->r, 2);
    return next_type(w, type);
}

/* BSD loopback: the address family in the byte order of the capturing machine (NULL) or the network's (LOOP).
 * AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 Darwin. */
enum layer on_null(struct walk *w)
{
    uint32_t family = reader_le32(&w->r);

    if (family > 0xFFFF)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:
        return L_IPV4;
    case 10:
    case 24:
    case 28:
    case 30:
        return L_IPV6;
    default:
        return L_NOT_IP;
    }
}

enum layer on_raw(struct walk *w)
{
    uint8_t version = reader_peek(&w->r, 0) >> 4;

    return version == 4 ? L_IPV4 : version == 6 ? L_IPV6 : L_NOT_IP;
}

/* PPP (RFC 1661), with or without HDLC address and control (RFC 1662), with or without compressed protocol
 * field. Captures of serial lines say PPP for Cisco HDLC too, whose address byte is 0x0F or 0x8F. */
enum layer on_ppp(struct walk *w)
{
    uint8_t address = reader_peek(&w->r, 0);
    uint16_t proto;

    if ((address == 0x0F || address == 0x8F) && reader_peek(&w->r, 1) == 0)
        return L_HDLC;
    if (reader_peek(&w->r, 0) == 0xFF && reader_peek(&w->r, 1) == 0x03)
        reader_skip(&w->r, 2);
    proto = reader_u8(&w->r);
    if (!(proto & 1)) /* the low byte is odd, the high byte even: an odd first byte stands alone */
        proto = (uint16_t)(proto << 8 | reader_u8(&w->r));
    switch (proto) {
    case 0x21:
        return L_IPV4;
    case 0x57:
        return L_IPV6;
    case 0x281:
    case 0x283:
        return L_MPLS;
    default:
        return L_NOT_IP;
    }
}

/* Cisco HDLC; on the same lines PPP is found too. */
enum layer on_hdlc(struct walk *w)
{
    if (reader_peek(&w->r, 0) == 0xFF && reader_peek(&w->r, 1) == 0x03)
        return L_PPP;
    reader_skip(&w->r, 2);
    return next_type(w, reader_be16(&w->r));
}

enum layer on_pppoe(struct walk *w)
{
    uint8_t code;

    reader_skip(&w->r, 1);
    code = reader_u8(&w->r);
    reader_skip(&w->r, 4);
    return code == 0 ? L_PPP : L_NOT_IP;
}

enum layer on_vlan(struct walk *w)
{
    uint16_t tag = reader_be16(&w->r);

    if (w->p->n_vlan < GH_COUNT(w->p->vlan))
        w->p->vlan[w->p->n_vlan++] = tag & 0xFFF;
    return next_type(w, reader_be16(&w->r));
}

/* A label stack does not name its payload: IP shows its version, a pseudowire a zero control word, else it is
 * Ethernet. */
enum layer on_mpls(struct walk *w)
{
    for (unsigned n = 0; !(reader_be32(&w->r) & 0x100); n++) {
        if (!reader_ok(&w->r))
            return L_DONE;
        if (n == PACKET_LAYERS) {
            w->verdict = PACKET_TOO_DEEP;
            return L_DONE;
        }
    }
    switch (reader_peek(&w->r, 0) >> 4) {
    case 4:
        return L_IPV4;
    case 6:
        return L_IPV6;
    case 0:
        reader_skip(&w->r, 4);
        return L_ETHERNET;
    default:
        return L_ETHERNET;
    }
}

enum layer on_etag(struct walk *w) /* 802.1BR */
{
    reader_skip(&w->r, 6);
    return next_type(w, reader_be16(&w->r));
}

enum layer on_vntag(struct walk *w)
{
    reader_skip(&w->r, 4);
    return next_type(w, reader_be16(&w->r));
}

/* IEEE 802.1AE: a tag of 6 bytes, 8 more for an explicit channel. What is only protected against change can
 * be read (its check value stands behind the IP packet, as padding does); what is encrypted cannot. */
enum layer on_macsec(struct walk *w)
{
    enum { VERSION = 0x80, CHANNEL = 0x20, ENCRYPTED = 0x08, CHANGED = 0x04 };
    uint8_t control = reader_u8(&w->r);

    reader_skip(&w->r, 5 + (control & CHANNEL ? 8 : 0));
    if (control & (VERSION | ENCRYPTED | CHANGED))
        return L_NOT_IP;
    return next_type(w, reader_be16(&w->r));
}

enum layer on_pbb(struct walk *w) /* 802.1ah: service tag, then the customer's frame */
{
    reader_skip(&w->r, 4);
    return L_ETHERNET;
}

/* RFC 8300: the length counts 4-byte words from the start of the header. */
enum layer on_nsh(struct walk *w)
{
    size_t start = w->r.pos, words;
    uint16_t first = reader_be16(&w->r);
    uint8_t next;

    words = first & 0x3F;
    reader_skip(&w->r, 1);
    next = reader_u8(&w->r);
    if (!reader_ok(&w->r))
        return L_DONE;
    if (words < 2) {
        w->verdict = PACKET_MALFORMED;
        return L_DONE;
    }
    reader_seek(&w->r, start);
    reader_skip(&w->r, words * 4);
    switch (next) {
    case 1:
        return L_IPV4;
    case 2:
        return L_IPV6;
    case 3:
        return L_ETHERNET;
    case 5:
        return L_MPLS;
    default:
        return L_NOT_IP;
    }
}

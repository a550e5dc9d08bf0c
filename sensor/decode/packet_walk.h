/* SPDX-License-Identifier: GPL-3.0-or-later
 * packet_walk: inside of the packet decoder: a layer's handler consumes its header from the reader and names
 * what follows. packet.c walks and knows IP and transports, packet_link.c what lies below IP, packet_tunnel.c
 * what carries IP inside IP. Only for sensor/decode/packet*.c. */
#ifndef GH_SENSOR_PACKET_WALK_H
#define GH_SENSOR_PACKET_WALK_H

#include "sensor/decode/packet.h"

enum layer {
    L_DONE, /* ends the walk */
    L_ETHERNET,
    L_COOKED,
    L_COOKED2,
    L_NULL,
    L_RAW,
    L_PPP,
    L_HDLC,
    L_PPPOE,
    L_VLAN,
    L_MPLS,
    L_ETAG,
    L_VNTAG,
    L_MACSEC,
    L_PBB,
    L_NSH,
    L_IPV4,
    L_IPV6,
    L_AH,
    L_TCP,
    L_UDP,
    L_SCTP,
    L_ICMP,
    L_GRE,
    L_ERSPAN2,
    L_ERSPAN3,
    L_VXLAN,
    L_GENEVE,
    L_GTPU,
    L_TEREDO,
    L_L2TP,
    L_L2TP3,
    L_NOT_IP,
    L_COUNT
};
struct walk {
    struct packet *p;
    struct reader r;
    enum packet_verdict verdict;
    bool outer_only; /* do not enter tunnels */
    struct packet
        around; /* the packet as it was before the innermost tunnel so far, when p->tunnel and entered */
    bool entered;
};
typedef enum layer layer_fn(struct walk *w);

/* Layer of an EtherType; L_NOT_IP for all that we do not look into. */
enum layer walk_ethertype(uint16_t type);
/* Goes into a tunnel: w->r must stand on the inner packet, whose layer is next. Gives next, or L_DONE when
 * tunnels are not entered. */
enum layer walk_tunnel(struct walk *w, const char *name, enum layer next);
/* First layer of a pcap link type; L_DONE when unknown. */
enum layer walk_link(unsigned link_type);

layer_fn on_ethernet, on_cooked, on_cooked2, on_null, on_raw, on_ppp, on_hdlc, on_pppoe, on_vlan, on_mpls,
    on_etag, on_vntag, on_macsec, on_pbb, on_nsh;
layer_fn on_gre, on_erspan2, on_erspan3, on_vxlan, on_geneve, on_gtpu, on_teredo, on_l2tp, on_l2tp3;

#endif

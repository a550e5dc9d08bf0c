/* SPDX-License-Identifier: GPL-3.0-or-later
 * packet: one captured frame to its innermost IP packet, layer by layer by a table. Pure: no state, no
 * allocation.
 *
 * Spans point into the frame, which must outlive the struct packet. Sources: IEEE 802.3/802.1Q, RFC 791,
 * 8200, 9293, 768, 792, 4443, 4302 (AH), 9260 (SCTP), 2784 (GRE), 7348 (VXLAN), 8926 (Geneve), 8300 (NSH),
 * 4380 (Teredo), 2661 and 3931 (L2TP), 2516 (PPPoE), 1661 (PPP), 3032 (MPLS), IEEE 802.1AE (MACsec), 3GPP TS
 * 29.281 (GTP-U), libpcap's link-type list for Linux cooked v1/v2.
 *
 * When what a tunnel carries is broken, or no IP, the packet around it is the result. */
#ifndef GH_SENSOR_PACKET_H
#define GH_SENSOR_PACKET_H

#include "base/reader.h"

#define PACKET_LAYERS 16 /* deepest nesting; more is hostile */

/* Why a frame did not become an IP packet of a flow. PACKET_OK first; names go into the ledger. */
#define PACKET_VERDICTS(X)                                                                                   \
    X(OK, "")                                                                                                \
    X(NOT_IP, "not_ip")                                                                                      \
    X(TRUNCATED, "truncated_header")                                                                         \
    X(MALFORMED, "malformed_header")                                                                         \
    X(LINK_TYPE, "unknown_link_type")                                                                        \
    X(TOO_DEEP, "too_many_layers")                                                                           \
    X(EMPTY, "empty_frame")                                                                                  \
    X(FRAGMENT, "fragment_held") /* internal: waits for its siblings */                                      \
    X(FRAGMENT_LOST, "fragment_incomplete")                                                                  \
    X(FRAGMENT_BAD, "fragment_malformed")                                                                    \
    X(FRAGMENT_FULL, "fragment_table_full")                                                                  \
    X(FLOW_MEMORY, "flow_memory")
enum packet_verdict {
#define X(name, text) PACKET_##name,
    PACKET_VERDICTS(X)
#undef X
        PACKET_VERDICT_COUNT
};
const char *packet_verdict_name(enum packet_verdict v);

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

struct packet {
    uint64_t ts_us;    /* capture time */
    uint64_t number;   /* from 1 in the run */
    uint64_t now_us;   /* time of the run (pulse.h) */
    uint64_t order;    /* place among all packets of the run, see front.h */
    size_t wire_bytes; /* length on the wire */
    /* link */
    struct span frame;  /* all of it, as captured; of a reassembled datagram the last one */
    size_t frame_wire;  /* its length on the wire */
    unsigned link_type; /* of frame */
    uint8_t src_mac[6],
        dst_mac[6];   /* of the frame on the wire, also when there is another frame in a tunnel */
    uint16_t vlan[2]; /* ids, outermost first */
    unsigned n_vlan;
    /* tunnel: the outermost decapsulation; all NULL and zero when the frame was not wrapped */
    const char *tunnel; /* "gre", "erspan", "vxlan", "geneve", "gtp", "teredo", "l2tp", "ipip", "ip6" */
    uint8_t tunnel_src[16], tunnel_dst[16];
    bool tunnel_ipv6;
    struct span tunnel_l3;   /* the outermost IP packet, see packet_outer */
    uint16_t tunnel_vlan[2]; /* its tags; vlan[] has those of the inner frame */
    unsigned tunnel_n_vlan;
    /* IP */
    bool ipv6;
    uint8_t src[16], dst[16]; /* IPv4 in the first four */
    uint8_t proto;
    uint8_t ttl;
    struct span l3; /* header and payload, cut to the IP length */
    struct span l4; /* what follows the IP header(s) */
    bool fragment;  /* l4 is a part of a datagram */
    bool more_fragments;
    uint32_t fragment_id;
    uint16_t fragment_offset; /* bytes */
    size_t l3_header;         /* bytes before l4 in l3 */
    bool cut;                 /* the capture kept less than the IP length says */
    /* transport; zero when there is none */
    uint16_t src_port, dst_port;
    uint8_t tcp_flags;
    uint32_t seq, ack;
    uint16_t window;
    uint8_t icmp_type, icmp_code;
    struct span payload; /* behind TCP, UDP, SCTP and ICMP headers; for other protocols and for fragments the
                            same as l4 */
};

/* Decodes a frame of the given pcap link type (LINKTYPE_ value). p must have its times, numbers and
 * wire_bytes set and the rest zeroed. PACKET_OK, also for a fragment (p->fragment): then the transport is not
 * decoded yet.
 */
enum packet_verdict packet_decode(struct packet *p, unsigned link_type, struct span frame);
/* Decodes a reassembled datagram again from its IP header on (l3 as defrag built it). The result may be a
 * fragment once more: of a datagram inside a tunnel. */
enum packet_verdict packet_decode_ip(struct packet *p, struct span l3);
bool packet_link_known(unsigned link_type);
/* The packet around the tunnel of p, transport decoded, as one sees it who does not look into tunnels. Times,
 * numbers, wire_bytes, frame and MAC addresses are those of p. False when p came through no tunnel. */
bool packet_outer(const struct packet *p, struct packet *ret);

#endif

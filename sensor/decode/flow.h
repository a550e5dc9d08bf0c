/* SPDX-License-Identifier: GPL-3.0-or-later
 * flow: the table of conversations. A flow is both directions of one 5-tuple, from its first packet until it
 * is idle for too long, pushed out, begun anew on the same ports, or the capture ends.
 *
 * VLAN: tags tell flows apart (two networks may use the same addresses), but only per direction: a direction
 * has the tags of its first packet, and the other direction may have other ones or none. Traffic that is
 * tagged one way only is one flow; the same packets seen in two VLANs by a trunk capture are two.
 *
 * Bounded: options.flows at a time and the shared memory budget; the flow that was idle longest goes first,
 * as FORCED. Memory is taken in slabs as flows come, so an empty table costs nothing. Time is that of the run
 * (packet.now_us); idle flows end at its ticks only, in an order that does not depend on which other flows
 * share the table. A table belongs to one thread. */
#ifndef GH_SENSOR_FLOW_H
#define GH_SENSOR_FLOW_H

#include "sensor/decode/host_budget.h"
#include "sensor/decode/label.h"
#include "sensor/decode/packet.h"
#include "sensor/decode/proto.h"

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSED };
enum flow_reason {
    FLOW_TIMEOUT,  /* idle too long */
    FLOW_FORCED,   /* pushed out: the table or the memory was full */
    FLOW_SHUTDOWN, /* the capture ended */
    FLOW_REUSE     /* a new connection began on the same ports */
};
/* RFC 9293 figure 5 as an observer between the two sees it. */
enum flow_tcp_state {
    TCP_NONE,
    TCP_SYN_SENT,
    TCP_SYN_RECV,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1, /* one side has sent its FIN */
    TCP_FIN_WAIT2, /* and it was acknowledged */
    TCP_CLOSING,   /* both have sent theirs */
    TCP_TIME_WAIT, /* and both were acknowledged */
    TCP_CLOSED     /* reset */
};

/* Outermost tunnel that a flow came through. */
struct flow_tunnel {
    const char *name;
    uint8_t src[16], dst[16]; /* of the flow's first packet */
    bool ipv6;
};

struct flow {
    struct flow *next;             /* in its bucket, or in the free list */
    struct flow *older, *younger;  /* in its idle list */
    uint64_t id;                   /* same capture, same number; below 2^51 */
    uint64_t start_us, last_us;    /* packet time */
    uint64_t touched_us;           /* time of the run at which it took its place in the idle list */
    uint64_t touched;              /* order of the packet that gave it that place */
    uint64_t packets[2], bytes[2]; /* by enum direction; bytes on the wire */
    uint8_t addr[2]
                [16]; /* [TO_SERVER]: the client's, which speaks to the server; [TO_CLIENT]: the server's */
    uint16_t port[2];
    uint16_t vlan[2][2]; /* tags of packets in that direction */
    uint32_t hash;
    uint32_t seq[2];     /* TCP: next byte that this speaker will send */
    uint32_t isn[2];     /* sequence number of its newest SYN */
    uint32_t fin_seq[2]; /* sequence number behind its FIN */
    uint16_t window[2];
    uint8_t mac[2][6]; /* link address of that speaker */
    uint8_t n_vlan[2];
    uint8_t proto;
    uint8_t list;         /* idle list it is in */
    uint8_t tcp_flags[2]; /* all that were seen */
    uint8_t icmp_type[2], icmp_code[2];
    uint8_t state, tcp_state; /* enum flow_state, enum flow_tcp_state */
    uint8_t syns;             /* bit per direction: its SYN was seen, isn is valid */
    uint8_t fins;             /* bit per direction: its FIN was seen, fin_seq is valid */
    uint8_t fins_acked;       /* bit per direction: its FIN was acknowledged */
    uint8_t resets;           /* bit per direction: it sent a reset that was believed */
    uint8_t sums;             /* host: bit per direction: it has sent a right checksum */
    bool ipv6 : 1;
    bool midstream : 1; /* TCP without a handshake: who is client is a guess */
    bool resyn : 1;     /* a SYN with another number came while it was open */
    bool revived : 1;   /* it went on after a reset: that one was forged */
    bool app_done : 1;  /* host: no parser will look at it (any more) */
    bool in_tunnel : 1;
    bool has_community : 1;
    uint32_t ioc_generation;       /* of the lists that its addresses were looked up in; 0: none */
    uint8_t ioc_listed;            /* bit per direction: that speaker is in one */
    uint8_t community[20];         /* SHA-1 of community id, when has_community */
    struct flow_tunnel *tunnel;    /* owned; NULL when none */
    struct label label;            /* what nDPI says */
    struct label_state *labelling; /* nDPI's state while it is undecided */
    const char *app_proto;         /* name of its parser, or NULL */
    void *app;                     /* the host's: streams and parser */
};

struct flow_options {
    size_t flows;
    uint64_t tcp_timeout_us; /* open TCP */
    uint64_t udp_timeout_us; /* everything else */
};
struct flow_counts {
    uint64_t opened, closed;
    uint64_t timeout, forced, shutdown, reuse; /* closed by reason */
    uint64_t refused; /* packets that got no flow: memory was short and nothing could go */
};
/* Place of a flow among those that end at the same time, the same whichever table they are in. */
uint64_t flow_end_order(const struct flow *f);
/* A flow ends: the last moment to report it and to let go of app, label and labelling. Frees nothing of the
 * flow itself. */
typedef void flow_end_fn(void *arg, struct flow *f, enum flow_reason reason);

struct flow_table;
/* NULL when memory is short. budget is shared and outlives the table. */
struct flow_table *flow_table_new(const struct flow_options *opt, struct budget *budget, flow_end_fn *end,
                                  void *arg);
void flow_table_free(struct flow_table *t); /* without ending what is left; NULL is fine */

/* The flow of packet p, made when it is new, and the direction in which p travels. May end others (pushed
 * out, the ports' former flow). Counts p in it and follows TCP. NULL when memory is short and nothing could
 * be pushed out. */
struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum direction *ret_dir);
/* Ends what has been idle too long at time now_us of the run. */
void flow_table_tick(struct flow_table *t, uint64_t now_us);
/* Ends the flow that was idle longest, to win memory; false when there is none. keep is spared. */
bool flow_table_push_out(struct flow_table *t, const struct flow *keep);
/* Ends all. */
void flow_table_flush(struct flow_table *t, enum flow_reason reason);
/* Who was taken for the client is the server. Only while no parser looks at it. */
void flow_swap(struct flow *f);
/* Looks through the whole table (for the rare question of the enforcer). */
struct flow *flow_table_by_id(struct flow_table *t, uint64_t id);
size_t flow_table_count(const struct flow_table *t);
const struct flow_counts *flow_table_counts(const struct flow_table *t);

/* flow_tcp.c: follows a TCP packet (state, flags, numbers). */
void flow_tcp_packet(struct flow *f, const struct packet *p, enum direction dir);
/* flow_tcp.c: does this packet begin a new connection on the ports of f? */
bool flow_tcp_reuses(const struct flow *f, const struct packet *p, enum direction dir);
const char *flow_tcp_state_name(enum flow_tcp_state s);

/* flow_event.c: addresses as text (RFC 5952). buf holds FLOW_IP_SIZE. Returns buf. */
#define FLOW_IP_SIZE 48
const char *flow_ip(const uint8_t addr[16], bool ipv6, char *buf);
/* Members that every event of a flow bears, in the direction dir: flow_id, vlan, addresses, ports, proto,
 * app_proto, community_id. */
void flow_event_common(struct jw *j, struct flow *f, enum direction dir);
/* The rest of a flow event: flow, tcp, icmp, tunnel, ndpi. labels names what label holds. */
void flow_event_body(struct jw *j, const struct flow *f, enum flow_reason reason,
                     const struct labels *labels);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * proto: the interface of an application parser. It knows nobody; each parser knows it; protos.c knows all parsers.
 *
 * A parser gets the ordered bytes of one connection, direction by direction, and says what it found through the context:
 * events (proto_event_*) and documents (carve.h). It keeps its state in the block that the flow owns (state_size bytes,
 * zeroed) and may allocate more only within proto_charge(). It never sees packets and never blocks.
 * All calls come from the one decode thread. */
#ifndef GH_SENSOR_PROTO_H
#define GH_SENSOR_PROTO_H

#include "base/event.h"
#include "base/json.h"

enum direction { TO_SERVER, TO_CLIENT }; /* who speaks: the client speaks TO_SERVER */
enum probe { PROBE_NO, PROBE_MORE, PROBE_YES };

struct carver;
struct proto_host; /* the decode process behind the context */
struct expects;

/* What a parser may know of its flow; owned by the flow. It is one and the same struct in every call of a flow, from open to
 * the return of close, so that a transfer may keep its address; its time and packet number change from call to call. */
struct proto_ctx {
    struct proto_host *host;
    struct carver *carver;
    struct expects *expects; /* announced connections (expect.h); NULL: there are none */
    uint64_t flow_id;
    uint64_t now_us;  /* packet time */
    uint64_t pcap_cnt;
    bool ipv6, udp;
    bool midstream;   /* the handshake was not seen: who is client is a guess */
    uint8_t client[16], server[16];
    uint16_t client_port, server_port;
    uint32_t tx_next; /* the parser numbers its transactions with it */
    unsigned depth;   /* connections around the one that is read (tunnel.h) */
    const char *app_proto; /* name of the parser's protocol, e.g. "http"; NULL at close: it was none of its */
};

struct proto {
    const char *name; /* Suricata's app_proto: "http", "smtp", "dns", "tls" */
    size_t state_size;
    /* Is this it? first = the first bytes of that direction (up to 4 KiB, grows until decided). */
    enum probe (*probe)(const struct proto_ctx *cx, enum direction dir, struct span first);
    int (*open)(void *state, struct proto_ctx *cx); /* 0 or the parser is not used */
    /* Ordered bytes. All of them are consumed; what is incomplete the parser keeps itself, bounded. */
    void (*feed)(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes);
    /* missing bytes that will never come. */
    void (*gap)(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing);
    /* That direction ended (FIN, RST, time-out, end of capture). */
    void (*end)(void *state, struct proto_ctx *cx, enum direction dir);
    /* Both ended: emit what is left, free what was allocated. Always called once after open succeeded. */
    void (*close)(void *state, struct proto_ctx *cx);
    /* One UDP datagram; NULL for TCP-only protocols. */
    void (*datagram)(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes);
    /* Both directions have ended: true to be closed with the flow only, because what others say of it may
     * still come. NULL: never. */
    bool (*lingers)(const void *state);
};

/* Starts an event: writes the common members (timestamp, flow_id, event_type, addresses in the direction that dir says,
 * proto, app_proto, community_id, pcap_cnt, in_iface, vlan, tx_id when tx >= 0) and leaves the object open in *ret.
 * Exactly one event may be open at a time. */
void proto_event_begin(struct proto_ctx *cx, enum event_type type, enum direction dir, int64_t tx, struct jw *ret);
/* Closes the object and sends it. document: number from carve, or 0. */
void proto_event_end(struct proto_ctx *cx, struct jw *j, uint64_t document);
/* A decoder oddity: counted, and an "anomaly" event once per flow and name. name like "http.gap_in_headers". */
void proto_anomaly(struct proto_ctx *cx, enum direction dir, const char *name);
/* Memory accounting of parser allocations: false when the total budget is spent (count the loss, do without). */
bool proto_charge(struct proto_ctx *cx, size_t bytes);
void proto_release(struct proto_ctx *cx, size_t bytes);

/* protos.c: the table. */
extern const struct proto *const protos[];
extern const size_t protos_count;

#endif

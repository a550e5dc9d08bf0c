/* SPDX-License-Identifier: GPL-3.0-or-later
 * host_impl: what the files of host share. Private to host*.c. */
#ifndef GH_SENSOR_HOST_IMPL_H
#define GH_SENSOR_HOST_IMPL_H

#include "base/clock.h"
#include "base/msg.h"
#include "sensor/capture/recorder.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/expect.h"
#include "sensor/decode/flow.h"
#include "sensor/decode/host.h"
#include "sensor/decode/lists.h"
#include "sensor/decode/stream.h"

#include <stdatomic.h>

#define HOST_ANOMALIES 256 /* different names of oddities; each has a bit in struct conn */
#define HOST_FIRST 4096    /* first bytes of a direction that probes may ask for */

/* The other version of what was said twice in one direction (host_other.c). */
struct conn_other {
    struct transfer *doc; /* NULL until there is one */
    uint64_t end;         /* offset in the stream behind its last piece */
    bool full;
};

/* What the host holds for a flow while a parser reads it or may come to. The context comes first: it is what
 * parsers know, and how they are recognised. A UDP conn has no streams. */
struct conn {
    struct proto_ctx cx;
    struct flow *flow;
    const struct proto *proto;               /* NULL: not decided */
    void *state;                             /* the parser's */
    struct conn *older_hole, *younger_hole;  /* list of conns with a hole, when in_holes */
    uint64_t hole_order;                     /* of the packet since which it has one */
    uint64_t anomalies[HOST_ANOMALIES / 64]; /* bits of those that were reported */
    uint8_t *first[2];                       /* first bytes of a direction, while its probes want more */
    uint64_t skipped[2];                     /* bytes before the parser came that it does not get */
    uint16_t first_n[2];
    uint8_t first_dir; /* direction that spoke first */
    uint8_t tries;     /* datagrams probed */
    bool refused[2];   /* no parser knows what is said in that direction */
    bool ended[2];
    struct conn_other other[2];
    bool in_holes;
    bool dead;              /* to be freed when the current call is over */
    bool ready[2];          /* stream[] is set up */
    struct stream stream[]; /* two for TCP, none for UDP */
};

struct proto_host {
    struct budget budget;
    struct flow_table *flows;
    struct labels *labels;
    struct carver *carver;
    struct expects *expects;
    struct streams streams;
    struct targets targets;
    struct recorder *recorder; /* NULL: nothing is recorded */
    uint64_t record_now_us;    /* time of the newest beat */
    const char *iface;

    struct outbox box;               /* what it says, and its place in the run */
    uint64_t order;                  /* of the job at work */
    size_t record;                   /* where the open event begins in the chunk */
    struct lists *lists;             /* what is looked for now; NULL: nothing */
    _Atomic(struct lists *) offered; /* what is looked for from the next frame on */
    struct flow *ioc_flow;           /* of the open event; NULL: none */
    uint64_t ioc_now_s;              /* its time */
    struct ioc_query ioc_query;      /* large, therefore not on the stack */

    uint64_t iso_second; /* the last time written, as text */
    char iso[CLOCK_ISO_SIZE];
    enum event_type event_type;
    enum direction ioc_dir; /* in which the open event's flow is told */
    bool live, event_open;
    bool rules_wait;                     /* rules for nDPI came with the lists and are still to be taken */
    uint64_t events_in, events_too_long; /* begun; thrown away */

    uint64_t packets_out, lost_memory; /* frames that became part of a flow; that found no memory for one */
    uint64_t segments_unread;          /* of flows that no parser reads: they count as delivered */
    uint64_t flow_events;
    uint64_t parsers_refused; /* connections left unparsed because memory was short */
    const char *anomaly_names[HOST_ANOMALIES];
    uint64_t anomaly_counts[HOST_ANOMALIES];
    size_t n_anomalies;
    struct conn *spare_tcp; /* chained through state */
    size_t n_spare_tcp;
    struct conn *oldest_hole, *youngest_hole; /* conns that wait for bytes, by hole_order */
};

/* host_conn.c: a TCP segment, a datagram; the end of a flow. */
void conn_segment(struct proto_host *h, struct flow *f, const struct packet *p, enum direction dir);
void conn_datagram(struct proto_host *h, struct flow *f, const struct packet *p, enum direction dir);
/* Looks at all connections that wait for missing bytes. */
void conn_holes(struct proto_host *h, uint64_t now_us);
void conn_finish(struct proto_host *h, struct flow *f);
void conn_sink(struct stream_sink *ret);
void conn_spare_free(struct proto_host *h);
/* Nobody reads it (any more): it is freed when the current call is over. */
void conn_drop(struct conn *c);
/* Bytes for its parser, behind what was skipped before it came. */
void conn_feed(struct conn *c, enum direction dir, struct span bytes);
void conn_first_free(struct proto_host *h, struct conn *c, int dir);

/* host_other.c: stream_sink.other, and the end of what it kept, before the parser's. */
void conn_other(void *arg, enum direction dir, uint64_t off, struct span bytes);
void conn_other_close(struct conn *c);

/* host_probe.c: bytes, or a datagram, of a conn whose parser is not known yet. */
void conn_decide(struct proto_host *h, struct conn *c, enum direction dir, struct span bytes);
/* That direction ended before it was known. */
void conn_decide_end(struct proto_host *h, struct conn *c, enum direction dir);
void conn_decide_datagram(struct proto_host *h, struct conn *c, enum direction dir, struct span bytes);
/* No parser knows this direction; so many more bytes of it are skipped. When neither is known, nobody reads
 * it. */
void conn_refuse(struct proto_host *h, struct conn *c, enum direction dir, size_t bytes);

/* host_event.c: begins and ends an event; what is between belongs to the caller. */
void event_begin(struct proto_host *h, enum event_type type, uint64_t ts_us, uint64_t pcap_cnt,
                 struct jw *ret);
void event_end(struct proto_host *h, struct jw *j, uint64_t document);
void event_flow_end(struct proto_host *h, struct flow *f, enum flow_reason reason);
/* A fact about a packet that has no flow (yet). */
void event_decode_anomaly(struct proto_host *h, const struct packet *p, const char *name);
void event_document(void *host, const struct event_document *d, int fd);

/* host_record.c: a flow's packet, a part of one, for the flight recorder. */
int record_init(struct proto_host *h, const struct conf *conf, unsigned share);
void record_packet(struct proto_host *h, const struct flow *f, const struct job *j);
void record_part(struct proto_host *h, const struct job *j);

/* host_ioc.c: the event that is written, with its last brace, is looked through. */
void ioc_event(struct proto_host *h, enum event_type type);
/* Takes what was offered. */
void ioc_take(struct proto_host *h);
/* Rules for nDPI that had to wait. */
void ioc_tick(struct proto_host *h);

#endif

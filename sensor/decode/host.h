/* SPDX-License-Identifier: GPL-3.0-or-later
 * host: the whole way of a frame: packet, fragments, flow, label, stream, parser, events. It owns every table
 * on that way and is what parsers see as struct proto_host.
 *
 * A frame out of a tunnel belongs to two flows: that of the tunnel's ends (labelled, never parsed: it is what
 * somebody sees who does not look inside) and the one inside, which bears "tunnel".
 *
 * Memory: conf sensor.memory for flows, labels, streams and parsers; sensor.documents_memory for documents;
 * one batch of events. One thread. It opens and reads nothing; all that leaves goes through host_out. */
#ifndef GH_SENSOR_HOST_H
#define GH_SENSOR_HOST_H

#include "base/conf.h"
#include "base/event.h"
#include "base/msg.h"
#include "sensor/capture/source.h"
#include "sensor/decode/ledger.h"
#include "sensor/decode/proto.h"

struct proto_host;
struct lists;

struct host_options {
    const struct conf *conf; /* borrowed during host_new */
    bool documents;          /* carve and hash what is transferred */
    bool keep;               /* and hand the bytes on */
    uint64_t run;            /* number of the run, for LEDGER */
    const char *iface;       /* live: name of the interface, otherwise NULL; borrowed */
};
/* Where messages go: 0, or a negative code when this one is lost. Takes over fd (closes it, also on failure);
 * -1: none. */
struct host_out {
    int (*send)(void *arg, enum msg_type type, struct span body, int fd);
    void *arg;
};

/* NULL when memory is short (or nDPI is not the one it was built for). */
struct proto_host *host_new(const struct host_options *opt, const struct host_out *out);
void host_free(struct proto_host *h); /* NULL is fine */
/* One frame in capture order. */
void host_frame(struct proto_host *h, const struct frame *f);
/* Frames that were lost before us (live: kernel.drop), by reason (static text). They count as in and lost. */
void host_lost(struct proto_host *h, const char *reason, uint64_t frames);
/* Live: lets time pass without packets. */
void host_tick(struct proto_host *h, uint64_t wall_us);
/* Sends the events that wait. */
void host_flush(struct proto_host *h);
/* Sends events and the ledger as it stands. */
void host_ledger_send(struct proto_host *h, bool final);
/* The same as a value, for tests and status. */
void host_ledger(struct proto_host *h, struct ledger *ret);
/* One JSON object for `gatehouse status`: packets, losses, flows, memory, events. core_queue: bytes that wait
 * for the core. */
void host_facts(const struct proto_host *h, size_t core_queue, struct writer *w);
/* Ends all flows, sends what is left and the final ledger of the run. */
void host_finish(struct proto_host *h);
/* Answers FLOW_QUERY with FLOW_STATE. Malformed ones are ignored. */
void host_query(struct proto_host *h, struct span body);
/* From the next frame on this is looked for (lists.h). Any thread; takes a reference of its own. */
void host_lists(struct proto_host *h, struct lists *l);
/* Live: an event that says which file of lists is not used, and why. */
void host_lists_fault(struct proto_host *h, struct span reason, uint64_t wall_us);
/* Events sent so far. */
uint64_t host_events(const struct proto_host *h);

#endif

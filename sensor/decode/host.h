/* SPDX-License-Identifier: GPL-3.0-or-later
 * host: the way of a packet from the front to events: flow, label, stream, parser. It owns every table on
 * that way and is what parsers see as struct proto_host. Several hosts share the work of a run (crew.h); all
 * packets between two addresses go to one of them, so that what belongs together meets.
 *
 * A frame out of a tunnel belongs to two flows: that of the tunnel's ends (labelled, never parsed: it is what
 * somebody sees who does not look inside) and the one inside, which bears "tunnel".
 *
 * Memory: its share of conf sensor.memory, less the eighth for fragments, for flows, labels, streams and
 * parsers; of sensor.documents_memory what carve_purse gives. A host belongs to one thread, apart from
 * host_new and host_free, which must not run at the same time for two hosts (nDPI). It opens and reads
 * nothing; all that leaves goes through its outbox. */
#ifndef GH_SENSOR_HOST_H
#define GH_SENSOR_HOST_H

#include "base/conf.h"
#include "base/event.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/job.h"
#include "sensor/decode/ledger.h"
#include "sensor/decode/outbox.h"
#include "sensor/decode/proto.h"

struct proto_host;
struct lists;

struct host_options {
    const struct conf *conf;   /* borrowed during host_new */
    unsigned share;            /* hosts among which the configured memory is divided */
    bool documents;            /* carve and hash what is transferred */
    bool keep;                 /* and hand the bytes on */
    struct carve_purse *purse; /* of all hosts; borrowed */
    const char *iface;         /* live: name of the interface, otherwise NULL; borrowed */
};

/* out takes its chunks. NULL when memory is short (or nDPI is not the one it was built for). */
struct proto_host *host_new(const struct host_options *opt, outbox_fn *out, void *arg);
void host_free(struct proto_host *h); /* what it still had to say is lost; NULL is fine */
/* The next job, in the order of the run. */
void host_job(struct proto_host *h, const struct job *j);
/* Hands on the events that wait. */
void host_flush(struct proto_host *h);
/* Adds its parts of all rows but the sending of events. */
void host_account(const struct proto_host *h, struct ledger *l);

/* For `gatehouse status`. */
struct host_facts {
    uint64_t flows, flows_pushed_out, memory, memory_max, documents_open, events_lost;
};
void host_facts_add(const struct proto_host *h, struct host_facts *sum);
/* From the next job on this is looked for (lists.h). Any thread; takes a reference of its own. */
void host_lists(struct proto_host *h, struct lists *l);
/* Live: an event that says which file of lists is not used, and why. */
void host_lists_fault(struct proto_host *h, struct span reason, uint64_t wall_us);
/* Events handed on or waiting to be. */
uint64_t host_events(const struct proto_host *h);
/* Answers about the packets of flow id through the outbox; false when nothing of it is known here. */
bool host_pcap(struct proto_host *h, uint64_t id, uint64_t request);
/* Adds what its flight recorder counted. */
struct recorder_counts;
void host_recorder_add(const struct proto_host *h, struct recorder_counts *sum);
/* Where flow id stands; false when it is none of this host's. */
bool host_target(struct proto_host *h, uint64_t id, struct event_target *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * crew: all of the decoding of a process: frames in, numbered messages out, on one thread or on several.
 *
 * With one thread everything happens in the caller. With more, each has a host of its own (host.h): the
 * caller's front takes frames apart and deals the packets out by their two addresses; whatever direction,
 * port, protocol or fragment, what two hosts say to each other is read by the same thread. All threads get
 * the beats of the pulse at the same packets. The caller brings together what they say, in the order of the
 * run, numbers and sends it. So the messages are the same, byte for byte, however many threads there are, as
 * long as no ceiling is reached: each host has its share of the ceilings.
 *
 * Live with several threads, each reads a socket of its own (the kernel deals the packets out), has a front
 * of its own, and what they say goes out in the order in which it comes.
 *
 * Ceilings: CREW_BATCHES batches of CREW_JOBS packets wait for a thread, and as much of its words for the
 * caller as worker.h says; then whoever is ahead waits for the other.
 *
 * All functions belong to one thread, the main one. */
#ifndef GH_SENSOR_CREW_H
#define GH_SENSOR_CREW_H

#include "sensor/capture/source.h"
#include "sensor/decode/host.h"
#include "sensor/decode/outlet.h"

#define CREW_THREADS 64

struct crew;
struct lists;
struct crew_options {
    const struct conf *conf; /* borrowed during crew_new */
    unsigned threads;        /* 1 to CREW_THREADS */
    bool documents;          /* carve and hash what is transferred */
    bool keep;               /* and hand the bytes on */
    uint64_t run;            /* number of the run, for LEDGER */
    const char *iface;       /* live: name of the interface, otherwise NULL; borrowed */
};
/* NULL when memory is short (or nDPI is not the one it was built for). */
struct crew *crew_new(const struct crew_options *opt, const struct host_out *out);
/* Makes the threads. live: NULL, or a source for each of several threads, which reads it from now on. 0 or a
 * negative code. Afterwards crew_new's caller may lock no further doors: threads keep those that they have.
 */
int crew_start(struct crew *c, struct source **live);
void crew_free(struct crew *c); /* ends the threads; what they still had to say is lost; NULL is fine */

/* One frame in capture order. Not with live sources. */
void crew_frame(struct crew *c, const struct frame *f);
/* Frames that were lost before us (live: kernel_drop), by reason (static text). They count as in and lost. */
void crew_lost(struct crew *c, const char *reason, uint64_t frames);
/* Live: lets time pass without packets. */
void crew_tick(struct crew *c, uint64_t wall_us);
/* Live sources: readable when a thread has something to say, then crew_take sends it. -1 without. */
int crew_fd(const struct crew *c);
/* False when a source gave up; *ret_fault tells why. */
bool crew_take(struct crew *c, const char **ret_fault);
/* From the next packet on this is looked for (lists.h); it takes references of its own. */
void crew_lists(struct crew *c, struct lists *l);
/* Live: an event that says which file of lists is not used, and why. */
void crew_lists_fault(struct crew *c, struct span reason, uint64_t wall_us);
/* Live sources: adds what each has counted so far. */
void crew_source_stats(struct crew *c, struct source_stats *sum);
/* Sends the events that wait. */
void crew_flush(struct crew *c);
/* Sends events and the ledger as it stands. */
void crew_ledger_send(struct crew *c, bool final);
/* The same as a value, for tests and status. */
void crew_ledger(struct crew *c, struct ledger *ret);
/* One JSON object for `gatehouse status`: packets, losses, flows, memory, events. core_queue: bytes that wait
 * for the core. */
void crew_facts(struct crew *c, size_t core_queue, struct writer *w);
/* Ends all flows, sends what is left and the final ledger of the run. */
void crew_finish(struct crew *c);
/* Answers FLOW_QUERY with FLOW_STATE. Malformed ones are ignored. */
void crew_query(struct crew *c, struct span body);
/* Answers PCAP_QUERY with PCAP; false when it says that nothing more will be asked. Malformed ones are
 * ignored. */
bool crew_pcap(struct crew *c, struct span body);
/* Events sent so far. */
uint64_t crew_events(const struct crew *c);

/* Runs fn for each host, one after the other, on the host's own thread between two packets; returns when all
 * are through. For whatever must be asked of or changed in hosts while they work. */
typedef void crew_host_fn(void *arg, struct proto_host *h);
void crew_each(struct crew *c, crew_host_fn *fn, void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcaps: the packets of alerted connections, from the sensor's recorder to the disk.
 *
 *     alert ──PCAP_QUERY──▶ sensor ──PCAP so far──▶ stored ──PCAP whole──▶ stored anew
 *
 * The question goes out when the alert is written, and the alert names the file: "capture_file". By then the
 * alert's text is fixed and soon signed, but its packets are still coming; so what the file is (length,
 * SHA-256, whether it is complete) is told by a record of its own, "audit" with what = pcap_stored, once for
 * what came before the alert and once more for the whole. That record is signed with its batch, so it also
 * proves a file that the console fetches much later. pcap_lost says that there will be none, and why.
 *
 * One file serves all alerts of a connection while it is recorded. `inspect -w` writes the whole only, as
 * OUTDIR/pcap/<flow_id>.pcap, and no records. Bounded: PCAPS_MAX connections remembered, live PCAPS_A_MINUTE
 * new ones a minute. One thread. */
#ifndef GH_CORE_PCAPS_H
#define GH_CORE_PCAPS_H

#include "base/json.h"
#include "policy/core/core.h"

#define PCAPS_MAX 65536
#define PCAPS_A_MINUTE 120

struct pcaps;
/* Opens the store (before the jail), unless the lines go to standard output. */
struct pcaps *pcaps_new(struct core *c);
void pcaps_free(struct pcaps *p);
/* An alert about a connection, from the n-th event of the run: asks for its packets unless that was done, and
 * adds the name of their file to the alert's text (one JSON object). Without effect when there are none to be
 * had. */
void pcaps_alert(struct pcaps *p, uint64_t flow_id, uint64_t n, struct writer *alert);
/* PCAP came. Takes over fd (-1: none). ST_MALFORMED: the sensor cannot have meant it. */
int pcaps_answer(struct pcaps *p, struct span body, int fd);
/* The sensor is gone, or nobody waits any longer: what is open will not be answered. */
void pcaps_abandon(struct pcaps *p);
/* Lets go of questions that are too old, and tells a sensor whose replay is over when nothing more will be
 * asked. */
void pcaps_tick(struct pcaps *p, uint64_t now_ms);
/* A new sensor. */
void pcaps_begin(struct pcaps *p);
/* Questions that are open. */
size_t pcaps_open(const struct pcaps *p);
/* Members for the status and for the stats event. */
void pcaps_facts(const struct pcaps *p, struct jw *j);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcap_store: packets of alerted connections on the appliance's disk, as state_dir/pcap/NAME.ghe, until the
 * console asks for one or younger ones need the room.
 *
 * They are sealed to the console's public key, as documents under quarantine are to the committee's: packets
 * hold the very document that the alert is about, and neither who takes the disk nor who takes over this
 * appliance later can read them. The uplink, which holds no key, carries the file as it lies there. Plain
 * bytes go from the memfd through the cipher to the disk, nowhere else. One thread; putting one blocks for as
 * long as writing it takes. */
#ifndef GH_CORE_PCAP_STORE_H
#define GH_CORE_PCAP_STORE_H

#include "base/conf.h"

#define PCAP_STORE_DIR "pcap"
#define PCAP_NAME 64 /* room for a name: "<flow_id>-<n>.pcap" */

struct pcap_store;
/* Reads the console's key from state_dir/console.json (before the jail), makes the directory, counts what
 * lies there. NULL when memory is short. */
struct pcap_store *pcap_store_open(const struct conf *c);
void pcap_store_close(struct pcap_store *s);
/* Why nothing can be kept here, as a sentence; NULL when it can. */
const char *pcap_store_why_not(const struct pcap_store *s);
/* Seals a memfd of size bytes under that name, in place of one that is there, and lets the oldest go for it.
 * 0 with the length of the sealed file, or ST_LIMIT (longer than all the room), ST_FULL, ST_DENIED, ST_IO. */
int pcap_store_put(struct pcap_store *s, const char *name, int memfd, uint64_t size, uint64_t *ret_sealed);
/* Bytes that lie there, and how many files had to go for younger ones. */
uint64_t pcap_store_bytes(const struct pcap_store *s);
uint64_t pcap_store_dropped(const struct pcap_store *s);

#endif

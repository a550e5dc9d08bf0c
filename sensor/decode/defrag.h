/* SPDX-License-Identifier: GPL-3.0-or-later
 * defrag: IPv4 and IPv6 fragments to whole datagrams (RFC 791, 815, 8200 section 4.5). Decode thread only.
 *
 * Which of two copies of a byte is used is what the receiver's system would do (base/target.h); a later
 * fragment that overlaps is a fact, and one that says something else is a worse one. Bounded: datagrams at a
 * time, bytes of all of them, 65535 bytes of one, age by packet time. When a bound is reached, the oldest
 * datagram goes and its fragments are lost by name.
 *
 * Ledger: every fragment given to defrag_add is in exactly one of held, delivered and lost_*, at any moment:
 *     in = delivered + held + lost_incomplete + lost_malformed + lost_full
 * and after defrag_flush held is 0. The caller derives its packet ledger from defrag_counts alone: a fragment
 * that defrag_add answers with PACKET_FRAGMENT is accounted here until its datagram is delivered or lost. */
#ifndef GH_SENSOR_DEFRAG_H
#define GH_SENSOR_DEFRAG_H

#include "base/target.h"
#include "sensor/decode/packet.h"

#define DEFRAG_DATAGRAM_MAX 65535

struct defrag;
struct defrag_options {
    size_t datagrams;              /* most datagrams waiting at a time (conf sensor.fragments) */
    size_t memory;                 /* most bytes of their contents; at least 256 KiB is used */
    uint64_t timeout_us;           /* age of a datagram by packet time, from its first fragment on */
    const struct targets *targets; /* what receivers make of overlaps; borrowed; NULL: the first copy wins */
};
struct defrag_counts {
    uint64_t in, delivered, held;
    uint64_t lost_incomplete; /* PACKET_FRAGMENT_LOST: too old, or the capture ended */
    uint64_t
        lost_malformed; /* PACKET_FRAGMENT_BAD: past 65535 bytes, empty, behind the end, cut by the capture */
    uint64_t lost_full; /* PACKET_FRAGMENT_FULL: pushed out by younger ones */
    uint64_t datagrams; /* completed */
    uint64_t duplicates, overlaps,
        conflicts; /* fragments: nothing new, partly new, with other bytes than the first copy */
    size_t memory; /* bytes held now */
};
struct defrag_result {
    struct span l3;   /* PACKET_OK: header and payload for packet_decode_ip; valid until the next call */
    uint32_t packets; /* PACKET_OK: fragments that it came in, this one included */
    bool overlap;     /* this fragment repeats bytes of another one, and brings new ones too */
    bool conflict;    /* this fragment contradicts bytes of another one: an attempt to be seen differently */
};

/* NULL when memory is short. */
struct defrag *defrag_new(const struct defrag_options *opt);
void defrag_free(struct defrag *d); /* NULL is fine */
/* One fragment (p->fragment). PACKET_OK: the datagram is whole, in *ret; then call packet_decode_ip.
 * PACKET_FRAGMENT: held. PACKET_FRAGMENT_BAD, PACKET_FRAGMENT_FULL: lost. *ret is always filled. The header
 * of l3 is that of the first fragment with the lengths and fragment fields of the whole and an IPv4 checksum
 * of 0. */
enum packet_verdict defrag_add(struct defrag *d, const struct packet *p, struct defrag_result *ret);
/* Lets go of what is too old at packet time now_us (defrag_add does so by itself). */
void defrag_expire(struct defrag *d, uint64_t now_us);
/* End of a capture: all that is held is lost as incomplete. */
void defrag_flush(struct defrag *d);
const struct defrag_counts *defrag_counts(const struct defrag *d);

#endif

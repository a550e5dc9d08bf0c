/* SPDX-License-Identifier: GPL-3.0-or-later
 * pdu: cuts one direction of a byte stream into messages that tell their own length, for parsers whose
 * messages must be whole (Kerberos, LDAP, SSH packets). A message that lies whole in one piece of input is
 * not copied.
 *
 * Memory: only the message that has begun, charged to the flow by proto_charge, at most `max` bytes. */
#ifndef GH_SENSOR_PDU_H
#define GH_SENSOR_PDU_H

#include "sensor/decode/proto.h"

#define PDU_MORE ((size_t)0)
#define PDU_NONE SIZE_MAX

struct pdu_kind {
    size_t max; /* a longer message is stepped over, not kept */
    /* Bytes of the message at the start of s, its head included; PDU_MORE: its length is not there yet;
     * PDU_NONE: this is no message. Never less than 1, never more than SIZE_MAX / 2. */
    size_t (*size)(struct span s);
    /* One whole message. Returning false ends the reading of this direction. */
    bool (*message)(void *arg, struct proto_ctx *cx, enum direction dir, struct span message);
    const char *invalid, *too_long, *no_memory, *gap, *truncated; /* names for proto_anomaly */
};
struct pdu {
    struct writer kept; /* a message that has begun */
    size_t charged;
    uint64_t skip; /* bytes of a message that is not kept, still to come */
    bool lost;     /* message boundaries are unknown after a gap: tried again with each piece */
    bool closed;   /* nothing is read any more */
};

void pdu_init(struct pdu *p, const struct pdu_kind *k);
void pdu_done(struct pdu *p, struct proto_ctx *cx); /* may be called twice */
void pdu_feed(struct pdu *p, const struct pdu_kind *k, void *arg, struct proto_ctx *cx, enum direction dir,
              struct span bytes);
void pdu_gap(struct pdu *p, const struct pdu_kind *k, struct proto_ctx *cx, enum direction dir,
             uint64_t missing);
/* The direction is over: tells a message that was not finished. */
void pdu_end(struct pdu *p, const struct pdu_kind *k, struct proto_ctx *cx, enum direction dir);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * expect: connections that another connection announces: the data connections of FTP, the answer of TFTP from
 * another port. It brings both together in whatever order they are seen: the announcement, what is said of
 * the transfer (the note), and the connection itself.
 *
 * An announcement stands under the listening end of the connection (address, port, transport) and serves one
 * connection, or until EXPECT_TTL_US of packet time have passed. Where a control connection of FTP is open
 * between two hosts (a pair), connections between them that no parser knows are taken, too, and wait: the
 * reply that names their port may come late in the capture.
 *
 * Bounded: EXPECT_KEYS announcements, EXPECT_PAIRS pairs, EXPECT_WAIT connections that wait under one key;
 * the oldest goes first, and whoever announces is told. Memory is taken with the first announcement and
 * belongs to the shared budget. Decode thread only. */
#ifndef GH_SENSOR_EXPECT_H
#define GH_SENSOR_EXPECT_H

#include "sensor/decode/host_budget.h"
#include "sensor/decode/proto.h"

#define EXPECT_KEYS 2048
#define EXPECT_PAIRS 1024
#define EXPECT_WAIT 16
#define EXPECT_NAME_MAX 1024
#define EXPECT_TTL_US (300ull * 1000000)

/* The listening end. Compared as bytes: made by expect_key only. */
struct expect_key {
    uint8_t addr[16];
    uint8_t port[2];
    uint8_t ipv6, udp;
};
/* What the announcing connection says about the announced one. */
struct expect_note {
    uint8_t command;  /* the parsers' own number; 0: what was said before does not hold */
    bool final;       /* nothing more will be said */
    bool cut;         /* the transfer was given up */
    uint64_t number;  /* the parsers' own, too */
    struct span name; /* file name, cut at EXPECT_NAME_MAX; valid during the call */
};
/* A connection that was announced or waits to be; a part of its parser's state. */
struct expect_member {
    struct expect_member *next; /* in the line of those that wait */
    struct expect_key key;
    bool joined, waiting;
    void *state; /* the parser's */
    /* It is the announced one; note is NULL as long as nothing is said about it, and may come again,
     * changed. May be called inside expect_join and while another connection's parser is at work. */
    void (*told)(void *state, const struct expect_note *note);
};

struct expects;
struct expects *expects_new(struct budget *budget); /* NULL when memory is short; budget is shared */
void expects_free(struct expects *x);               /* NULL is fine. All members have left before. */

struct expect_key expect_key(const uint8_t addr[static 16], bool ipv6, uint16_t port, bool udp);

/* A connection to key will be p's. Replaces an older announcement of the same key; *ret_serial is its number,
 * never 0. 0; ST_LIMIT: the oldest one was forgotten for it; ST_NOMEM: it is not remembered. */
int expect_announce(struct expects *x, const struct expect_key *key, const struct proto *p, uint64_t now_us,
                    uint64_t *ret_serial);
/* Number of the announcement that stands under key, or 0. */
uint64_t expect_serial(struct expects *x, const struct expect_key *key);
/* What is known about the connection of that announcement. Nothing happens when another one has replaced it.
 */
void expect_tell(struct expects *x, const struct expect_key *key, uint64_t serial,
                 const struct expect_note *note, uint64_t now_us);

/* cx is a control connection whose data connections are p's, from now on (begin) or no more (end). */
int expect_pair_begin(struct expects *x, const struct proto_ctx *cx, const struct proto *p);
void expect_pair_end(struct expects *x, const struct proto_ctx *cx);
/* Something that the control connection said is lost, perhaps an announcement. */
void expect_pair_blind(struct expects *x, const struct proto_ctx *cx);
/* Was something lost between the two ends of cx? */
bool expect_is_blind(struct expects *x, const struct proto_ctx *cx);

/* Whose connection is cx? unknown: no probe knows its bytes. NULL: nobody's. */
const struct proto *expect_lookup(struct expects *x, const struct proto_ctx *cx, bool unknown);
/* The connection of cx takes its announcement, or stands in line for it; not joined when the line is full. */
void expect_join(struct expects *x, struct expect_member *m, const struct proto_ctx *cx);
void expect_leave(struct expects *x, struct expect_member *m); /* also when it has not joined */

struct expect_counts {
    uint64_t announced, taken, forgotten; /* forgotten: pushed out by younger ones */
};
const struct expect_counts *expect_counts(const struct expects *x);

#endif

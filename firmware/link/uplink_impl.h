/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the two files of the uplink share: the order of things (uplink.c), and what is different when batches are left
 * with a broker (uplink_broker.c). */
#ifndef GH_LINK_UPLINK_IMPL_H
#define GH_LINK_UPLINK_IMPL_H

#include "firmware/link/uplink.h"
#include "firmware/link/window.h"

struct uplink {
    struct queue *queue;
    struct seal_public console;
    struct uplink_hooks hooks;
    struct writer batch, sealed, answer;
    struct wishes *wishes; /* NULL: none are listened to */
    struct down *down;     /* NULL: nothing is fetched */
    bool down_turn;        /* a piece of a wish went last */
    uint8_t id[SEAL_ID];
    uint64_t hello_ms, hello_at_ms;
    bool part_turn; /* a batch went last: a piece of a wish may go now */
    struct arena *arena;
    uint64_t next;        /* batch to send, 0: not yet known */
    uint64_t sealed_is;   /* the batch in sealed, while it goes in pieces */
    uint32_t piece, at;   /* length of its pieces, 0: whole; where the next one begins */
    bool whole_only;      /* a console of an earlier version */
    bool in_order;        /* nothing goes ahead from here */
    bool broker;          /* batches are left with one: */
    bool away;            /* and no console answered last */
    struct window window; /* most 0: not begun */
    uint64_t broker_most;
    uint64_t ahead;       /* batches with alerts up to this one went ahead of their turn */
    uint64_t ahead_at_ms; /* not before: this console does not know of it */
    uint64_t sent, newest, wait_ms, not_before_ms;
    char trouble[256];
};

/* Waits longer after each failure. Returns how long. */
uint64_t uplink_back_off(struct uplink *u, uint64_t now_ms);
/* A member of the console's answer; 0 when there is none. */
uint64_t uplink_answered(struct uplink *u, const char *key);
/* An answer may also name wishes, and orders. */
void uplink_hear_wishes(struct uplink *u);

/* Takes in the answers to batches that were left at the broker. */
void uplink_hear(struct uplink *u, uint64_t now_ms);
/* What a hello, or the last piece of a long batch, was answered. True when it was understood. */
bool uplink_told(struct uplink *u, long status, uint64_t now_ms);
/* A batch lies at the broker: on with the next. Returns 0. */
uint64_t uplink_left(struct uplink *u, long status, uint64_t now_ms);
/* What became of a hello: rc, or its answer with status. Returns 0. */
uint64_t uplink_hello_told(struct uplink *u, int rc, long status, uint64_t now_ms);

#endif

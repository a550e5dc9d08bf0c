/* SPDX-License-Identifier: GPL-3.0-or-later
 * crew_impl: what crew.c (the way of frames and words) and crew_report.c (accounts and questions) share.
 * Private to crew*.c. */
#ifndef GH_SENSOR_CREW_IMPL_H
#define GH_SENSOR_CREW_IMPL_H

#include "sensor/decode/crew.h"
#include "sensor/decode/pin.h"
#include "sensor/decode/worker.h"

struct crew {
    struct outlet outlet;
    struct carve_purse purse;
    uint64_t run;
    struct front *front;     /* NULL with live sources: each worker has its own */
    struct proto_host *host; /* the only one, with one thread; else NULL */
    struct workers workers;  /* otherwise */
    bool live;               /* workers read by themselves */
    uint64_t key[2];         /* of the dealing */
    struct pins *pins;       /* what is dealt out otherwise; NULL when nothing is dealt out */
    uint64_t through;        /* frames that are dealt out wholly */
    uint64_t pcaps_unknown;  /* questions about flows that no host knows */
    struct lists *lists;     /* the newest, for the ledger; NULL */
    struct {
        const char *reason;
        uint64_t n;
    } lost_before[4];
};

/* Takes what workers have said and sends what is its turn. */
void crew_merge(struct crew *c);
/* Merges until over says so, which is asked with the lock held. */
typedef bool crew_wait_fn(struct crew *c, void *arg);
void crew_wait(struct crew *c, crew_wait_fn *over, void *arg);
/* Waits until everything that was dealt out is done and sent. Nothing to wait for with live sources. */
void crew_catch_up(struct crew *c);
/* With the lock held: the worker looks up from what it waits for. */
void crew_wake(struct worker *w);
/* Runs fn on the thread of each worker, one after the other. */
void crew_call(struct crew *c, void (*fn)(void *arg, struct worker *w), void *arg);

#endif

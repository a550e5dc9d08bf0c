/* SPDX-License-Identifier: GPL-3.0-or-later
 * uplink: brings batch after batch to the console, in order, each once at a time, and tells the core what has
 * arrived. In between it brings what the console wishes to have (wishes.h), a piece after each batch, so that
 * neither holds up the other, and so it fetches what the console ordered (down.h); an appliance that has
 * nothing to report asks for wishes from time to time.
 *
 * A batch that holds alerts does not wait for those in front of it: it goes ahead of its turn, to the
 * console's /intake/ahead, and the chain takes it in when it gets there.
 *
 * A batch that did not get through is sent in pieces, half as long after each failure, twice as long after
 * each success, so that a cut costs a piece.
 *
 * With a broker in between (nats.h) batches are left there, up to a window's worth (window.h), and what frees the
 * journal is the console's answer, which comes when it comes; everything else is asked and answered as over HTTPS.
 *
 * A failure makes it wait longer each time, with jitter, so that a hundred appliances do not come back in
 * step. Nothing is forgotten here: what to send next follows from the journal and the console's answers. One
 * thread; a post blocks it for at most uplink.timeout. */
#ifndef GH_LINK_UPLINK_H
#define GH_LINK_UPLINK_H

#include "base/arena.h"
#include "firmware/link/down.h"
#include "firmware/link/link.h"
#include "firmware/link/queue.h"
#include "firmware/link/wishes.h"

#define UPLINK_FIRST_MS 500
#define UPLINK_LAST_MS 60000
#define UPLINK_PIECE_LEAST 8192u       /* of a batch, on a line that breaks */
#define UPLINK_PIECE_MOST (256u << 10) /* when so much gets through at once, batches go whole again */

struct uplink;
/* How a letter gets there: carrier_post, or a test's own. */
struct uplink_hooks {
    void *arg;
    int (*post)(void *arg, const struct letter *letter, long *ret_status, struct writer *answer);
    const char *(*message)(void *arg);           /* why post failed, for people */
    void (*keys)(void *arg, const char *word);   /* the console has other keys (base64); NULL: nobody asks */
    void (*receipt)(void *arg, uint64_t number); /* the console has everything up to here */
    /* Over a broker: the console's next answer to a batch that was left there; *ret_number is that batch, 0 when it is
     * not known any more. False when there is none. */
    bool (*heard)(void *arg, long *ret_status, uint64_t *ret_number, struct writer *answer);
};
struct uplink *uplink_new(struct queue *q, const struct seal_public *console,
                          const struct uplink_hooks *hooks);
void uplink_free(struct uplink *u);
/* Also fulfils wishes (borrowed), and says hello as the appliance id every hello_ms while there is nothing to
 * send. */
void uplink_listen(struct uplink *u, struct wishes *wishes, const uint8_t id[static SEAL_ID],
                   uint64_t hello_ms);
/* Also fetches what the console ordered this appliance to have (borrowed). */
void uplink_fetch(struct uplink *u, struct down *down);
/* Over a broker: post may leave a batch there, answered with 202, or 208 when the broker had it; at most most of them. */
void uplink_over_broker(struct uplink *u, uint64_t most);
/* Somebody else brings alerts ahead (lane.h): this one sends in order. */
void uplink_in_order(struct uplink *u);
/* The appliance is stopping: from now on batches alone are sent. */
void uplink_last(struct uplink *u);
/* Sends the next batch, piece of a wish or hello if there is one and it is time (now_ms on the monotonic
 * clock). Returns the milliseconds until it wants to be called again: 0 at once (more is waiting), UINT64_MAX
 * when there is nothing to do but wait for news. */
uint64_t uplink_step(struct uplink *u, uint64_t now_ms);
/* Facts for the status: newest batch sent, newest in the journal, and the last trouble ("" when all is well).
 */
uint64_t uplink_sent(const struct uplink *u);
uint64_t uplink_newest(const struct uplink *u);
uint64_t uplink_next(const struct uplink *u); /* the batch whose turn it is */
const char *uplink_trouble(const struct uplink *u);

#endif

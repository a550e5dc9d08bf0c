/* SPDX-License-Identifier: GPL-3.0-or-later
 * nats: the carrier over a NATS broker, for a post that reaches no console. The broker proves nothing and is told
 * nothing (base/parcel.h): what is asked is sealed for the console, what it answers is signed by it.
 *
 * PREFIX.batch.ID   batches, stored in a JetStream stream, as they are: sealed and signed
 * PREFIX.answer.ID  the console's answer to each of them
 * PREFIX.ask.ID     everything else (hello, pieces, wishes, goods) as parcels, request and reply
 * PREFIX.inbox.ID.> where those replies come
 *
 * The main thread calls; answers that come by themselves wait in a list, at most NATS_WAITING. */
#ifndef GH_LINK_NATS_H
#define GH_LINK_NATS_H

#include "firmware/link/link.h"

#define NATS_WAITING 512

struct nats;
struct nats_answer {
    long status;
    uint64_t number; /* the batch that it is about; 0: one that is not under way, and a refusal then means nothing */
};
/* Reads certificate and credentials; before the jail. console is borrowed. 0, or a code with a sentence in err. */
int nats_new(const struct conf *c, const struct seal_public *console, const uint8_t id[static SEAL_ID], struct nats **ret, char *err,
             size_t cap);
void nats_free(struct nats *n);
/* In the jail, as it makes threads. */
int nats_start(struct nats *n);
/* About once a second. */
void nats_mend(struct nats *n);
/* Readable when answers wait; emptied by nats_heard. */
int nats_fd(const struct nats *n);
/* At most so many bytes a second from now on: waits before what would be more. 0: no limit. */
void nats_rate(struct nats *n, uint64_t rate);
/* A letter with a batch's number is stored: status 202, and the answer comes later, or 208 when the broker had it. Any
 * other waits for the console's answer; 503 when no console listens. 0, or ST_CLOSED, ST_TIMEOUT, ST_NOT_FOUND (no
 * stream), ST_FULL, ST_LIMIT (longer than the broker takes), ST_BAD_SIGNATURE (not our console); nats_message has the
 * sentence. */
int nats_post(struct nats *n, const struct letter *letter, long *ret_status, struct writer *answer);
/* The next answer to a batch that came by itself, of our console and for this appliance; false when there is none. */
bool nats_heard(struct nats *n, struct nats_answer *ret, struct writer *body);
const char *nats_message(const struct nats *n);

#endif

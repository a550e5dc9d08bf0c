/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool: the document workers: forked when needed, given one document each, killed when they are late,
 * replaced when they have read enough.
 *
 * There are two: readers, and those that recognise pictures. A pool hands bytes on and never looks into them.
 * Runs in the supervisor's one thread; its callbacks come from the loop, never from inside pool_give. What a
 * worker sends is hostile: anything but one answer to the document in its hands kills it. */
#ifndef GH_RULES_POOL_H
#define GH_RULES_POOL_H

#include "base/loop.h"
#include "rules/worker.h"

struct pool;
enum pool_death {
    POOL_TIMEOUT, /* killed by us at its time limit */
    POOL_MEMORY,  /* it reached its memory ceiling */
    POOL_CRASH    /* any other end */
};
struct pool_hooks {
    void *arg;
    /* The document was read: findings (JSON) or, with fd >= 0, a file that holds them (the callee owns fd).
     * pictures: some that look like pages were left (they are unread in the findings). */
    void (*done)(void *arg, void *job, bool pictures, struct span findings, int fd);
    /* Its worker died over it. fresh: it was that worker's first document, so nobody else can be to blame. */
    void (*died)(void *arg, void *job, enum pool_death why, bool fresh);
    /* A worker could not even lock itself in: no document may be read on this machine. */
    void (*broken)(void *arg);
};
struct pool_stats {
    uint64_t documents, started, deaths[3];
};

/* Pool of c->workers; nothing is forked yet. c and hooks are copied, what they point to is borrowed. */
struct pool *pool_new(struct loop *l, const struct worker_config *c, const struct pool_hooks *hooks);
/* Kills every worker without calling hooks. NULL is fine. */
void pool_free(struct pool *p);
/* At SIGCHLD: buries this pool's dead and answers for them. */
void pool_reap(struct pool *p);
/* Can a document be given now? fresh: only to a worker that has read none. */
bool pool_ready(const struct pool *p, bool fresh);
/* Gives a document: id and body as in WORK (msgs.def), fd stays the caller's. job comes back in exactly one
 * hook. 0; ST_AGAIN when pool_ready says no or the machine refuses a process just now (job is the caller's
 * still). */
int pool_give(struct pool *p, struct span body, int fd, bool fresh, void *job);
size_t pool_busy(const struct pool *p);
const struct pool_stats *pool_stats(const struct pool *p);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * worker: one thread with its host: batches of jobs in, chunks of events out (crew.h). Private to crew*.c and
 * worker.c.
 *
 * One lock for all workers of a crew; it is taken once for a batch and once for a chunk. Who may touch what
 * is said at each member. No circle of waiting: a worker waits for the main thread only, to get jobs or to
 * get rid of chunks; the main thread waits for a worker only after it has handed out everything it has, and
 * takes chunks while it waits. What it may take next is always there or still to come from a worker that has
 * none waiting, which therefore works. */
#ifndef GH_SENSOR_WORKER_H
#define GH_SENSOR_WORKER_H

#include "sensor/decode/front.h"
#include "sensor/decode/host.h"

#include <pthread.h>

#define CREW_JOBS 128u  /* of a batch */
#define CREW_BATCHES 8u /* handed out and not worked off, per worker */
#define CREW_CHUNKS 8u  /* said and not taken, per worker */
#define BATCH_BLOCKS 4u /* buffers of the source that a batch lies in; datagrams have their own */
#define WORKER_DOCUMENTS (16u << 20) /* bytes of documents in the chunks not taken, per worker */

struct batch {
    uint64_t through; /* after it, everything up to this frame is done */
    size_t n;
    size_t n_blocks, n_frames;                      /* n_frames: of the source */
    struct block *frame;                            /* the newest of these */
    struct block *blocks[BATCH_BLOCKS + CREW_JOBS]; /* held */
    struct job jobs[CREW_JOBS];
};
struct worker;
/* What all workers of a crew share. */
struct workers {
    pthread_mutex_t lock;
    pthread_cond_t main; /* something happened that the main thread may wait for */
    int wake_main;       /* live: eventfd; -1 */
    struct worker *all;
    unsigned n;
};
struct worker {
    struct workers *shared;
    struct proto_host *host;
    pthread_t thread;
    unsigned index;
    bool running; /* main's: the thread was made */

    /* live: the worker's, until the thread has ended */
    bool over; /* nothing is read any more */
    struct source *source;
    struct front *front;
    uint64_t wall_us;

    /* main's */
    struct batch *fill;     /* being filled */
    uint64_t handed;        /* through of the newest batch handed out */
    struct chunk *taken;    /* chunks to be read, in order */
    uint64_t taken_through; /* nothing below this comes any more, but what is in taken */

    /* the lock's */
    pthread_cond_t cond; /* the worker waits on it */
    struct batch *ring[CREW_BATCHES], *spare[CREW_BATCHES + 1];
    struct chunk *said, *said_last; /* chunks that main has not taken */
    struct chunk *empty;
    size_t document_bytes;                     /* in the chunks said or taken, and not given back */
    uint64_t through;                          /* everything up to this frame is done and said */
    void (*call)(void *arg, struct worker *w); /* to be done at the next opportunity */
    void *call_arg;
    unsigned ring_first, ring_n, spare_n;
    unsigned chunks; /* said or taken, and not given back */
    int wake;        /* live: eventfd: there is a call, or quit */
    bool quit;
    bool failed; /* live: the source gave up */
};

/* The worker's side of its host's outbox: waits while main is behind. */
struct chunk *worker_say(void *arg, struct chunk *full);
/* The threads: pthread start routines. */
void *worker_run(void *arg);
void *worker_run_live(void *arg);

int worker_init(struct worker *w, struct workers *shared, unsigned index);
void worker_done(struct worker *w); /* the thread has ended */

/* main: the batch being filled goes out; waits for nothing: ring_n must be below CREW_BATCHES. */
void worker_hand_out(struct worker *w, uint64_t through);
bool worker_full(struct worker *w);
/* main, with the lock held: what is said becomes taken. */
void worker_take(struct worker *w);
/* main: the first chunk of taken is read. */
void worker_give_back(struct worker *w);

#endif

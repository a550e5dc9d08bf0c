/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/worker.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIVE_FRAMES 512 /* frames between two looks at what else there is */
#define LIVE_WAIT_MS 100

int worker_init(struct worker *w, struct workers *shared, unsigned index)
{
    *w = (struct worker){.shared = shared, .index = index, .wake = -1};
    pthread_cond_init(&w->cond, NULL);
    w->fill = calloc(1, sizeof(*w->fill));
    while (w->fill && w->spare_n < CREW_BATCHES) {
        struct batch *b = calloc(1, sizeof(*b));
        if (!b)
            return ST_NOMEM;
        w->spare[w->spare_n++] = b;
    }
    for (unsigned i = 0; i < CREW_CHUNKS; i++) {
        struct chunk *c = chunk_new();
        if (!c)
            return ST_NOMEM;
        c->next = w->empty;
        w->empty = c;
    }
    return w->fill ? 0 : ST_NOMEM;
}

static void release_blocks(struct batch *b)
{
    for (size_t i = 0; i < b->n_blocks; i++)
        block_release(b->blocks[i]);
    b->n_blocks = b->n_frames = b->n = 0;
    b->frame = NULL;
}

static void batch_free(struct batch *b)
{
    if (b)
        release_blocks(b);
    free(b);
}

static void chunks_free(struct chunk *c)
{
    while (c) {
        struct chunk *next = c->next;
        chunk_free(c);
        c = next;
    }
}

void worker_done(struct worker *w)
{
    host_free(w->host);
    front_free(w->front);
    batch_free(w->fill);
    while (w->spare_n)
        batch_free(w->spare[--w->spare_n]);
    for (; w->ring_n; w->ring_n--)
        batch_free(w->ring[w->ring_first++ % CREW_BATCHES]);
    chunks_free(w->taken);
    chunks_free(w->said);
    chunks_free(w->empty);
    if (w->wake >= 0)
        close(w->wake);
    pthread_cond_destroy(&w->cond);
}

/* ---- main's side ---- */

bool worker_full(struct worker *w)
{
    bool full;

    pthread_mutex_lock(&w->shared->lock);
    full = w->ring_n == CREW_BATCHES;
    pthread_mutex_unlock(&w->shared->lock);
    return full;
}

void worker_hand_out(struct worker *w, uint64_t through)
{
    w->fill->through = w->handed = through;
    pthread_mutex_lock(&w->shared->lock);
    gh_check(w->ring_n < CREW_BATCHES && w->spare_n);
    w->ring[(w->ring_first + w->ring_n++) % CREW_BATCHES] = w->fill;
    w->fill = w->spare[--w->spare_n];
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->shared->lock);
}

void worker_take(struct worker *w)
{
    struct chunk **at = &w->taken;

    while (*at)
        at = &(*at)->next;
    *at = w->said;
    w->said = w->said_last = NULL;
    w->taken_through = w->through;
}

void worker_give_back(struct worker *w)
{
    struct chunk *c = w->taken;
    size_t bytes = c->document_bytes;

    w->taken = c->next;
    chunk_clear(c);
    pthread_mutex_lock(&w->shared->lock);
    c->next = w->empty;
    w->empty = c;
    w->chunks--;
    w->document_bytes -= bytes;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->shared->lock);
}

/* ---- the worker's side ---- */

static void tell_main(struct workers *s)
{
    uint64_t one = 1;

    pthread_cond_signal(&s->main);
    if (s->wake_main >= 0)
        (void)!write(s->wake_main, &one, sizeof(one)); /* full: it is awake already */
}

struct chunk *worker_say(void *arg, struct chunk *full)
{
    struct worker *w = arg;
    struct chunk *empty;

    full->next = NULL;
    pthread_mutex_lock(&w->shared->lock);
    while (!w->quit && w->chunks &&
           (!w->empty || w->document_bytes + full->document_bytes > WORKER_DOCUMENTS)) {
        pthread_cond_wait(&w->cond, &w->shared->lock);
    }
    if (w->quit && !w->empty) { /* nobody listens any more */
        pthread_mutex_unlock(&w->shared->lock);
        chunk_clear(full);
        return full;
    }
    *(w->said_last ? &w->said_last->next : &w->said) = full;
    w->said_last = full;
    w->chunks++;
    w->document_bytes += full->document_bytes;
    empty = w->empty;
    w->empty = empty->next;
    tell_main(w->shared);
    pthread_mutex_unlock(&w->shared->lock);
    return empty;
}

/* With the lock held; it is let go while the call is at work. */
static void do_call(struct worker *w)
{
    void (*call)(void *arg, struct worker *w) = w->call;
    void *arg = w->call_arg;

    pthread_mutex_unlock(&w->shared->lock);
    call(arg, w);
    pthread_mutex_lock(&w->shared->lock);
    w->call = NULL;
    pthread_cond_signal(&w->shared->main);
}

static void work_off(struct worker *w, struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        host_job(w->host, &b->jobs[i]);
    host_flush(w->host);
    release_blocks(b);
}

void *worker_run(void *arg)
{
    struct worker *w = arg;

    pthread_mutex_lock(&w->shared->lock);
    while (!w->quit) {
        struct batch *b;
        if (w->call) {
            do_call(w);
            continue;
        }
        if (!w->ring_n) {
            pthread_cond_wait(&w->cond, &w->shared->lock);
            continue;
        }
        b = w->ring[w->ring_first];
        pthread_mutex_unlock(&w->shared->lock);
        work_off(w, b);
        pthread_mutex_lock(&w->shared->lock);
        w->ring_first = (w->ring_first + 1) % CREW_BATCHES;
        w->ring_n--;
        w->spare[w->spare_n++] = b;
        w->through = b->through;
        tell_main(w->shared);
    }
    pthread_mutex_unlock(&w->shared->lock);
    return NULL;
}

/* ---- live ---- */

static bool read_frames(struct worker *w)
{
    enum source_step step = SOURCE_AGAIN;
    struct frame f;

    for (int i = 0; i < LIVE_FRAMES && (step = source_next(w->source, &f)) == SOURCE_FRAME; i++)
        front_frame(w->front, &f);
    return step == SOURCE_FRAME || step == SOURCE_AGAIN;
}

static void live_turn(struct worker *w, bool *failed)
{
    struct pollfd p[2] = {{.fd = *failed || w->over ? -1 : source_fd(w->source), .events = POLLIN},
                          {.fd = w->wake, .events = POLLIN}};
    uint64_t count, now;

    (void)poll(p, 2, LIVE_WAIT_MS);
    if (p[1].revents)
        (void)!read(w->wake, &count, sizeof(count));
    if (p[0].revents && !read_frames(w))
        *failed = true;
    now = clock_wall_us();
    if (now - w->wall_us >= LIVE_WAIT_MS * 1000u && !w->over) {
        front_tick(w->front, now);
        w->wall_us = now;
    }
    host_flush(w->host);
}

void *worker_run_live(void *arg)
{
    struct worker *w = arg;
    bool failed = false;

    pthread_mutex_lock(&w->shared->lock);
    while (!w->quit) {
        if (w->call) {
            do_call(w);
            continue;
        }
        pthread_mutex_unlock(&w->shared->lock);
        live_turn(w, &failed);
        pthread_mutex_lock(&w->shared->lock);
        if (failed && !w->failed) {
            w->failed = true;
            tell_main(w->shared);
        }
    }
    pthread_mutex_unlock(&w->shared->lock);
    return NULL;
}

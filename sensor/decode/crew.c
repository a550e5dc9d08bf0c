/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/crew.h"
#include "base/log.h"
#include "sensor/decode/crew_impl.h"
#include "sensor/decode/lists.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define HAND_OUT_FRAMES 2048u /* at least so often everybody gets what is his */

/* ---- one thread ---- */

static void do_job(void *arg, const struct job *j)
{
    struct crew *c = arg;

    host_job(c->host, j);
}

static struct chunk *send_chunk(void *arg, struct chunk *full)
{
    struct crew *c = arg;

    outlet_take(&c->outlet, 0, full, full->n);
    outlet_flush(&c->outlet);
    chunk_clear(full);
    return full;
}

/* ---- many words in one order ---- */

static int place_compare(struct place a, struct place b)
{
    if (a.at != b.at)
        return a.at < b.at ? -1 : 1;
    return a.sub < b.sub ? -1 : a.sub > b.sub;
}

static const struct place nowhere = {UINT64_MAX, UINT64_MAX};

/* Nothing of that worker can come below this place. */
static struct place bound(const struct worker *w)
{
    if (w->taken)
        return w->taken->entries[w->taken->done].place;
    if (w->taken_through == UINT64_MAX)
        return nowhere;
    return (struct place){w->taken_through + 1, 0};
}

/* Sends what stands before limit of the first chunk; places rise within it. */
static void send_up_to(struct crew *c, struct worker *w, struct place limit)
{
    struct chunk *chunk = w->taken;
    size_t to = chunk->done;

    while (to < chunk->n && place_compare(chunk->entries[to].place, limit) < 0)
        to++;
    outlet_take(&c->outlet, w->index, chunk, to);
    if (chunk->done == chunk->n)
        worker_give_back(w);
}

/* The worker that may be heard next, up to *ret_limit; NULL when that depends on what is still to come. */
static struct worker *next_speaker(struct crew *c, struct place *ret_limit)
{
    struct worker *first = NULL;
    struct place lowest = nowhere, limit = nowhere;

    for (unsigned i = 0; i < c->workers.n; i++) {
        struct worker *w = &c->workers.all[i];
        struct place p = bound(w);
        if (!first || place_compare(p, lowest) < 0) {
            limit = first ? lowest : nowhere;
            lowest = p;
            first = w;
        } else if (place_compare(p, limit) < 0) {
            limit = p;
        }
    }
    *ret_limit = limit;
    return first && first->taken ? first : NULL;
}

void crew_merge(struct crew *c)
{
    struct worker *w;
    struct place limit;

    if (!c->workers.n)
        return;
    pthread_mutex_lock(&c->workers.lock);
    for (unsigned i = 0; i < c->workers.n; i++)
        worker_take(&c->workers.all[i]);
    pthread_mutex_unlock(&c->workers.lock);
    if (!c->live) {
        while ((w = next_speaker(c, &limit)))
            send_up_to(c, w, limit);
        return;
    }
    for (unsigned i = 0; i < c->workers.n; i++)
        while (c->workers.all[i].taken)
            send_up_to(c, &c->workers.all[i], nowhere);
}

/* ---- dealing out ---- */

static bool stale(const struct crew *c, const struct worker *w)
{
    return !c->live && w->handed < c->through;
}

/* Everybody who has room gets what is his. */
static void hand_out_stale(struct crew *c)
{
    for (unsigned i = 0; i < c->workers.n; i++) {
        struct worker *w = &c->workers.all[i];
        if (stale(c, w) && !worker_full(w))
            worker_hand_out(w, c->through);
    }
}

/* With the lock held: is there anything that the main thread has not looked at? */
static bool news(struct crew *c)
{
    for (unsigned i = 0; i < c->workers.n; i++) {
        const struct worker *w = &c->workers.all[i];
        if (w->said || w->through != w->taken_through || (stale(c, w) && w->ring_n < CREW_BATCHES))
            return true;
    }
    return false;
}

void crew_wait(struct crew *c, crew_wait_fn *over, void *arg)
{
    bool done = false;

    while (!done) {
        hand_out_stale(c);
        crew_merge(c);
        pthread_mutex_lock(&c->workers.lock);
        done = over(c, arg);
        if (!done && !news(c))
            pthread_cond_wait(&c->workers.main, &c->workers.lock);
        pthread_mutex_unlock(&c->workers.lock);
    }
}

static bool has_room(struct crew *c, void *arg)
{
    const struct worker *w = arg;

    return w->ring_n < CREW_BATCHES;
}

static void hand_out(struct crew *c, struct worker *w)
{
    if (worker_full(w))
        crew_wait(c, has_room, w);
    worker_hand_out(w, c->through);
}

static void add_job(struct crew *c, struct worker *w, const struct job *j)
{
    struct batch *b = w->fill;

    if (b->n == CREW_JOBS || (j->frame && j->frame != b->frame && b->n_frames == BATCH_BLOCKS)) {
        hand_out(c, w);
        b = w->fill;
    }
    if (j->frame && j->frame != b->frame) {
        b->blocks[b->n_blocks++] = b->frame = block_hold(j->frame);
        b->n_frames++;
    }
    if (j->datagram)
        b->blocks[b->n_blocks++] = block_hold(j->datagram);
    b->jobs[b->n++] = *j;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* The same for both directions, every port and every fragment; but see pin.h. */
static struct worker *worker_of(struct crew *c, const struct packet *p)
{
    uint64_t a[2], b[2];
    unsigned usual;

    memcpy(a, p->src, 16);
    memcpy(b, p->dst, 16);
    a[0] = fold(a[0] ^ c->key[0], a[1] ^ c->key[1]);
    b[0] = fold(b[0] ^ c->key[0], b[1] ^ c->key[1]);
    usual = (unsigned)((fold(a[0] + b[0], c->key[0] | 1) >> 32) % c->workers.n);
    return &c->workers.all[pins_thread(c->pins, p, usual)];
}

static void deal(void *arg, const struct job *j)
{
    struct crew *c = arg;

    if (!job_for_all(j)) {
        add_job(c, worker_of(c, &j->p), j);
        return;
    }
    for (unsigned i = 0; i < c->workers.n; i++)
        add_job(c, &c->workers.all[i], j);
}

static void do_own_job(void *arg, const struct job *j)
{
    struct worker *w = arg;

    host_job(w->host, j);
}

static bool all_through(struct crew *c, void *arg)
{
    for (unsigned i = 0; i < c->workers.n; i++)
        if (c->workers.all[i].through < c->through || c->workers.all[i].said || c->workers.all[i].taken)
            return false;
    return true;
}

/* Until everything that was dealt out is done and sent. */
void crew_catch_up(struct crew *c)
{
    if (c->workers.n && !c->live)
        crew_wait(c, all_through, NULL);
}

void crew_frame(struct crew *c, const struct frame *f)
{
    struct frame own = *f;

    if (!c->workers.n) {
        front_frame(c->front, f);
        return;
    }
    if (!f->block) {
        own.block = block_new(f->bytes.n);
        gh_check(own.block);
        if (f->bytes.n)
            memcpy(own.block->bytes, f->bytes.p, f->bytes.n);
        own.bytes = span_of(own.block->bytes, f->bytes.n);
    }
    front_frame(c->front, &own);
    if (!f->block)
        block_release(own.block);
    c->through = front_frames(c->front);
    if (c->through % HAND_OUT_FRAMES == 0) {
        for (unsigned i = 0; i < c->workers.n; i++)
            hand_out(c, &c->workers.all[i]);
        crew_merge(c);
    }
}

void crew_tick(struct crew *c, uint64_t wall_us)
{
    if (c->front)
        front_tick(c->front, wall_us);
}

void crew_flush(struct crew *c)
{
    if (c->host)
        host_flush(c->host);
    else
        hand_out_stale(c);
    crew_merge(c);
    outlet_flush(&c->outlet);
}

int crew_fd(const struct crew *c)
{
    return c->workers.wake_main;
}

bool crew_take(struct crew *c, const char **ret_fault)
{
    bool good = true;
    uint64_t count;

    (void)!read(c->workers.wake_main, &count, sizeof(count));
    crew_merge(c);
    outlet_flush(&c->outlet);
    pthread_mutex_lock(&c->workers.lock);
    for (unsigned i = 0; i < c->workers.n; i++)
        if (c->workers.all[i].failed) {
            good = false;
            *ret_fault = source_fault(c->workers.all[i].source);
        }
    pthread_mutex_unlock(&c->workers.lock);
    return good;
}

/* ---- beginning and end ---- */

/* What the process takes for itself, measured: code, libraries, nDPI's tables, buffers of the main thread;
 * and each host its nDPI, its batches and chunks, and what the allocator cannot give back. */
#define OWN_MEMORY (24ull << 20)
#define OWN_MEMORY_THREAD (8ull << 20)

static uint64_t own_memory(uint64_t memory, unsigned threads)
{
    uint64_t own = OWN_MEMORY + threads * OWN_MEMORY_THREAD;

    return own < memory / 3 ? own : memory / 3;
}

static int make_hosts(struct crew *c, const struct crew_options *opt, const struct conf *conf)
{
    const struct host_options host = {.conf = conf,
                                      .share = opt->threads,
                                      .documents = opt->documents,
                                      .keep = opt->keep,
                                      .purse = &c->purse,
                                      .iface = opt->iface};

    c->live = opt->threads > 1 && opt->iface;
    if (!c->live) {
        c->front = front_new(conf, 1, opt->threads > 1, opt->threads > 1 ? deal : do_job, c);
        c->pins = opt->threads > 1 ? pins_new() : NULL;
        if (!c->front || (opt->threads > 1 && !c->pins))
            return ST_NOMEM;
    }
    if (opt->threads == 1) {
        c->host = host_new(&host, send_chunk, c);
        return c->host ? 0 : ST_NOMEM;
    }
    c->workers.all = calloc(opt->threads, sizeof(*c->workers.all));
    for (; c->workers.all && c->workers.n < opt->threads; c->workers.n++) {
        struct worker *w = &c->workers.all[c->workers.n];
        if (worker_init(w, &c->workers, c->workers.n) != 0)
            return ST_NOMEM;
        w->host = host_new(&host, worker_say, w);
        if (c->live) {
            w->front = front_new(conf, opt->threads, false, do_own_job, w);
            w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        }
        if (!w->host || (c->live && (!w->front || w->wake < 0)))
            return ST_NOMEM;
    }
    if (c->live)
        c->workers.wake_main = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return c->workers.all && (!c->live || c->workers.wake_main >= 0) ? 0 : ST_NOMEM;
}

struct crew *crew_new(const struct crew_options *opt, const struct host_out *out)
{
    struct crew *c = calloc(1, sizeof(*c));
    struct conf conf = *opt->conf; /* the rooms below divide what is left */

    if (!c)
        return NULL;
    conf.sensor_memory -= own_memory(conf.sensor_memory, opt->threads);
    gh_check(opt->threads >= 1 && opt->threads <= CREW_THREADS);
    c->run = opt->run;
    c->purse.max = opt->conf->sensor_documents_memory;
    c->workers.wake_main = -1;
    pthread_mutex_init(&c->workers.lock, NULL);
    pthread_cond_init(&c->workers.main, NULL);
    if (getrandom(c->key, sizeof(c->key), 0) != (ssize_t)sizeof(c->key))
        c->key[0] = c->key[1] = 0x9E3779B97F4A7C15ull; /* an even spread is all it is for */
    if (outlet_init(&c->outlet, out, opt->threads) == 0 && make_hosts(c, opt, &conf) == 0)
        return c;
    crew_free(c);
    return NULL;
}

int crew_start(struct crew *c, struct source **live)
{
    for (unsigned i = 0; i < c->workers.n; i++) {
        struct worker *w = &c->workers.all[i];
        w->source = live ? live[i] : NULL;
        if (pthread_create(&w->thread, NULL, live ? worker_run_live : worker_run, w) != 0)
            return ST_NOMEM;
        w->running = true;
    }
    return 0;
}

void crew_wake(struct worker *w)
{
    uint64_t one = 1;

    pthread_cond_signal(&w->cond);
    if (w->wake >= 0)
        (void)!write(w->wake, &one, sizeof(one));
}

static void stop_workers(struct crew *c)
{
    pthread_mutex_lock(&c->workers.lock);
    for (unsigned i = 0; i < c->workers.n; i++) {
        c->workers.all[i].quit = true;
        crew_wake(&c->workers.all[i]);
    }
    pthread_mutex_unlock(&c->workers.lock);
    for (unsigned i = 0; i < c->workers.n; i++)
        if (c->workers.all[i].running)
            pthread_join(c->workers.all[i].thread, NULL);
}

void crew_free(struct crew *c)
{
    if (!c)
        return;
    stop_workers(c);
    for (unsigned i = 0; i < c->workers.n; i++)
        worker_done(&c->workers.all[i]);
    free(c->workers.all);
    if (c->workers.wake_main >= 0)
        close(c->workers.wake_main);
    pthread_cond_destroy(&c->workers.main);
    pthread_mutex_destroy(&c->workers.lock);
    host_free(c->host);
    front_free(c->front);
    pins_free(c->pins);
    outlet_done(&c->outlet);
    lists_unref(c->lists);
    free(c);
}

static void finish_live(void *arg, struct worker *w)
{
    front_finish(w->front);
    host_flush(w->host);
    w->over = true;
}

void crew_finish(struct crew *c)
{
    if (c->front)
        front_finish(c->front);
    else
        crew_call(c, finish_live, NULL);
    if (c->workers.n && !c->live) {
        c->through = UINT64_MAX;
        crew_catch_up(c);
    }
    crew_ledger_send(c, true);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/lane.h"
#include "base/clock.h"
#include "base/envelope.h"
#include "firmware/link/carrier.h"
#include "firmware/link/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_MS 50
#define WARM_MS                                                                                              \
    25000 /* while there is a backlog connections are kept open: making one costs a thin line seconds */
#define FAILED_MS 3000 /* after a failure: the first connection is the one that tries again and again */
#define ANSWER_MAX 65536
#define ALERTS 16 /* batches looked at in one go */

/* A batch with alerts that is being brought. */
struct alert {
    uint64_t number, begun_ms;
    unsigned carried, copies; /* by so many strands at the moment; how often it went again since it began */
    bool done;
};
struct strand {
    struct lane *lane;
    struct carrier *carrier;
    struct writer batch, sealed, answer;
    uint64_t warm_at_ms, not_before_ms;
    pthread_t thread;
    bool runs;
};
struct lane {
    struct link_console console;
    struct lane_traffic *traffic;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t news;
    struct queue *queue;
    struct alert alert[ALERTS];
    size_t alerts;
    uint64_t from; /* batches up to this one were looked at */
    uint64_t looked_at_ms;
    unsigned warming;            /* strands that are just kept open */
    bool backlog, unknown, stop; /* unknown: this console has never heard of it */
    struct strand strand[LANE_STRANDS];
};

/* Finds in the journal what would wait, each batch once; what was brought, or the console has in its turn,
 * makes room. With the lock. */
static void look(struct lane *l, uint64_t now)
{
    uint64_t first, last, receipt;
    size_t n = 0;

    l->looked_at_ms = now;
    if (queue_bounds(l->queue, &first, &last, &receipt) != 0)
        return;
    l->backlog = last > receipt + 2;
    for (size_t i = 0; i < l->alerts; i++)
        if (l->alert[i].carried || (!l->alert[i].done && l->alert[i].number > receipt))
            l->alert[n++] = l->alert[i];
    l->alerts = n;
    if (l->from < receipt)
        l->from = receipt;
    while (l->alerts < ALERTS && queue_alert(l->queue, l->from, &l->from) == 0)
        if (l->from != atomic_load(&l->traffic->under_way))
            l->alert[l->alerts++] = (struct alert){.number = l->from};
}

/* What this strand is to bring: what nobody does, or the copy of what is not answered. NULL: nothing; then
 * *ret_ms is when to ask again. With the lock. */
static struct alert *choose(struct lane *l, uint64_t now, uint64_t *ret_ms)
{
    struct alert *copy = NULL;

    *ret_ms = LOOK_MS;
    for (size_t i = 0; i < l->alerts; i++) {
        struct alert *a = &l->alert[i];
        uint64_t due = a->begun_ms + LANE_COPY_MS * ((2ull << a->copies) - 1);
        if (a->done)
            continue;
        if (!a->carried)
            return a;
        if (a->copies >= LANE_COPIES)
            continue;
        if (now >= due && !copy)
            copy = a;
        else if (due > now && due - now < *ret_ms)
            *ret_ms = due - now;
    }
    return copy;
}

/* Posts the batch in s->batch, without the lock. 0 with the status. */
static int post(struct strand *s, long *ret_status)
{
    struct letter letter = {.path = "/api/v1/intake/ahead", .type = LINK_ENVELOPE};
    int rc;

    writer_clear(&s->sealed);
    rc = envelope_seal(writer_span(&s->batch), &s->lane->console.key, &s->sealed);
    letter.body = writer_span(&s->sealed);
    carrier_rate(s->carrier, atomic_load(&s->lane->traffic->rate));
    return rc ? rc : carrier_post(s->carrier, &letter, ret_status, &s->answer);
}

static struct alert *find(struct lane *l, uint64_t number)
{
    size_t i = 0;

    while (i < l->alerts && l->alert[i].number != number)
        i++;
    gh_check(i < l->alerts); /* one that is carried stays */
    return &l->alert[i];
}

/* With the lock, which it leaves while it waits for the console. */
static void bring(struct strand *s, struct alert *a)
{
    struct lane *l = s->lane;
    uint64_t number = a->number;
    long status = 0;
    int rc;

    if (a->carried++) {
        a->copies++;
    } else {
        a->copies = 0;
        a->begun_ms = clock_mono_ms();
    }
    writer_clear(&s->batch);
    rc = queue_read(l->queue, number, &s->batch);
    if (!rc) {
        pthread_mutex_unlock(&l->lock);
        rc = post(s, &status);
        pthread_mutex_lock(&l->lock);
    }
    a = find(l, number);
    a->carried--;
    s->warm_at_ms = clock_mono_ms() + WARM_MS;
    if (rc == ST_NOT_FOUND) { /* trimmed this moment */
        a->done = true;
        return;
    }
    if (rc || status >= 500) {
        s->not_before_ms = clock_mono_ms() + FAILED_MS;
        return;
    }
    if ((status == 200 || status == 202) && !a->done)
        atomic_fetch_add(&l->traffic->sent_ahead, 1);
    l->unknown |= status == 404 || status == 405;
    a->done = true; /* what else the console says is understood in its turn */
}

/* There is a backlog: an alert may come any moment. Opened all at once, kept one after the other, so that the
 * others are free. */
static bool keep_warm(struct strand *s, uint64_t now)
{
    struct lane *l = s->lane;
    int rc;

    if (!l->backlog || now < s->warm_at_ms || (s->warm_at_ms && l->warming))
        return false;
    l->warming++;
    pthread_mutex_unlock(&l->lock);
    rc = carrier_warm(s->carrier);
    pthread_mutex_lock(&l->lock);
    l->warming--;
    s->warm_at_ms = clock_mono_ms() + (rc == 0 ? WARM_MS : FAILED_MS);
    return true;
}

static void wait_for(struct lane *l, uint64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += (time_t)(ms / 1000) + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&l->news, &l->lock, &t);
}

static void *run(void *arg)
{
    struct strand *s = arg;
    struct lane *l = s->lane;

    pthread_mutex_lock(&l->lock);
    while (!l->stop && !l->unknown) {
        uint64_t now = clock_mono_ms(), ms = FAILED_MS;
        struct alert *a = NULL;
        if (atomic_load(&l->traffic->busy) && now >= s->not_before_ms) {
            if (now >= l->looked_at_ms + LOOK_MS)
                look(l, now);
            a = choose(l, now, &ms);
        } else {
            ms = LOOK_MS;
        }
        if (a)
            bring(s, a);
        else if (now < s->not_before_ms || !keep_warm(s, now))
            wait_for(l, ms);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static bool strand_start(struct lane *l, struct strand *s, const char *proxy, uint64_t timeout_ms)
{
    s->lane = l;
    s->carrier = carrier_new(&l->console, timeout_ms);
    writer_init(&s->batch, ENVELOPE_PLAIN_MAX);
    writer_init(&s->sealed, ENVELOPE_PLAIN_MAX + 4096);
    writer_init(&s->answer, ANSWER_MAX);
    if (!s->carrier)
        return false;
    carrier_proxy(s->carrier, proxy);
    carrier_thin(s->carrier);
    s->runs = pthread_create(&s->thread, NULL, run, s) == 0;
    return s->runs;
}

static void strand_done(struct strand *s)
{
    if (s->runs)
        pthread_join(s->thread, NULL);
    writer_done(&s->batch);
    writer_done(&s->sealed);
    writer_done(&s->answer);
    carrier_free(s->carrier);
}

struct lane *lane_start(const char *state_dir, const struct link_console *console, const char *proxy,
                        uint64_t timeout_ms, struct lane_traffic *traffic)
{
    struct lane *l = calloc(1, sizeof(*l));
    pthread_condattr_t clock;
    bool good;

    if (!l)
        return NULL;
    l->console = *console;
    l->traffic = traffic;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->news, &clock);
    pthread_condattr_destroy(&clock);
    l->queue = queue_new(state_dir);
    good = l->queue != NULL;
    for (size_t i = 0; i < LANE_STRANDS && good; i++)
        good = strand_start(l, &l->strand[i], proxy, timeout_ms);
    if (good)
        return l;
    lane_stop(l);
    return NULL;
}

void lane_wake(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    l->looked_at_ms = 0;
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->lock);
}

void lane_stop(struct lane *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < LANE_STRANDS; i++)
        strand_done(&l->strand[i]);
    queue_free(l->queue);
    pthread_cond_destroy(&l->news);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

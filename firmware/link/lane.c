/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/lane.h"
#include "base/clock.h"
#include "base/envelope.h"
#include "firmware/link/carrier.h"
#include "firmware/link/queue.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS 50
#define WARM_MS                                                                                              \
    25000 /* while there is a backlog the connection is kept open: making one costs a thin line seconds */
#define FAILED_MS 3000     /* after a failure: the first connection is the one that tries again and again */
#define UNKNOWN_MS 3600000 /* this console does not know of it */
#define ANSWER_MAX 65536

struct lane {
    struct link_console console;
    struct lane_traffic *traffic;
    struct carrier *carrier;
    struct queue *queue;
    struct writer batch, sealed, answer;
    uint64_t ahead; /* alerts up to this batch went */
    uint64_t warm_at_ms;
    pthread_t thread;
    int wake;
};

/* There is a backlog: an alert may come any moment. */
static void keep_warm(struct lane *l)
{
    uint64_t now = clock_mono_ms();

    if (now < l->warm_at_ms)
        return;
    l->warm_at_ms = now + (carrier_warm(l->carrier) == 0 ? WARM_MS : FAILED_MS);
}

/* An alert that nobody is bringing, and that would wait. */
static bool waiting(struct lane *l, uint64_t *ret)
{
    uint64_t first, last, receipt, from;

    if (!atomic_load(&l->traffic->busy) || queue_bounds(l->queue, &first, &last, &receipt) != 0)
        return false;
    if (last > receipt + 2)
        keep_warm(l);
    from = l->ahead > receipt ? l->ahead : receipt;
    return queue_alert(l->queue, from, ret) == 0 && *ret != atomic_load(&l->traffic->under_way);
}

/* Milliseconds until it looks again. */
static int bring(struct lane *l, uint64_t number)
{
    struct letter letter = {"/api/v1/intake/ahead", LINK_ENVELOPE, {NULL, 0}, 0};
    long status = 0;

    writer_clear(&l->batch);
    writer_clear(&l->sealed);
    if (queue_read(l->queue, number, &l->batch) != 0 ||
        envelope_seal(writer_span(&l->batch), &l->console.key, &l->sealed) != 0)
        return LOOK_MS;
    letter.body = writer_span(&l->sealed);
    carrier_rate(l->carrier, atomic_load(&l->traffic->rate));
    if (carrier_post(l->carrier, &letter, &status, &l->answer) != 0 || status >= 500)
        return FAILED_MS;
    if (status == 404 || status == 405)
        return UNKNOWN_MS;
    l->ahead = number;
    l->warm_at_ms = clock_mono_ms() + WARM_MS;
    if (status == 200 || status == 202)
        atomic_fetch_add(&l->traffic->sent_ahead, 1);
    return 0;
}

static void *run(void *arg)
{
    struct lane *l = arg;
    struct pollfd p = {.fd = l->wake, .events = POLLIN};
    int ms = 0;

    while (!atomic_load(&l->traffic->stop)) {
        uint64_t number, count;
        if (ms < UNKNOWN_MS && waiting(l, &number))
            ms = bring(l, number);
        else
            ms = ms < UNKNOWN_MS ? LOOK_MS : ms;
        if (ms && poll(&p, 1, ms < FAILED_MS ? ms : FAILED_MS) > 0)
            (void)!read(l->wake, &count, sizeof(count));
    }
    return NULL;
}

static void lane_free(struct lane *l)
{
    writer_done(&l->batch);
    writer_done(&l->sealed);
    writer_done(&l->answer);
    carrier_free(l->carrier);
    queue_free(l->queue);
    if (l->wake >= 0)
        close(l->wake);
    free(l);
}

struct lane *lane_start(const char *state_dir, const struct link_console *console, const char *proxy,
                        uint64_t timeout_ms, struct lane_traffic *traffic)
{
    struct lane *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->console = *console;
    l->traffic = traffic;
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->carrier = carrier_new(console, timeout_ms);
    l->queue = queue_new(state_dir);
    writer_init(&l->batch, ENVELOPE_PLAIN_MAX);
    writer_init(&l->sealed, ENVELOPE_PLAIN_MAX + 4096);
    writer_init(&l->answer, ANSWER_MAX);
    if (l->wake < 0 || !l->carrier || !l->queue) {
        lane_free(l);
        return NULL;
    }
    carrier_proxy(l->carrier, proxy);
    if (pthread_create(&l->thread, NULL, run, l) != 0) {
        lane_free(l);
        return NULL;
    }
    return l;
}

void lane_wake(struct lane *l)
{
    const uint64_t one = 1;

    (void)!write(l->wake, &one, sizeof(one));
}

void lane_stop(struct lane *l)
{
    if (!l)
        return;
    atomic_store(&l->traffic->stop, true);
    lane_wake(l);
    pthread_join(l->thread, NULL);
    lane_free(l);
}

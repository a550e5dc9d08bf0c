/* SPDX-License-Identifier: GPL-3.0-or-later
 * The thread that ships. */
#include "console/events/ship.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define IDLE_MS 300
#define BACK_OFF_MS 5000
#define RETAIN_MS 10000

struct keeping {
    struct store *store;
    struct db *db;
    struct ship *ship;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started, stop;
    int64_t away_us;
    uint64_t retained_ms;
};

static bool rest(struct keeping *k, uint64_t ms)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&k->lock);
    if (ms && !k->stop)
        pthread_cond_timedwait(&k->changed, &k->lock, &until);
    stop = k->stop;
    pthread_mutex_unlock(&k->lock);
    return !stop;
}

/* Said once when it begins and once when it is over. */
static void note(struct keeping *k, int rc)
{
    bool away = rc && rc != ST_AGAIN;

    if (away && !k->away_us) {
        k->away_us = (int64_t)clock_wall_us();
        log_error("ClickHouse does not take events: %s. They wait in the database; when too many do, "
                  "appliances keep theirs",
                  ship_why(k->ship));
    } else if (!away && !rc && k->away_us) {
        k->away_us = 0;
        log_info("ClickHouse takes events again");
    }
    ship_note_away(k->ship, k->away_us);
}

static void *keep(void *arg)
{
    struct keeping *k = arg;
    uint64_t pause = 0;

    while (rest(k, pause)) {
        size_t moved = 0;
        int rc = ship_step(k->ship, &moved);
        bool more = moved > 0;
        note(k, rc);
        while (ship_clean(k->ship, false) && rest(k, 0))
            continue;
        if (!rc && clock_mono_ms() - k->retained_ms >= RETAIN_MS && !ship_retain(k->ship))
            k->retained_ms = clock_mono_ms();
        pause = !rc ? (more ? 0 : IDLE_MS) : rc == ST_AGAIN ? IDLE_MS : BACK_OFF_MS;
        if (rc && pause == BACK_OFF_MS && clock_wall_us() - (uint64_t)k->away_us < 20000000)
            pause = 1000; /* a server that was started anew is found soon */
    }
    return NULL;
}

struct keeping *keeping_start(struct store *s)
{
    struct keeping *k = calloc(1, sizeof(*k));
    pthread_condattr_t attr;

    if (!k)
        return NULL;
    k->store = s;
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (store_reader(s, &k->db) == 0 && far_of(k->db) && (k->ship = ship_new(s, k->db)) != NULL)
        k->started = pthread_create(&k->thread, NULL, keep, k) == 0;
    if (k->started)
        return k;
    keeping_stop(k);
    return NULL;
}

void keeping_stop(struct keeping *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
    if (k->started)
        pthread_join(k->thread, NULL);
    ship_free(k->ship);
    db_close(k->db);
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pool_fn *fn;
    void **ring;
    size_t cap, first, waiting;
    bool stopping;
    size_t n;
    struct member {
        struct pool *pool;
        void *worker;
        pthread_t thread;
    } member[];
};

static void *run(void *arg)
{
    struct member *m = arg;
    struct pool *p = m->pool;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        void *job;
        while (!p->waiting && !p->stopping)
            pthread_cond_wait(&p->wake, &p->lock);
        if (!p->waiting)
            break;
        job = p->ring[p->first];
        p->first = (p->first + 1) % p->cap;
        p->waiting--;
        pthread_mutex_unlock(&p->lock);
        p->fn(m->worker, job);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *pool_new(size_t n, void *const *workers, size_t queue, pool_fn *fn)
{
    struct pool *p = calloc(1, sizeof(*p) + n * sizeof(p->member[0]));

    if (!p)
        return NULL;
    p->ring = calloc(queue, sizeof(*p->ring));
    p->cap = queue;
    p->fn = fn;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    for (size_t i = 0; p->ring && i < n; i++) {
        p->member[i] = (struct member){.pool = p, .worker = workers[i]};
        if (pthread_create(&p->member[i].thread, NULL, run, &p->member[i]) != 0)
            break;
        p->n++;
    }
    if (p->n == n)
        return p;
    pool_stop(p);
    pool_free(p);
    return NULL;
}

bool pool_push(struct pool *p, void *job)
{
    bool fits;

    pthread_mutex_lock(&p->lock);
    fits = p->waiting < p->cap && !p->stopping;
    if (fits) {
        p->ring[(p->first + p->waiting) % p->cap] = job;
        p->waiting++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return fits;
}

size_t pool_waiting(struct pool *p)
{
    size_t n;

    pthread_mutex_lock(&p->lock);
    n = p->waiting;
    pthread_mutex_unlock(&p->lock);
    return n;
}

void pool_stop(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n; i++)
        pthread_join(p->member[i].thread, NULL);
    p->n = 0;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->ring);
    free(p);
}

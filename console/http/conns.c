/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/conns.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct conn {
    struct conn *next, **at;
    int fd;
    uint64_t deadline_ms; /* 0: none */
};
struct conns {
    pthread_mutex_t lock;
    struct conn *first;
    unsigned count;
};

struct conns *conns_new(void)
{
    struct conns *c = calloc(1, sizeof(*c));

    if (c)
        pthread_mutex_init(&c->lock, NULL);
    return c;
}

void conns_free(struct conns *c)
{
    if (!c)
        return;
    gh_check(!c->first);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct conn *conn_add(struct conns *c, int fd, uint64_t ms)
{
    struct conn *one = calloc(1, sizeof(*one));

    if (!one)
        return NULL;
    one->fd = fd;
    one->deadline_ms = clock_mono_ms() + ms;
    pthread_mutex_lock(&c->lock);
    one->next = c->first;
    one->at = &c->first;
    if (c->first)
        c->first->at = &one->next;
    c->first = one;
    c->count++;
    pthread_mutex_unlock(&c->lock);
    return one;
}

void conn_remove(struct conns *c, struct conn *one)
{
    if (!one)
        return;
    pthread_mutex_lock(&c->lock);
    *one->at = one->next;
    if (one->next)
        one->next->at = one->at;
    c->count--;
    pthread_mutex_unlock(&c->lock);
    free(one);
}

void conn_deadline(struct conns *c, struct conn *one, uint64_t ms)
{
    if (!one)
        return;
    pthread_mutex_lock(&c->lock);
    one->deadline_ms = ms ? clock_mono_ms() + ms : 0;
    pthread_mutex_unlock(&c->lock);
}

unsigned conns_sweep(struct conns *c)
{
    uint64_t now = clock_mono_ms();
    unsigned n = 0;

    pthread_mutex_lock(&c->lock);
    for (struct conn *one = c->first; one; one = one->next) {
        if (!one->deadline_ms || one->deadline_ms > now)
            continue;
        shutdown(one->fd, SHUT_RDWR); /* the number stays its own until conn_remove */
        one->deadline_ms = 0;
        n++;
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}

unsigned conns_count(struct conns *c)
{
    unsigned n;

    pthread_mutex_lock(&c->lock);
    n = c->count;
    pthread_mutex_unlock(&c->lock);
    return n;
}

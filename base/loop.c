/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/loop.h"
#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOP_EVENTS 64

struct loop_io {
    struct loop *loop;
    struct loop_io *next_dead;
    int fd;
    uint32_t events;
    bool dead;
    loop_io_fn *fn;
    void *arg;
};
struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    uint64_t due_ms, every_ms;
    bool repeat, dead;
    loop_fn *fn;
    void *arg;
};
struct signal_row {
    loop_fn *fn;
    void *arg;
};
struct loop {
    int epoll, signals;
    bool stop;
    struct loop_timer *timers;
    struct loop_io *dead; /* freed after the round, so that a callback may remove others */
    struct loop_io *signal_io;
    sigset_t mask;
    struct signal_row rows[32];
    loop_fn *idle;
    void *idle_arg;
};

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->signals = -1;
    sigemptyset(&l->mask);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        free(l);
        return NULL;
    }
    return l;
}

static void bury(struct loop *l)
{
    while (l->dead) {
        struct loop_io *io = l->dead;
        l->dead = io->next_dead;
        free(io);
    }
    for (struct loop_timer **link = &l->timers; *link;) {
        struct loop_timer *t = *link;
        if (t->dead) {
            *link = t->next;
            free(t);
        } else {
            link = &t->next;
        }
    }
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    if (l->signal_io)
        loop_io_remove(l->signal_io);
    for (struct loop_timer *t = l->timers; t; t = t->next)
        t->dead = true;
    bury(l);
    if (l->signals >= 0)
        close(l->signals);
    close(l->epoll);
    free(l);
}

struct loop_io *loop_io_add(struct loop *l, int fd, uint32_t events, loop_io_fn *fn, void *arg)
{
    struct loop_io *io = calloc(1, sizeof(*io));
    struct epoll_event e = {.events = events, .data.ptr = io};

    if (!io)
        return NULL;
    *io = (struct loop_io){.loop = l, .fd = fd, .events = events, .fn = fn, .arg = arg};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
        free(io);
        return NULL;
    }
    return io;
}

void loop_io_set(struct loop_io *io, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = io};

    if (io->events == events)
        return;
    io->events = events;
    (void)epoll_ctl(io->loop->epoll, EPOLL_CTL_MOD, io->fd, &e);
}

void loop_io_remove(struct loop_io *io)
{
    if (!io || io->dead)
        return;
    (void)epoll_ctl(io->loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
    io->dead = true;
    io->next_dead = io->loop->dead;
    io->loop->dead = io;
}

struct loop_timer *loop_timer_add(struct loop *l, uint64_t ms, bool repeat, loop_fn *fn, void *arg)
{
    struct loop_timer *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    *t = (struct loop_timer){.loop = l, .due_ms = clock_mono_ms() + ms, .every_ms = ms, .repeat = repeat, .fn = fn, .arg = arg};
    t->next = l->timers;
    l->timers = t;
    return t;
}

void loop_timer_remove(struct loop_timer *t)
{
    if (t)
        t->dead = true;
}

static void on_signals(void *arg, uint32_t events)
{
    struct loop *l = arg;
    struct signalfd_siginfo info;

    (void)events;
    while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        struct signal_row *r = info.ssi_signo < GH_COUNT(l->rows) ? &l->rows[info.ssi_signo] : NULL;
        if (r && r->fn)
            r->fn(r->arg);
    }
}

int loop_signal(struct loop *l, int signo, loop_fn *fn, void *arg)
{
    int fd;

    if (signo <= 0 || (size_t)signo >= GH_COUNT(l->rows))
        return ST_USAGE;
    l->rows[signo] = (struct signal_row){fn, arg};
    sigaddset(&l->mask, signo);
    if (sigprocmask(SIG_BLOCK, &l->mask, NULL) != 0)
        return status_from_errno(errno);
    fd = signalfd(l->signals, &l->mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return status_from_errno(errno);
    if (l->signals < 0) {
        l->signals = fd;
        l->signal_io = loop_io_add(l, fd, EPOLLIN, on_signals, l);
        if (!l->signal_io)
            return ST_NOMEM;
    }
    return 0;
}

void loop_idle(struct loop *l, loop_fn *fn, void *arg)
{
    l->idle = fn;
    l->idle_arg = arg;
}

/* Milliseconds to the next timer, at most ms (-1: no bound). */
static int wait_for(struct loop *l, int ms)
{
    uint64_t now = clock_mono_ms();

    for (struct loop_timer *t = l->timers; t; t = t->next) {
        uint64_t left = t->due_ms > now ? t->due_ms - now : 0;
        if (!t->dead && (ms < 0 || left < (uint64_t)ms))
            ms = left > INT32_MAX ? INT32_MAX : (int)left;
    }
    return ms;
}

static void fire_timers(struct loop *l)
{
    uint64_t now = clock_mono_ms();

    for (struct loop_timer *t = l->timers; t; t = t->next) {
        if (t->dead || t->due_ms > now)
            continue;
        if (t->repeat)
            t->due_ms = now + t->every_ms;
        else
            t->dead = true;
        t->fn(t->arg);
    }
}

int loop_once(struct loop *l, int ms)
{
    struct epoll_event events[LOOP_EVENTS];
    int n = epoll_wait(l->epoll, events, LOOP_EVENTS, wait_for(l, ms));

    if (n < 0 && errno != EINTR)
        return status_from_errno(errno);
    for (int i = 0; i < n; i++) {
        struct loop_io *io = events[i].data.ptr;
        if (!io->dead)
            io->fn(io->arg, events[i].events);
    }
    fire_timers(l);
    if (l->idle)
        l->idle(l->idle_arg);
    bury(l);
    return 0;
}

void loop_run(struct loop *l)
{
    while (!l->stop)
        if (loop_once(l, -1) != 0)
            return;
}

void loop_stop(struct loop *l)
{
    l->stop = true;
}

bool loop_stopped(const struct loop *l)
{
    return l->stop;
}

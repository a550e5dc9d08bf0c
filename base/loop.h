/* SPDX-License-Identifier: GPL-3.0-or-later
 * loop: epoll, timers and signals for one single-threaded process. Callbacks run on the thread in loop_run. */
#ifndef GH_BASE_LOOP_H
#define GH_BASE_LOOP_H

#include "base/status.h"

struct loop;
struct loop_io;
struct loop_timer;
typedef void loop_io_fn(void *arg, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
typedef void loop_fn(void *arg);

struct loop *loop_new(void);
void loop_free(struct loop *l);
/* Watches fd (not owned) for events. NULL when memory or descriptors are short. */
struct loop_io *loop_io_add(struct loop *l, int fd, uint32_t events, loop_io_fn *fn, void *arg);
void loop_io_set(struct loop_io *io, uint32_t events);
void loop_io_remove(struct loop_io *io); /* before closing the fd; fine inside its own callback; NULL is fine */
/* Calls fn after ms, again every ms when repeat. */
struct loop_timer *loop_timer_add(struct loop *l, uint64_t ms, bool repeat, loop_fn *fn, void *arg);
void loop_timer_remove(struct loop_timer *t); /* NULL is fine */
/* Blocks the signal for the process and calls fn from the loop. */
int loop_signal(struct loop *l, int signo, loop_fn *fn, void *arg);
/* fn runs once after each round of callbacks (to flush batches). */
void loop_idle(struct loop *l, loop_fn *fn, void *arg);
/* Runs until loop_stop; loop_once waits at most ms (-1 for ever) for one round. */
void loop_run(struct loop *l);
int loop_once(struct loop *l, int ms);
void loop_stop(struct loop *l);
bool loop_stopped(const struct loop *l);

#endif

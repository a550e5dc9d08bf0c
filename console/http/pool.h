/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool: a few threads and a bounded queue. Work that is slow (password hashes, batches, queries) waits here
 * and not in the threads that serve connections; what does not fit is refused at once. */
#ifndef GH_CONSOLE_POOL_H
#define GH_CONSOLE_POOL_H

#include "base/status.h"

struct pool;
/* Runs on a pool thread; worker is that thread's own state. */
typedef void pool_fn(void *worker, void *job);

/* n threads, each with workers[i] (borrowed), and room for queue jobs that wait. NULL when the machine
 * refuses. */
struct pool *pool_new(size_t n, void *const *workers, size_t queue, pool_fn *fn);
/* False when the queue is full. Any thread. */
bool pool_push(struct pool *p, void *job);
size_t pool_waiting(struct pool *p);
/* Finishes what waits and ends the threads; from then on pool_push refuses. Then pool_free, when nobody
 * pushes any more. NULL is fine for both. */
void pool_stop(struct pool *p);
void pool_free(struct pool *p);

#endif

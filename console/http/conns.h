/* SPDX-License-Identifier: GPL-3.0-or-later
 * conns: the open connections and until when each may take for its next move. Dawdling is ended from outside:
 * the descriptor is shut down, and whoever serves it finds its end. Thread-safe. */
#ifndef GH_CONSOLE_CONNS_H
#define GH_CONSOLE_CONNS_H

#include "base/status.h"

struct conns;
struct conn;

struct conns *conns_new(void);
void conns_free(struct conns *c); /* NULL is fine; no connection may be left */
/* A new connection with ms to its first move; NULL when memory is short. fd stays the caller's and must be
 * open until conn_remove. */
struct conn *conn_add(struct conns *c, int fd, uint64_t ms);
void conn_remove(struct conns *c, struct conn *one); /* NULL is fine */
/* From now on it has ms; 0: as long as it likes, the next move is ours. NULL is fine. */
void conn_deadline(struct conns *c, struct conn *one, uint64_t ms);
/* Shuts down what is late. Returns how many. */
unsigned conns_sweep(struct conns *c);
unsigned conns_count(struct conns *c);

#endif

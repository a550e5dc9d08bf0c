/* SPDX-License-Identifier: GPL-3.0-or-later
 * queue: the batches that the console does not have yet, read from the journal's database. Reads only: the
 * journal belongs to gh-core. One thread. */
#ifndef GH_LINK_QUEUE_H
#define GH_LINK_QUEUE_H

#include "base/fetch.h"

struct queue;
/* For the journal in state_dir; opens it at first use, as it may not be there yet. NULL when memory is short.
 */
struct queue *queue_new(const char *state_dir);
void queue_free(struct queue *q);
/* The batch of that number, appended to out. 0; ST_NOT_FOUND; another code when the database cannot be read
 * now (it is opened anew next time). */
int queue_read(struct queue *q, uint64_t number, struct writer *out);
/* Oldest and newest batch kept (0, 0 when there is none), and what the console has according to the last
 * receipt. */
int queue_bounds(struct queue *q, uint64_t *ret_first, uint64_t *ret_last, uint64_t *ret_receipt);
/* The next batch behind number that holds an alert: 0, or ST_NOT_FOUND. */
int queue_alert(struct queue *q, uint64_t number, uint64_t *ret);
/* The journal's signed head as a hello, without whose it is. 0; ST_NOT_FOUND when nothing was recorded yet.
 */
int queue_head(struct queue *q, struct fetch_hello *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * batch: the next events for an output, formatted, and the question to gh-outlet that sends them. One thread,
 * with a database reader of its own. */
#ifndef GH_CONSOLE_BATCH_H
#define GH_CONSOLE_BATCH_H

#include "console/store/outputs.h"

#define BATCH_EVENTS 200
#define BATCH_BYTES (4u << 20)

struct out_batch {
    struct writer body;
    int64_t upto; /* everything up to here was looked at */
    int64_t first, last;
    size_t n;                      /* events in it */
    int64_t forgotten, unreadable; /* events that matched and are not in it, and why */
};
void out_batch_init(struct out_batch *b);
void out_batch_done(struct out_batch *b);
/* At most limit events behind the output's cursor. *ret_more: there may be more right behind. Text of a
 * faulty filter: reason (cap). */
int out_batch_fill(struct db *d, const struct output *o, size_t limit, struct out_batch *b, char *reason,
                   size_t cap);
/* An event of no importance, for the trial. */
int out_batch_trial(const struct output *o, struct out_batch *b);
/* The question (outlet/main.c) for it; secret empty when the output has none. timeout_ms: for the whole
 * exchange. */
int out_batch_question(const struct output *o, const struct out_batch *b, struct span secret, uint64_t now_us,
                       uint64_t timeout_ms, bool trial, struct jw *j);
/* Rows up to upto that match: how many would be skipped. */
int out_batch_count(struct db *d, const struct output *o, int64_t *after, int64_t upto, int64_t *ret_n,
                    char *reason, size_t cap);

#endif

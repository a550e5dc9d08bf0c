/* SPDX-License-Identifier: GPL-3.0-or-later
 * window: what lies at the broker. Batches are stored there one after the other without waiting for the console, so
 * many at a time; only the console's receipts say that they have arrived. A receipt that does not come is asked for,
 * and when the console answers, but does not get ahead, what was stored is taken for lost and stored anew, under
 * another id so that the broker does not take it for the same. No input, no clock of its own. */
#ifndef GH_LINK_WINDOW_H
#define GH_LINK_WINDOW_H

#include "base/status.h"

#define WINDOW_ASK_MS 10000        /* without a receipt for so long: the console is asked */
#define WINDOW_ASK_SOON_MS 1000    /* the broker had it already: perhaps the receipt came while nobody listened */
#define WINDOW_ASK_LAST_MS 300000  /* longest between two such questions */
#define WINDOW_STALE 3             /* answers without a newer receipt until what was stored is taken for lost */

struct window {
    uint64_t most;     /* batches at the broker at a time */
    uint64_t receipt;  /* the console has everything up to here */
    uint64_t stored;   /* the broker was given everything up to here */
    uint64_t ask_ms, ask_at_ms;
    unsigned stale;
    unsigned again; /* how often something was stored anew: part of the id */
};
/* Where the journal's receipt stands; what was stored before is not known any more. */
void window_init(struct window *w, uint64_t most, uint64_t receipt);
bool window_full(const struct window *w);
/* Batch number was stored; known: the broker had it already. */
void window_stored(struct window *w, uint64_t number, bool known, uint64_t now_ms);
/* The console has everything up to number. True when that is news. */
bool window_receipt(struct window *w, uint64_t number, uint64_t now_ms);
/* Milliseconds until the console is to be asked: 0 now, UINT64_MAX when nothing lies at the broker. */
uint64_t window_ask_in(const struct window *w, uint64_t now_ms);
/* It was asked; answered: it has everything up to receipt. Returns the next batch to store when some are to be stored
 * anew, 0 when not. */
uint64_t window_asked(struct window *w, bool answered, uint64_t receipt, uint64_t now_ms);
/* Batch number was refused, or is wanted once more: store it, and those behind it, anew. */
void window_back(struct window *w, uint64_t number);

#endif

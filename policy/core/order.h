/* SPDX-License-Identifier: GPL-3.0-or-later
 * order: finished lines leave in the order in which their events came, also when some must wait for a
 * verdict.
 *
 * While nothing waits, a line costs nothing here. The owner watches order_bytes and stops taking in when it
 * is too much. */
#ifndef GH_CORE_ORDER_H
#define GH_CORE_ORDER_H

#include "base/event.h"

struct order;
struct order_place; /* a gap in the row, owned by the order */
typedef void order_line_fn(void *arg, enum event_type type, struct span json);

struct order *order_new(order_line_fn *fn, void *arg);
void order_free(struct order *o);
/* The next line. 0 or ST_NOMEM. */
int order_line(struct order *o, enum event_type type, struct span json);
/* A place for lines that come later; NULL when memory is short. */
struct order_place *order_hold(struct order *o);
/* Adds a line to a held place; order_release closes it and lets out what can go. */
int order_fill(struct order_place *p, enum event_type type, struct span json);
void order_release(struct order *o, struct order_place *p);
size_t order_bytes(const struct order *o);

#endif

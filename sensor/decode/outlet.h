/* SPDX-License-Identifier: GPL-3.0-or-later
 * outlet: the one way out to the core: numbers events and documents of all hosts and sends them. Belongs to
 * the main thread. */
#ifndef GH_SENSOR_OUTLET_H
#define GH_SENSOR_OUTLET_H

#include "base/msg.h"
#include "sensor/decode/outbox.h"

/* Where messages go: 0, or a negative code when this one is lost. Takes over fd (closes it, also on failure);
 * -1: none. */
struct host_out {
    int (*send)(void *arg, enum msg_type type, struct span body, int fd);
    void *arg;
};
struct outlet_source { /* the document that a host announced last: its number there, and everywhere */
    uint64_t document, number;
};
struct outlet {
    struct host_out out;
    struct writer batch; /* records that wait */
    uint64_t batch_records;
    uint64_t n, documents; /* last numbers given */
    uint64_t sent, unsent; /* events */
    uint64_t documents_unsent;
    struct outlet_source *sources; /* one for each host */
};
int outlet_init(struct outlet *o, const struct host_out *out, unsigned hosts); /* 0 or ST_NOMEM */
void outlet_done(struct outlet *o);
/* The next entries of a chunk, up to but without the to-th, in their order; they are done then. */
void outlet_take(struct outlet *o, unsigned host, struct chunk *c, size_t to);
/* Sends the events that wait. */
void outlet_flush(struct outlet *o);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * simulate_box: one appliance of a simulated fleet: its directory (appliance.key, request.json, console.json,
 * chain), its keys, and how far its chain is. Opened for each batch and closed again, so that a fleet takes
 * no more memory than those that are at work. Nothing here is worth an fsync: after a power cut a fleet is
 * made anew. A box belongs to one thread. */
#ifndef GH_LINK_SIMULATE_BOX_H
#define GH_LINK_SIMULATE_BOX_H

#include "firmware/link/link.h"
#include "firmware/link/simulate.h"

#define SIM_PATH 512

struct sim_box {
    char dir[SIM_PATH - 64];
    unsigned index;
    struct seal_keys *keys;
    bool enrolled;
    struct link_console console; /* when it is enrolled */
    uint64_t number;             /* last batch made */
    uint8_t hash[SEAL_HASH];
};
/* A batch on its way. */
struct sim_batch {
    struct batch_header head;
    size_t alerts, plain; /* plain: bytes of the batch before it is sealed */
};

/* dir/INDEX with five digits; makes directory, keys and request.json when they are not there. 0 or a code,
 * with the path that it is about in b->dir. */
int sim_box_open(struct sim_box *b, const char *dir, unsigned index);
void sim_box_close(struct sim_box *b);
/* The next batch, sealed for its console, of count records of which the first is from start_us. The box goes
 * on only when it has arrived (sim_box_done). a is used up to its reset. */
int sim_box_make(const struct sim_box *b, const struct sim_mix *m, uint64_t wall_us, struct arena *a,
                 struct sim_batch *ret, struct writer *sealed);
/* It arrived. */
int sim_box_done(struct sim_box *b, const struct sim_batch *batch);
/* A file beside its keys, for 'gatehouse console import'. */
int sim_box_keep(const struct sim_box *b, const struct sim_batch *batch, struct span sealed);

#endif

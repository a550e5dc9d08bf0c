/* SPDX-License-Identifier: GPL-3.0-or-later
 * simulate: appliances that are not there, for tests and benches of consoles: real keys, real batches of
 * records as an appliance makes them, signed, chained and sealed. What they tell is invented, in addresses
 * set aside for documentation. */
#ifndef GH_LINK_SIMULATE_H
#define GH_LINK_SIMULATE_H

#include "base/envelope.h"

#define SIMULATE_APPLIANCES 100000

/* Records of one batch, k-th of the appliance: mostly flows, then names, web and TLS, documents, a few alerts
 * and a ledger now and then. The same seed, appliance and batch give the same records. JSON lives in the
 * arena. */
struct sim_mix {
    uint64_t seed, start_us; /* time of the first record */
    uint64_t span_us;        /* time that one batch covers */
    unsigned appliance;
    size_t records; /* of a batch */
};
int simulate_records(const struct sim_mix *m, uint64_t number, struct arena *a, struct record **ret);

#endif

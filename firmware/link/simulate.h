/* SPDX-License-Identifier: GPL-3.0-or-later
 * simulate: appliances that are not there, for tests and benches of consoles: real keys, real batches of
 * records as an appliance makes them, signed, chained and sealed. What they tell is invented, in addresses
 * set aside for documentation. Pure, any thread. */
#ifndef GH_LINK_SIMULATE_H
#define GH_LINK_SIMULATE_H

#include "base/envelope.h"

#define SIMULATE_APPLIANCES 100000

/* What a fleet is made of: an even one of offices, or 60 posts, 35 offices and 5 ministries of a hundred,
 * which differ in how much they see and of what. */
enum sim_mix_kind { SIM_EVEN, SIM_FLEET };
enum sim_place { SIM_POST, SIM_OFFICE, SIM_MINISTRY, SIM_PLACES };
enum sim_place simulate_place(enum sim_mix_kind kind, unsigned appliance);
/* Records of each of its batches, of which an office has so many: a post a quarter (one at least), a ministry
 * four times. */
size_t simulate_count(enum sim_place place, size_t records);

struct sim_mix {
    uint64_t seed, start_us; /* time of the first record */
    uint64_t span_us;        /* time that one batch covers */
    unsigned appliance;
    enum sim_place place;
    size_t records; /* of a batch */
};
/* Records of one batch, number-th of the appliance: mostly flows, then names, web and TLS, mail, documents, a
 * few alerts, and at the end a ledger of its run. The same seed, appliance and batch give the same records.
 * JSON lives in the arena. *ret_alerts: how many are alerts. */
int simulate_records(const struct sim_mix *m, uint64_t number, struct arena *a, struct record **ret,
                     size_t *ret_alerts);

#endif

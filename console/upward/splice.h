/* SPDX-License-Identifier: GPL-3.0-or-later
 * splice: a recorded event as it goes up: its own bytes, and gatehouse.origin that says whose it is. Pure; any
 * thread. */
#ifndef GH_CONSOLE_SPLICE_H
#define GH_CONSOLE_SPLICE_H

#include "console/store/regions.h"

struct splice_record {
    uint64_t run, n;
    uint32_t k;
    uint8_t type;
    struct span json;
};
/* Appends the event with gatehouse.origin = {"region","appliance","name","batch","batch_hash","record"}: record is the
 * hash of the original (base/envelope.h). What the event says of an origin itself stays inside of it as
 * "origin" when its sender is a region, and goes otherwise. whole false: only that it happened
 * (sight_put_event), not what it was. What is no JSON object becomes a note. ST_NOMEM, ST_LIMIT. */
int splice_event(struct arena *a, const char *region, const struct forward_batch *b, const struct splice_record *r,
                 bool whole, struct writer *out);
/* Appends the account of a batch (event "stats", gatehouse.account). */
int splice_account(const struct forward_batch *b, const struct forward_sums *sums, int64_t now_us,
                   struct writer *out);
/* The run under which records of an appliance's run go up; of its accounts: what "account". The same names
 * always give the same number, so that what is sent twice is one event above. */
uint64_t splice_run(const uint8_t identity[static SEAL_ID], const char *what, uint64_t run);

#endif

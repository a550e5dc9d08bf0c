/* SPDX-License-Identifier: GPL-3.0-or-later
 * regions: consoles above one another (docs/hierarchy.md). Two sides of one account:
 *
 * forward_*, in a region: each batch that was taken waits in a queue until all its events were decided on and
 * what goes up is in the journal of gh-region; then it leaves the queue in the transaction that counts it.
 *
 * origin_*, at the console above: what each appliance behind a region has reported there, by the region's
 * signed accounts: one for each batch, with the batch's number and hash, so that in = forwarded + redacted +
 * filtered (by rule) + lost (by reason), and that no batch is missing can be seen here.
 *
 * Writing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_REGIONS_H
#define GH_CONSOLE_REGIONS_H

#include "base/envelope.h"
#include "console/store/facts.h"
#include "console/store/sight.h"

#define FORWARD_REASON 160 /* bytes of a rule's or reason's name */
#define FORWARD_REASONS 320

/* As stored; append only. */
enum forward_kind { FORWARD_IN, FORWARD_GONE_UP, FORWARD_GONE_UP_REDACTED, FORWARD_FILTERED, FORWARD_LOST, FORWARD_KINDS };
extern const char *const forward_kind_names[FORWARD_KINDS];

struct forward_sum {
    enum forward_kind kind;
    char reason[FORWARD_REASON]; /* of FILTERED the rule, of LOST the reason; "" for the others */
    int64_t n;
};
/* What became of the records of one batch, or of several. */
struct forward_sums {
    struct forward_sum v[FORWARD_REASONS];
    size_t n;
};
/* Beyond the ceiling everything counts as "others". */
void forward_add(struct forward_sums *s, enum forward_kind kind, struct span reason, int64_t n);
int64_t forward_sum(const struct forward_sums *s, enum forward_kind kind);

struct forward_batch {
    int64_t id, appliance, first, last; /* rows of its events; first 0: it brought none that were new */
    uint64_t number;
    uint8_t hash[SEAL_HASH], identity[SEAL_ID];
    char name[128];
    bool region;             /* its sender forwards for others itself */
    int64_t records, stored; /* how many it had, and how many of them were new */
};
/* From now on batches are queued. */
int forward_begin(struct db *d);
/* A batch was recorded. Nothing happens when this console forwards nothing. */
int forward_queue(struct db *d, int64_t appliance, const struct batch_header *h, int64_t first, int64_t last,
                  int64_t stored);
/* The oldest batch behind id. ST_NOT_FOUND. */
int forward_next(struct db *d, int64_t id, struct forward_batch *ret);
/* Batches up to id are done; sums: of all of them. */
int forward_done(struct db *d, int64_t id, const struct forward_sums *sums);
/* How it stands, as far as gh-region says; trouble "" when all is well. */
int forward_told(struct db *d, const char *policy, const char *trouble, int64_t newest, int64_t receipt);
/* Members of an open object: "on", "policy", "trouble", "waiting", "since_batch", "journal", "received",
 * "ledger". */
int forward_put(struct db *d, struct jw *j);
/* {"in":N,"forwarded":N,"redacted":N,"filtered":{rule:N},"lost":{reason:N}} as members of an open object. */
void forward_put_sums(const struct forward_sums *s, struct jw *j);

/* A record of a region: counts it, takes its account or ledger. */
int origin_row(struct db *d, int64_t region, const struct facts *f, int64_t now);
/* "origins" of an open object: the appliances behind a region. */
int origin_put(struct db *d, int64_t region, struct jw *j);
/* The region's row is marked as such; a person approved it. */
int origin_enrol(struct db *d, const struct seal_public *keys);

#endif

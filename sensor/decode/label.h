/* SPDX-License-Identifier: GPL-3.0-or-later
 * label: what protocol a flow speaks, by nDPI 4.2, the only door to that library. First packets go in until
 * nDPI has decided or TCP 32 / other 16 packets were seen; then its 688 bytes per flow are free again. Of a
 * TCP flow that begins with an empty segment only that segment is kept until a second one comes: a flood of
 * SYNs takes 100 bytes each.
 *
 * nDPI's caches across flows are off, so a flow's packets alone make its label, whatever crosses beside it.
 * One struct labels per thread; what nDPI does not let threads do at the same time (making and freeing modules) is done
 * under a lock in here. Host names are the peer's text: write them escaped.
 *
 * The site's own protocols and categories (label_rules.h) may change while flows are undecided: a new module
 * takes the flows that come, the old one keeps those it has begun and is freed when the last of them is
 * decided. At most LABEL_OLDER of them wait so; a module takes 5.4 MiB. */
#ifndef GH_SENSOR_LABEL_H
#define GH_SENSOR_LABEL_H

#include "base/json.h"
#include "sensor/decode/host_budget.h"

/* The result; plain data, the texts are owned and freed by label_done. */
struct label {
    uint64_t risks; /* bit r: nDPI's risk number r */
    char *hostname; /* NULL when none */
    char *own_name; /* of a protocol of the site's own, which a later module may not know; NULL when none */
    uint16_t master, app; /* nDPI's protocol numbers; 0 unknown */
    uint8_t category;
    uint8_t confidence;
    uint8_t packets; /* given to nDPI so far */
    bool decided;    /* no more packets are wanted */
};
struct label_state; /* nDPI's state of one flow */
struct labels;      /* the module */

/* NULL when memory is short or the library is not the one it was built for. budget pays for the states and
 * outlives it. */
struct labels *labels_new(struct budget *budget);
void labels_free(struct labels *l); /* NULL is fine */
#define LABEL_OLDER 2
/* From now on these files' rules hold instead of those of before; both are texts that label_rules_check finds
 * no fault in, or empty. 0; ST_AGAIN when too many older modules are still in use: try later; ST_NOMEM or
 * ST_MALFORMED (nDPI does not take a rule): then all stays as it was. Costs 12 to 76 ms. */
int labels_load(struct labels *l, struct span protocols, struct span categories);

struct label_packet {
    struct span l3; /* from the IP header on, cut to its length */
    uint64_t ts_us;
    bool tcp;   /* the limit of TCP packets applies */
    bool empty; /* no transport payload */
};
/* One packet of a flow, in packet order, until label->decided. *state starts as NULL and is NULL again once
 * decided. When memory is short the flow stays unlabelled (decided, unknown). */
void label_packet(struct labels *l, struct label *label, struct label_state **state,
                  const struct label_packet *p);
/* No more packets will come: decides by what is there (nDPI may guess by port; confidence says so). */
void label_finish(struct labels *l, struct label *label, struct label_state **state);
/* Frees the texts. */
void label_done(struct label *label);
/* The "ndpi" object: {"proto","proto_id","category","confidence","risks","hostname"}. */
void label_write(const struct labels *l, const struct label *label, struct jw *j);
uint64_t labels_refused(const struct labels *l); /* flows left unlabelled because memory was short */

#endif

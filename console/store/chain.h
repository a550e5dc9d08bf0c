/* SPDX-License-Identifier: GPL-3.0-or-later
 * chain: where a batch stands among its appliance's numbered batches, and what moves the end of the chain.
 *
 * Batches up to appliance.batches are there, without a hole but those that a person accepted (table hole).
 * Beyond the end, batches may be kept that came ahead of their turn (table ahead): an alert that overtook a
 * backlog, or a stick that came before another. They are signed, so they are believed; that they belong into
 * the chain is checked when it reaches them. Everything runs in the caller's transaction. */
#ifndef GH_CONSOLE_CHAIN_H
#define GH_CONSOLE_CHAIN_H

#include "base/envelope.h"
#include "console/store/store.h"

#define CHAIN_AHEAD_MAX 65536 /* batches of one appliance that are kept ahead of their turn */
#define CHAIN_AHEAD_HOUR 1000 /* and of those, that came within the last hour by the network: more come in their turn */

struct chain {
    int64_t appliance;       /* row */
    uint64_t newest;         /* end of the chain */
    uint8_t hash[SEAL_HASH]; /* of that batch */
    bool open;               /* an accepted hole ends there: the hash is not known */
};
enum chain_place {
    CHAIN_NEXT,
    CHAIN_KNOWN, /* the very batch is here */
    CHAIN_LATE,  /* belongs into a hole that was accepted */
    CHAIN_AHEAD, /* beyond the next one */
    CHAIN_OTHER, /* another batch is here under its number */
    CHAIN_BROKEN /* it does not fit its neighbours */
};
/* Sets open. 0 or the database's code. */
int chain_load(struct db *d, struct chain *c);
/* The signature was verified. 0 or the database's code. */
int chain_place(struct db *d, const struct chain *c, const struct batch_header *h, enum chain_place *ret);
/* The batch becomes part of what is there: at the end (NEXT), within a hole (LATE), ahead (AHEAD; ST_LIMIT:
 * too many are). The end moves on over what came ahead; *c is the chain as it is now. */
int chain_add(struct db *d, struct chain *c, const struct batch_header *h, enum chain_place place,
              int64_t now);
/* May one more come ahead by the network within this hour? *ret. */
int chain_may_ahead(struct db *d, const struct chain *c, int64_t now, bool *ret);
/* A batch behind the wanted one was offered: the hole ends before it, as far as is known. */
int chain_offered(struct db *d, const struct chain *c, uint64_t number);

/* A person gives up batches first to last of an appliance, by its identity in hex. */
struct chain_hole {
    int64_t appliance; /* row */
    char name[128];
    uint64_t first, last, wanted, offered; /* offered: 0 when nothing behind the hole was offered yet */
    const char *reason, *by;
};
/* Fills appliance, name, wanted and offered. ST_NOT_FOUND. */
int chain_find(struct db *d, struct span identity_hex, struct chain_hole *hole);
/* Does it (wanted and offered were compared by the caller, chain_hole_why), writes the audit entry and an
 * alert that names the hole; the end moves on. */
int chain_accept(struct db *d, const struct chain_hole *hole);
/* Why such a hole cannot be accepted; NULL when it can. */
const char *chain_hole_why(const struct chain_hole *hole);
/* "holes", "wanted" and "offered" of an open object that describes an appliance. */
int chain_describe(struct db *d, int64_t appliance, struct jw *j);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * appliances: who is enrolled, when each was last heard, what it lost. Writing functions run in the caller's
 * transaction. */
#ifndef GH_CONSOLE_APPLIANCES_H
#define GH_CONSOLE_APPLIANCES_H

#include "base/seal.h"
#include "console/store/sight.h"

/* Enrols keys under a name, or makes a retired one active again (the chain goes on where it was). */
int appliance_enrol(struct db *d, const struct seal_public *keys, const char *name);
/* The keys of an appliance that had others before, by whose identity it is known: signed by them (word, over both new public
 * keys). Enrols the new ones with the old one's ring, and retires the old. 0; ST_NOT_FOUND: no active appliance has that
 * identity; ST_BAD_SIGNATURE. */
int appliance_succeed(struct db *d, const uint8_t old_id[static SEAL_ID], const uint8_t word[static SEAL_SIGNATURE],
                      const struct seal_public *keys, const char *name);
/* By identity in hex. ST_NOT_FOUND. */
int appliance_retire(struct db *d, const char *identity_hex);
/* Row number of an identity in hex; ST_NOT_FOUND. */
int appliance_find(struct db *d, struct span identity_hex, int64_t *ret);
/* "items" of an open object: all that who may see. */
int appliance_list(struct db *d, const struct sight *who, struct jw *j);
/* One as an object. ST_NOT_FOUND. */
int appliance_one(struct db *d, int64_t id, struct jw *j);
/* Calls fn for each with a change since *since (a time of "heard"), and moves *since on. */
typedef void appliance_fn(void *arg, int64_t appliance, struct span json);
int appliance_heard_since(struct db *d, int64_t *since, appliance_fn *fn, void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * journal_verify: is the journal as it was written? Every batch is taken apart and held against its own
 * hashes, its signature, its neighbour and the signed head. Reads only. */
#ifndef GH_CORE_JOURNAL_VERIFY_H
#define GH_CORE_JOURNAL_VERIFY_H

#include "base/db.h"
#include "base/envelope.h"

struct verify_report {
    uint64_t first, last, batches, records;
    uint64_t bad_batch;  /* 0: none (but what may be about the head) */
    uint64_t bad_record; /* from 1; 0: the whole batch */
    char what[256];      /* empty when all is good */
};
/* 0 when it is whole, ST_BAD_SIGNATURE when not (the report says where first), or the code of what hinders
 * reading (the report says it too: a database that cannot be read is not whole either). */
int journal_verify(const char *path, const struct seal_public *appliance, struct verify_report *ret);

#endif

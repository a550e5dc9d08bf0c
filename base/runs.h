/* SPDX-License-Identifier: GPL-3.0-or-later
 * runs: which events of which run are recorded or being judged, so that a replay that begins anew adds each
 * once.
 *
 * Kept in the journal's database, table run. A live run is never repeated: only its name is kept. One thread.
 */
#ifndef GH_BASE_RUNS_H
#define GH_BASE_RUNS_H

#include "base/db.h"
#include "base/ranges.h"

#define RUNS_OPEN 16 /* in memory at a time; the oldest is of a sensor long gone */

struct open_run {
    uint64_t run;
    bool live, dirty;
    struct ranges known, recorded;
};
struct runs {
    struct open_run v[RUNS_OPEN]; /* newest first; a zeroed struct is empty */
    size_t n;
};
extern const char runs_schema[];
void runs_done(struct runs *r);
/* Begins or goes on with a run. 0; ST_MALFORMED when what the database has of it is damaged; another code of
 * the database. */
int runs_open(struct runs *r, struct db *db, uint64_t run, bool live, struct span name);
bool runs_known(const struct runs *r, uint64_t run, uint64_t n);
/* From now on known: it is being judged, or recorded. */
void runs_claim(struct runs *r, uint64_t run, uint64_t n);
/* Recorded with the transaction that runs_store is part of. */
void runs_recorded(struct runs *r, uint64_t run, uint64_t n);
int runs_store(struct runs *r, struct db *db);
void runs_stored(struct runs *r); /* the transaction went through */

#endif

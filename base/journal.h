/* SPDX-License-Identifier: GPL-3.0-or-later
 * journal: the appliance's own record, append-only: numbered batches of records, chained by hash and signed
 * with the appliance's key (base/envelope.h), in state_dir/journal.db (SQLite, synchronous=FULL).
 *
 * A record is acknowledged when the batch that holds it is committed. The numbers of a run's recorded events
 * are kept in the same transaction, so that a replay that is begun anew adds each event exactly once. When
 * the disk is full, the reserve is touched or journal.max is reached and nothing can be trimmed, the journal
 * refuses (ST_FULL) and keeps the batch it has in memory; it takes again as soon as there is room. One
 * thread. */
#ifndef GH_BASE_JOURNAL_H
#define GH_BASE_JOURNAL_H

#include "base/conf.h"
#include "base/envelope.h"

#define JOURNAL_FILE "journal.db"
#define JOURNAL_BATCH_BYTES (2u << 20) /* of records, before a batch is closed */
#define JOURNAL_UNIT_MAX (8u << 20)    /* one event with all that was derived from it */

struct journal;
/* Opens or makes it. keys are borrowed. 0, or a code with a sentence in err. */
int journal_open(const struct conf *c, const struct seal_keys *keys, struct journal **ret, char *err,
                 size_t cap);
void journal_close(struct journal *j); /* writes what waits, if it can */
void journal_drop(struct journal *j);  /* closes without: what waits is gone, as when the process had died */

/* A run begins or goes on. A live run is never repeated: nothing is remembered of it but its name. */
int journal_run(struct journal *j, uint64_t run, bool live, struct span name);
/* Was event n of the run recorded, or taken in since this process started? */
bool journal_known(const struct journal *j, uint64_t run, uint64_t n);
/* From now on it is known (it is being judged). */
void journal_claim(struct journal *j, uint64_t run, uint64_t n);
/* One event (k = 0 first) and what was derived from it: all or nothing. 0, ST_FULL, ST_LIMIT, ST_NOMEM. */
int journal_add(struct journal *j, const struct record *r, size_t n);
/* An event that is not to be recorded counts as done. */
void journal_skip(struct journal *j, uint64_t run, uint64_t n);
/* Signs and commits what waits. 0; ST_FULL (kept, refusing from now on); other codes are as ST_FULL for the
 * caller. */
int journal_flush(struct journal *j);
/* Commits one record at once, in a batch of its own, past journal.max and journal.reserve: for the alert that
 * they were reached. What waits keeps waiting. 0, or a code when the disk does not take it either. */
int journal_urgent(struct journal *j, const struct record *r);
/* A batch is due: it is large or old enough. */
bool journal_due(const struct journal *j, uint64_t now_ms);
size_t journal_waiting(const struct journal *j);

/* How much room is left for what the console does not have yet. As journal.max comes nearer, the least
 * important class is no longer to be added: the last eighths are kept for what matters more. It is measured
 * when a batch is written and by journal_measure (which lets go of what the console has, from three quarters
 * on). */
enum journal_room {
    JOURNAL_ROOM_ALL,
    JOURNAL_ROOM_LOGS,      /* 3/4 are taken: no connections */
    JOURNAL_ROOM_DOCUMENTS, /* 7/8: no log events of protocols either */
    JOURNAL_ROOM_ALERTS     /* 15/16: alerts and what the appliance says of itself */
};
enum journal_room journal_room(const struct journal *j);
enum journal_room journal_measure(struct journal *j);

bool journal_full(const struct journal *j);
const char *journal_reason(const struct journal *j); /* why it refuses */
/* Is there room again? Clears the refusal and writes the kept batch. */
bool journal_retry(struct journal *j);

/* When it was opened: the newest batch that had been recorded and was gone, 0 when none was (see witness.h).
 */
uint64_t journal_lost(const struct journal *j);
uint64_t journal_last(const struct journal *j);    /* newest committed batch, 0: none */
uint64_t journal_receipt(const struct journal *j); /* the console has everything up to this batch */
/* A lower number than before is believed too: the console was restored from a backup, and what it forgot must
 * not be trimmed. 0, ST_MALFORMED for a batch that was never written, or what the database says. */
int journal_set_receipt(struct journal *j, uint64_t number);
uint64_t journal_bytes(struct journal *j);

/* What the signature of the head covers (journal_verify.c needs it too). */
struct journal_head {
    uint64_t first, number, wall_us; /* oldest and newest batch kept */
    uint8_t hash[SEAL_HASH];         /* of the newest header */
};
#define JOURNAL_HEAD_DOMAIN "gatehouse-journal-head-v1"
#define JOURNAL_HEAD_SIZE (3 * 8 + SEAL_HASH)
void journal_head_bytes(const struct journal_head *h, uint8_t out[static JOURNAL_HEAD_SIZE]);

/* A row of the table: the batch as it travels, and what helps to find damage in it. Its signature covers
 * every byte, also those that unpacking would forgive. */
struct journal_row {
    uint64_t number, wall_us, records;
    struct span hashes, bytes; /* hash of each record, in order; the batch */
};
#define JOURNAL_ROW_DOMAIN "gatehouse-journal-row-v1"
void journal_row_hash(const struct journal_row *r, uint8_t out[static SEAL_HASH]);

#endif

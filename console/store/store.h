/* SPDX-License-Identifier: GPL-3.0-or-later
 * store: the console's database: one writer behind a lock, as many readers as there are workers. Writes are
 * durable when their transaction has ended (synchronous=FULL): what was acknowledged to an appliance survives
 * a power cut. */
#ifndef GH_CONSOLE_STORE_H
#define GH_CONSOLE_STORE_H

#include "base/db.h"
#include "base/json.h"
#include "console/store/schema.h"

struct store;

/* Opens (makes, migrates) dir/console.db. ST_USAGE: made by a newer version. */
int store_open(const char *dir, struct store **ret);
/* The same in a PostgreSQL database (base/db_pg.h), which several consoles may share. All connections are made now, since a
 * jail makes none: for as many store_reader as readers says. err: a sentence for people on failure. When the server goes,
 * the process ends with status 3, and whoever keeps it starts it again. */
int store_open_pg(const char *url, size_t readers, struct store **ret, char *err, size_t cap);
/* From now on events go on to ClickHouse: every handle has a connection of its own beside it. Before the first store_reader.
 * ST_USAGE: events of before are still in the database, and have to be moved first (move: it is about to be done). */
struct clicks;
int store_set_far(struct store *s, struct clicks *c, int64_t most, bool move);
/* Are events in ClickHouse, though nobody said where? */
bool store_had_far(struct store *s);
void store_close(struct store *s);
/* A reader of the same database for one thread; close with db_close. */
int store_reader(struct store *s, struct db **ret);
/* The writer, inside a transaction of its own; NULL with a code when it cannot begin. One of the two ends it.
 */
struct db *store_begin(struct store *s, int *ret_rc);
int store_commit(struct store *s); /* on failure nothing of it happened */
void store_rollback(struct store *s);
/* The same for many small ones that may share a transaction, as a commit costs more than what is in it: whoever waits for a
 * turn when one is through joins the transaction of his predecessor, and all of them wait for its end. store_leave returns
 * when it is durable (0), or when nothing of this part happened: rc when that says so already (the others' parts stay), or what the
 * commit failed with. A part sees what the ones before it did. Who wants a transaction of his own (store_begin) ends it. */
struct db *store_join(struct store *s, int *ret_rc);
int store_leave(struct store *s, int rc);
/* One of the two: commits what went well (rc 0), undoes what did not. rc, or what the commit failed with. */
int store_end(struct store *s, int rc);
/* Files at most n events that an older version recorded in the full-text index; true while some remain. */
bool store_fill_search(struct store *s, int64_t n);
/* The writer outside of any transaction: for commands that run alone. */
struct db *store_handle(struct store *s);
/* Bytes that the database holds. */
uint64_t store_bytes(struct db *d);

/* Time as the API shows it: RFC 3339, UTC, microseconds. Key left null for 0. */
#define TIME_TEXT 32
const char *time_text(uint64_t us, char buf[static TIME_TEXT]);
void jw_ktime(struct jw *j, const char *key, int64_t us);
/* Text, or null when it is empty. */
void jw_ktext(struct jw *j, const char *key, struct span s);

/* Appends to the audit inside the caller's transaction. object and detail may be NULL. */
int audit_append(struct db *d, const char *actor, const char *address, const char *action, const char *object,
                 const char *detail);
/* Recomputes the chain. 0; ST_BAD_SIGNATURE with the first id that does not fit; *ret_count rows were read.
 */
int audit_verify(struct db *d, int64_t *ret_bad_id, uint64_t *ret_count);
/* Adds n to a named counter, inside the caller's transaction. */
int counter_add(struct db *d, const char *name, int64_t n);
int64_t counter_get(struct db *d, const char *name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * db: a database behind one door: open with the right settings, migrate, cached prepared statements, one
 * writer. db_open gives SQLite; db_pg.h gives PostgreSQL, which understands the same texts (db_pg_sql.h says
 * within which limits).
 *
 * A struct db belongs to one thread. Errors: ST_IO, ST_FULL (disk or max_page_count), ST_EXISTS (constraint),
 * ST_AGAIN (busy); ST_CLOSED (the server is
 * gone; nothing works any more). db_message() has the engine's sentence. */
#ifndef GH_BASE_DB_H
#define GH_BASE_DB_H

#include "base/reader.h"

struct db;
struct db_stmt; /* a cached statement, reset by the next db_query/db_exec of the same text */

enum db_mode { DB_READ, DB_WRITE, DB_WRITE_FULL /* synchronous=FULL: evidence and journal */ };

int db_open(const char *path, enum db_mode mode, struct db **ret);
void db_close(struct db *d);
const char *db_message(struct db *d);
/* steps[i] brings user_version from i to i+1; all in one transaction each. ST_USAGE when the file is newer.
 */
int db_migrate(struct db *d, const char *const *steps, size_t n);
/* Runs SQL with the arguments in args, a format: i = int64_t, s = const char *, b = struct span (blob), t =
 * struct span (text), d = double, n = NULL (no argument). No result expected. */
int db_exec(struct db *d, const char *sql, const char *args, ...);
/* Same, then step through rows: while ((rc = db_step(s)) == 1) ...; 0 at the end, negative on error. */
int db_query(struct db *d, struct db_stmt **ret, const char *sql, const char *args, ...);
int db_step(struct db_stmt *s);
/* The number in the first column of the first row; otherwise when there is none, or the question fails. */
int64_t db_number(struct db *d, int64_t otherwise, const char *sql, const char *args, ...);
/* For statements that are made at run time: one argument, or one cell of a row, and what it is. */
struct db_value {
    char letter; /* i, d, t, b or n as above; T: a text that is NULL */
    int64_t i;
    double d;
    struct span v;
};
#define DB_VALUES 48 /* arguments of one statement */
int db_exec_values(struct db *d, const char *sql, const struct db_value *values, size_t n);
int db_query_values(struct db *d, struct db_stmt **ret, const char *sql, const struct db_value *values, size_t n);
/* A cell as it is stored; its bytes are valid until the next step. */
struct db_value db_value(struct db_stmt *s, int col);
int64_t db_i64(struct db_stmt *s, int col);
double db_f64(struct db_stmt *s, int col);
bool db_is_null(struct db_stmt *s, int col);
struct span db_text(struct db_stmt *s, int col); /* valid until the next step */
struct span db_blob(struct db_stmt *s, int col);
const char *db_cstr(struct db_stmt *s, int col); /* "" for NULL */
void db_reset(struct db_stmt *s);
int64_t db_changes(struct db *d);
int64_t db_last_id(struct db *d);
int db_begin(struct db *d); /* BEGIN IMMEDIATE */
int db_commit(struct db *d);
void db_rollback(struct db *d);
/* From now on a statement that is still running after ms milliseconds ends with ST_TIMEOUT; 0: no limit. */
void db_time_box(struct db *d, uint64_t ms);
/* From now on a time-boxed statement also ends with ST_TIMEOUT when the peer of this socket has gone: nobody waits
 * for its rows any more. -1: nobody is watched. Without effect on engines that cannot. */
void db_watch(struct db *d, int fd);
/* Which engine: for the few places where they differ. */
bool db_is_sqlite(const struct db *d);
/* A copy of the database as it is at one moment, into a new file, in steps with pauses so that others write meanwhile (SQLite's
 * online backup; ST_USAGE of another engine). ST_EXISTS: the file is there. When it fails there is no file. */
int db_copy(struct db *d, const char *path);
/* What its user keeps beside it: it is that user's, and lives at least as long. NULL at first. */
void db_set_beside(struct db *d, void *beside);
void *db_beside(const struct db *d);
/* SQLite's own handle, for what this header lacks (backup, functions); NULL of another engine. */
void *db_handle(struct db *d);

#endif

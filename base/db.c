/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/db.h"
#include "base/clock.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DB_CACHE 64
#define DB_BUSY_MS 10000

struct db_stmt {
    struct db *db;
    sqlite3_stmt *stmt;
    uint64_t used;
};
struct db {
    sqlite3 *h;
    struct db_stmt cache[DB_CACHE];
    uint64_t tick;
    uint64_t deadline_ms;
};

static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return 0;
    case SQLITE_ROW:
        return 1;
    case SQLITE_CONSTRAINT:
        return ST_EXISTS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ST_AGAIN;
    case SQLITE_FULL:
        return ST_FULL;
    case SQLITE_NOMEM:
        return ST_NOMEM;
    case SQLITE_CANTOPEN:
        return ST_NOT_FOUND;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ST_DENIED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ST_MALFORMED;
    case SQLITE_INTERRUPT:
        return ST_TIMEOUT;
    default:
        return ST_IO;
    }
}

static int pragma(struct db *d, const char *sql)
{
    return code_of(sqlite3_exec(d->h, sql, NULL, NULL, NULL));
}

int db_open(const char *path, enum db_mode mode, struct db **ret)
{
    struct db *d = calloc(1, sizeof(*d));
    int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, rc;

    if (!d)
        return ST_NOMEM;
    rc = code_of(sqlite3_open_v2(path, &d->h, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (!rc) {
        sqlite3_busy_timeout(d->h, DB_BUSY_MS);
        sqlite3_extended_result_codes(d->h, 1);
        /* A database file is foreign input too: no trust in its schema. */
        sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(d->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        rc = pragma(d, "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY");
    }
    if (!rc && mode != DB_READ)
        rc = pragma(d, "PRAGMA journal_mode=WAL");
    if (!rc && mode != DB_READ)
        rc = pragma(d, mode == DB_WRITE_FULL ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    if (rc) {
        db_close(d);
        return rc;
    }
    *ret = d;
    return 0;
}

void db_close(struct db *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < DB_CACHE; i++)
        sqlite3_finalize(d->cache[i].stmt);
    sqlite3_close(d->h);
    free(d);
}

const char *db_message(struct db *d)
{
    return sqlite3_errmsg(d->h);
}

void *db_handle(struct db *d)
{
    return d->h;
}

/* The prepared statement of that text, from the cache or new in place of the least recently used. */
static int prepare(struct db *d, const char *sql, struct db_stmt **ret)
{
    struct db_stmt *oldest = &d->cache[0];
    sqlite3_stmt *stmt;
    int rc;

    for (size_t i = 0; i < DB_CACHE; i++) {
        struct db_stmt *s = &d->cache[i];
        if (s->stmt && !strcmp(sqlite3_sql(s->stmt), sql)) {
            sqlite3_reset(s->stmt);
            sqlite3_clear_bindings(s->stmt);
            s->used = ++d->tick;
            *ret = s;
            return 0;
        }
        /* a free place is the best to take, else the one that was not used for longest and is not in the middle of rows */
        if (oldest->stmt && (!s->stmt || (s->used < oldest->used && !sqlite3_stmt_busy(s->stmt))))
            oldest = s;
    }
    rc = code_of(sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
    if (rc)
        return rc;
    if (!stmt)
        return ST_USAGE;
    sqlite3_finalize(oldest->stmt);
    *oldest = (struct db_stmt){.db = d, .stmt = stmt, .used = ++d->tick};
    *ret = oldest;
    return 0;
}

static int bind(struct db_stmt *s, const char *args, va_list ap)
{
    int rc = SQLITE_OK;

    for (int i = 1; args && *args && rc == SQLITE_OK; i++, args++) {
        struct span v;
        const char *text;
        switch (*args) {
        case 'i':
            rc = sqlite3_bind_int64(s->stmt, i, va_arg(ap, int64_t));
            break;
        case 'd':
            rc = sqlite3_bind_double(s->stmt, i, va_arg(ap, double));
            break;
        case 's':
            text = va_arg(ap, const char *);
            rc = text ? sqlite3_bind_text(s->stmt, i, text, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(s->stmt, i);
            break;
        case 't':
            v = va_arg(ap, struct span);
            rc = sqlite3_bind_text64(s->stmt, i, v.n ? (const char *)v.p : "", v.n, SQLITE_TRANSIENT, SQLITE_UTF8);
            break;
        case 'b':
            v = va_arg(ap, struct span);
            rc = sqlite3_bind_blob64(s->stmt, i, v.n ? (const void *)v.p : "", v.n, SQLITE_TRANSIENT);
            break;
        case 'n':
            rc = sqlite3_bind_null(s->stmt, i);
            break;
        default:
            gh_check(!"unknown argument letter");
        }
    }
    return code_of(rc);
}

int db_exec(struct db *d, const char *sql, const char *args, ...)
{
    struct db_stmt *s;
    va_list ap;
    int rc = prepare(d, sql, &s);

    if (rc)
        return rc;
    va_start(ap, args);
    rc = bind(s, args, ap);
    va_end(ap);
    while (!rc && (rc = code_of(sqlite3_step(s->stmt))) == 1)
        rc = 0; /* rows nobody asked for */
    sqlite3_reset(s->stmt);
    return rc;
}

int db_query(struct db *d, struct db_stmt **ret, const char *sql, const char *args, ...)
{
    struct db_stmt *s;
    va_list ap;
    int rc = prepare(d, sql, &s);

    if (rc)
        return rc;
    va_start(ap, args);
    rc = bind(s, args, ap);
    va_end(ap);
    if (!rc)
        *ret = s;
    return rc;
}

int db_step(struct db_stmt *s)
{
    int rc = code_of(sqlite3_step(s->stmt));
    if (rc != 1)
        sqlite3_reset(s->stmt);
    return rc;
}

int64_t db_i64(struct db_stmt *s, int col)
{
    return sqlite3_column_int64(s->stmt, col);
}

double db_f64(struct db_stmt *s, int col)
{
    return sqlite3_column_double(s->stmt, col);
}

bool db_is_null(struct db_stmt *s, int col)
{
    return sqlite3_column_type(s->stmt, col) == SQLITE_NULL;
}

struct span db_text(struct db_stmt *s, int col)
{
    const unsigned char *p = sqlite3_column_text(s->stmt, col);
    return span_of(p ? p : (const unsigned char *)"", (size_t)sqlite3_column_bytes(s->stmt, col));
}

struct span db_blob(struct db_stmt *s, int col)
{
    const void *p = sqlite3_column_blob(s->stmt, col);
    return span_of(p ? p : "", (size_t)sqlite3_column_bytes(s->stmt, col));
}

const char *db_cstr(struct db_stmt *s, int col)
{
    const unsigned char *p = sqlite3_column_text(s->stmt, col);
    return p ? (const char *)p : "";
}

void db_reset(struct db_stmt *s)
{
    sqlite3_reset(s->stmt);
}

/* Virtual-machine steps between two looks at the clock: some 0.1 ms. */
#define TIME_BOX_STEPS 5000

static int is_late(void *arg)
{
    const struct db *d = arg;
    return clock_mono_ms() >= d->deadline_ms;
}

void db_time_box(struct db *d, uint64_t ms)
{
    d->deadline_ms = clock_mono_ms() + ms;
    sqlite3_progress_handler(d->h, ms ? TIME_BOX_STEPS : 0, ms ? is_late : NULL, d);
}

int64_t db_changes(struct db *d)
{
    return sqlite3_changes64(d->h);
}

int64_t db_last_id(struct db *d)
{
    return sqlite3_last_insert_rowid(d->h);
}

int db_begin(struct db *d)
{
    return db_exec(d, "BEGIN IMMEDIATE", "");
}

int db_commit(struct db *d)
{
    return db_exec(d, "COMMIT", "");
}

void db_rollback(struct db *d)
{
    if (!sqlite3_get_autocommit(d->h))
        (void)db_exec(d, "ROLLBACK", "");
}

int db_migrate(struct db *d, const char *const *steps, size_t n)
{
    struct db_stmt *s;
    char set[64];
    int64_t version;
    int rc = db_query(d, &s, "PRAGMA user_version", "");

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    version = db_i64(s, 0);
    db_reset(s);
    if (version < 0 || (uint64_t)version > n)
        return ST_USAGE;
    for (rc = 0; !rc && (uint64_t)version < n; version++) {
        rc = db_begin(d);
        if (!rc)
            rc = pragma(d, steps[version]);
        snprintf(set, sizeof(set), "PRAGMA user_version=%lld", (long long)version + 1);
        if (!rc)
            rc = pragma(d, set);
        if (!rc)
            rc = db_commit(d);
        if (rc)
            db_rollback(d);
    }
    return rc;
}

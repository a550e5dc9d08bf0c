/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/db_engine.h"

#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>
#include <stdio.h>
#include <stdlib.h>

#define DB_CACHE 64
#define DB_BUSY_MS 10000

struct db_stmt {
    struct db_stmt_head head;
    sqlite3_stmt *stmt;
    uint64_t used;
};
struct db {
    struct db_head head;
    sqlite3 *h;
    struct db_stmt cache[DB_CACHE];
    uint64_t tick;
    uint64_t deadline_ms;
    uint64_t looked_ms; /* when the watched peer was last looked at */
    int watched;        /* its socket + 1; 0: nobody */
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

static void lite_close(struct db *d)
{
    for (size_t i = 0; i < DB_CACHE; i++)
        sqlite3_finalize(d->cache[i].stmt);
    sqlite3_close(d->h);
    free(d);
}

static const char *lite_message(struct db *d)
{
    return sqlite3_errmsg(d->h);
}

static void *lite_handle(struct db *d)
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
        /* a free place is the best to take, else the one that was not used for longest and is not in the
         * middle of rows */
        if (oldest->stmt && (!s->stmt || (s->used < oldest->used && !sqlite3_stmt_busy(s->stmt))))
            oldest = s;
    }
    rc = code_of(sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
    if (rc)
        return rc;
    if (!stmt)
        return ST_USAGE;
    sqlite3_finalize(oldest->stmt);
    *oldest = (struct db_stmt){.head = {d}, .stmt = stmt, .used = ++d->tick};
    *ret = oldest;
    return 0;
}

static int lite_query(struct db *d, const char *sql, const struct db_value *values, size_t n,
                      struct db_stmt **ret)
{
    struct db_stmt *s;
    int rc = prepare(d, sql, &s);

    for (size_t i = 0; i < n && !rc; i++) {
        const struct db_value *v = &values[i];
        int at = (int)i + 1;
        switch (v->letter) {
        case 'i':
            rc = code_of(sqlite3_bind_int64(s->stmt, at, v->i));
            break;
        case 'd':
            rc = code_of(sqlite3_bind_double(s->stmt, at, v->d));
            break;
        case 't':
            rc = code_of(sqlite3_bind_text64(s->stmt, at, v->v.n ? (const char *)v->v.p : "", v->v.n,
                                             SQLITE_TRANSIENT, SQLITE_UTF8));
            break;
        case 'b':
            rc = code_of(sqlite3_bind_blob64(s->stmt, at, v->v.n ? (const void *)v->v.p : "", v->v.n,
                                             SQLITE_TRANSIENT));
            break;
        default:
            rc = code_of(sqlite3_bind_null(s->stmt, at));
        }
    }
    if (!rc)
        *ret = s;
    return rc;
}

static int lite_step(struct db_stmt *s)
{
    int rc = code_of(sqlite3_step(s->stmt));
    if (rc != 1)
        sqlite3_reset(s->stmt);
    return rc;
}

static int64_t lite_i64(struct db_stmt *s, int col)
{
    return sqlite3_column_int64(s->stmt, col);
}

static double lite_f64(struct db_stmt *s, int col)
{
    return sqlite3_column_double(s->stmt, col);
}

static bool lite_is_null(struct db_stmt *s, int col)
{
    return sqlite3_column_type(s->stmt, col) == SQLITE_NULL;
}

static struct span lite_text(struct db_stmt *s, int col)
{
    const unsigned char *p = sqlite3_column_text(s->stmt, col);
    return span_of(p ? p : (const unsigned char *)"", (size_t)sqlite3_column_bytes(s->stmt, col));
}

static struct span lite_blob(struct db_stmt *s, int col)
{
    const void *p = sqlite3_column_blob(s->stmt, col);
    return span_of(p ? p : "", (size_t)sqlite3_column_bytes(s->stmt, col));
}

static char lite_type(struct db_stmt *s, int col)
{
    switch (sqlite3_column_type(s->stmt, col)) {
    case SQLITE_INTEGER:
        return 'i';
    case SQLITE_FLOAT:
        return 'd';
    case SQLITE_TEXT:
        return 't';
    case SQLITE_BLOB:
        return 'b';
    default:
        return 'n';
    }
}

static void lite_reset(struct db_stmt *s)
{
    sqlite3_reset(s->stmt);
}

/* Virtual-machine steps between two looks at the clock: some 0.1 ms. */
#define TIME_BOX_STEPS 5000
#define LOOK_MS 20 /* how often is looked whether the watched peer is still there */

static int is_late(void *arg)
{
    struct db *d = arg;
    uint64_t now = clock_mono_ms();
    struct pollfd p = {.fd = d->watched - 1, .events = POLLRDHUP};

    if (now >= d->deadline_ms)
        return 1;
    if (!d->watched || now - d->looked_ms < LOOK_MS)
        return 0;
    d->looked_ms = now;
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void lite_watch(struct db *d, int fd)
{
    d->watched = fd + 1;
    d->looked_ms = 0;
}

static void lite_time_box(struct db *d, uint64_t ms)
{
    d->deadline_ms = clock_mono_ms() + ms;
    sqlite3_progress_handler(d->h, ms ? TIME_BOX_STEPS : 0, ms ? is_late : NULL, d);
}

static int64_t lite_changes(struct db *d)
{
    return sqlite3_changes64(d->h);
}

static int64_t lite_last_id(struct db *d)
{
    return sqlite3_last_insert_rowid(d->h);
}

static int lite_begin(struct db *d)
{
    return pragma(d, "BEGIN IMMEDIATE");
}

static int lite_commit(struct db *d)
{
    return pragma(d, "COMMIT");
}

static void lite_rollback(struct db *d)
{
    if (!sqlite3_get_autocommit(d->h))
        (void)pragma(d, "ROLLBACK");
}

static int lite_version(struct db *d, int64_t *ret)
{
    sqlite3_stmt *s;
    int rc = code_of(sqlite3_prepare_v2(d->h, "PRAGMA user_version", -1, &s, NULL));

    if (rc)
        return rc;
    rc = sqlite3_step(s) == SQLITE_ROW ? 0 : ST_IO;
    *ret = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return rc;
}

static int lite_upgrade(struct db *d, const char *step, int64_t version)
{
    char set[64];
    int rc = lite_begin(d);

    snprintf(set, sizeof(set), "PRAGMA user_version=%lld", (long long)version);
    if (!rc)
        rc = pragma(d, step);
    if (!rc)
        rc = pragma(d, set);
    if (!rc)
        rc = lite_commit(d);
    if (rc)
        lite_rollback(d);
    return rc;
}

static const struct db_engine engine = {.close = lite_close,
                                        .message = lite_message,
                                        .handle = lite_handle,
                                        .query = lite_query,
                                        .step = lite_step,
                                        .i64 = lite_i64,
                                        .f64 = lite_f64,
                                        .is_null = lite_is_null,
                                        .text = lite_text,
                                        .blob = lite_blob,
                                        .type = lite_type,
                                        .reset = lite_reset,
                                        .changes = lite_changes,
                                        .last_id = lite_last_id,
                                        .begin = lite_begin,
                                        .commit = lite_commit,
                                        .rollback = lite_rollback,
                                        .time_box = lite_time_box,
                                        .watch = lite_watch,
                                        .version = lite_version,
                                        .upgrade = lite_upgrade};

int db_open(const char *path, enum db_mode mode, struct db **ret)
{
    struct db *d = calloc(1, sizeof(*d));
    int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, rc;

    if (!d)
        return ST_NOMEM;
    d->head.engine = &engine;
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
        lite_close(d);
        return rc;
    }
    *ret = d;
    return 0;
}

#define COPY_PAGES 2000
#define COPY_PAUSE_MS 2

int db_copy(struct db *d, const char *path)
{
    sqlite3 *to = NULL, *from = db_handle(d);
    sqlite3_backup *b = NULL;
    int rc = !from ? ST_USAGE : access(path, F_OK) == 0 ? ST_EXISTS : 0, step = SQLITE_OK;

    if (rc)
        return rc;
    rc = code_of(sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    if (!rc && !(b = sqlite3_backup_init(to, "main", from, "main")))
        rc = code_of(sqlite3_errcode(to));
    while (!rc && step != SQLITE_DONE) {
        step = sqlite3_backup_step(b, COPY_PAGES);
        if (step == SQLITE_BUSY || step == SQLITE_LOCKED || step == SQLITE_OK)
            sqlite3_sleep(COPY_PAUSE_MS);
        else if (step != SQLITE_DONE)
            rc = code_of(step);
    }
    sqlite3_backup_finish(b);
    if (sqlite3_close(to) != SQLITE_OK && !rc)
        rc = ST_IO;
    if (rc)
        (void)unlink(path);
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * db_engine: what an engine provides to db.c. Only db.c and the engines include this. An engine's struct db
 * and struct db_stmt begin with these heads. Return codes are those of db.h. */
#ifndef GH_BASE_DB_ENGINE_H
#define GH_BASE_DB_ENGINE_H

#include "base/db.h"

struct db_engine {
    void (*close)(struct db *d);
    const char *(*message)(struct db *d);
    void *(*handle)(struct db *d);
    /* Prepares (from a cache) and binds; the statement has not run. */
    int (*query)(struct db *d, const char *sql, const struct db_value *values, size_t n,
                 struct db_stmt **ret);
    int (*step)(struct db_stmt *s);
    int64_t (*i64)(struct db_stmt *s, int col);
    double (*f64)(struct db_stmt *s, int col);
    bool (*is_null)(struct db_stmt *s, int col);
    struct span (*text)(struct db_stmt *s, int col); /* ends with a NUL that is not counted */
    struct span (*blob)(struct db_stmt *s, int col);
    char (*type)(struct db_stmt *s, int col); /* letter of struct db_value */
    void (*reset)(struct db_stmt *s);
    int64_t (*changes)(struct db *d);
    int64_t (*last_id)(struct db *d);
    int (*begin)(struct db *d);
    int (*commit)(struct db *d);
    void (*rollback)(struct db *d);
    void (*time_box)(struct db *d, uint64_t ms);
    void (*watch)(struct db *d, int fd); /* NULL: it cannot */
    /* user_version, and one step of it inside a transaction of its own */
    int (*version)(struct db *d, int64_t *ret);
    int (*upgrade)(struct db *d, const char *step, int64_t version);
};
struct db_stmt_head {
    struct db *db;
};
struct db_head {
    const struct db_engine *engine;
    void *beside; /* db_beside */
};

#endif

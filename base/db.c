/* SPDX-License-Identifier: GPL-3.0-or-later
 * The door: arguments are gathered here, an engine does the rest. */
#include "base/db_engine.h"

#include <stdarg.h>

static const struct db_engine *of(const struct db *d)
{
    return ((const struct db_head *)d)->engine;
}

static const struct db_engine *of_stmt(const struct db_stmt *s)
{
    return of(((const struct db_stmt_head *)s)->db);
}

void db_close(struct db *d)
{
    if (d)
        of(d)->close(d);
}

const char *db_message(struct db *d)
{
    return of(d)->message(d);
}

void *db_handle(struct db *d)
{
    return of(d)->handle(d);
}

bool db_is_sqlite(const struct db *d)
{
    return of(d)->handle((struct db *)d) != NULL;
}

void db_set_beside(struct db *d, void *beside)
{
    ((struct db_head *)d)->beside = beside;
}

void *db_beside(const struct db *d)
{
    return ((const struct db_head *)d)->beside;
}

static size_t gather(struct db_value *values, const char *args, va_list ap)
{
    size_t n = 0;

    for (; args && *args; args++, n++) {
        struct db_value *v = &values[n];
        const char *text;
        gh_check(n < DB_VALUES);
        *v = (struct db_value){.letter = *args};
        switch (*args) {
        case 'i':
            v->i = va_arg(ap, int64_t);
            break;
        case 'd':
            v->d = va_arg(ap, double);
            break;
        case 's':
            text = va_arg(ap, const char *);
            v->letter = text ? 't' : 'T';
            if (text)
                v->v = span_str(text);
            break;
        case 't':
        case 'b':
            v->v = va_arg(ap, struct span);
            break;
        case 'n':
            break;
        default:
            gh_check(!"unknown argument letter");
        }
    }
    return n;
}

int db_query(struct db *d, struct db_stmt **ret, const char *sql, const char *args, ...)
{
    struct db_value values[DB_VALUES];
    va_list ap;
    size_t n;

    va_start(ap, args);
    n = gather(values, args, ap);
    va_end(ap);
    return of(d)->query(d, sql, values, n, ret);
}

int db_exec(struct db *d, const char *sql, const char *args, ...)
{
    struct db_value values[DB_VALUES];
    va_list ap;
    size_t n;

    va_start(ap, args);
    n = gather(values, args, ap);
    va_end(ap);
    return db_exec_values(d, sql, values, n);
}

int db_exec_values(struct db *d, const char *sql, const struct db_value *values, size_t n)
{
    struct db_stmt *s;
    int rc;

    gh_check(n <= DB_VALUES);
    rc = of(d)->query(d, sql, values, n, &s);
    if (rc)
        return rc;
    while ((rc = of(d)->step(s)) == 1)
        continue; /* rows nobody asked for */
    return rc;
}

int db_query_values(struct db *d, struct db_stmt **ret, const char *sql, const struct db_value *values, size_t n)
{
    gh_check(n <= DB_VALUES);
    return of(d)->query(d, sql, values, n, ret);
}

int64_t db_number(struct db *d, int64_t otherwise, const char *sql, const char *args, ...)
{
    struct db_value values[DB_VALUES];
    struct db_stmt *s;
    va_list ap;
    size_t n;

    va_start(ap, args);
    n = gather(values, args, ap);
    va_end(ap);
    if (of(d)->query(d, sql, values, n, &s) != 0 || of(d)->step(s) != 1)
        return otherwise;
    otherwise = of(d)->i64(s, 0);
    of(d)->reset(s);
    return otherwise;
}

struct db_value db_value(struct db_stmt *s, int col)
{
    struct db_value v = {.letter = of_stmt(s)->type(s, col)};

    if (v.letter == 'i')
        v.i = db_i64(s, col);
    else if (v.letter == 'd')
        v.d = db_f64(s, col);
    else if (v.letter == 't')
        v.v = db_text(s, col);
    else if (v.letter == 'b')
        v.v = db_blob(s, col);
    return v;
}

int db_step(struct db_stmt *s)
{
    return of_stmt(s)->step(s);
}

int64_t db_i64(struct db_stmt *s, int col)
{
    return of_stmt(s)->i64(s, col);
}

double db_f64(struct db_stmt *s, int col)
{
    return of_stmt(s)->f64(s, col);
}

bool db_is_null(struct db_stmt *s, int col)
{
    return of_stmt(s)->is_null(s, col);
}

struct span db_text(struct db_stmt *s, int col)
{
    return of_stmt(s)->text(s, col);
}

struct span db_blob(struct db_stmt *s, int col)
{
    return of_stmt(s)->blob(s, col);
}

const char *db_cstr(struct db_stmt *s, int col)
{
    return (const char *)of_stmt(s)->text(s, col).p;
}

void db_reset(struct db_stmt *s)
{
    of_stmt(s)->reset(s);
}

int64_t db_changes(struct db *d)
{
    return of(d)->changes(d);
}

int64_t db_last_id(struct db *d)
{
    return of(d)->last_id(d);
}

int db_begin(struct db *d)
{
    return of(d)->begin(d);
}

int db_commit(struct db *d)
{
    return of(d)->commit(d);
}

void db_rollback(struct db *d)
{
    of(d)->rollback(d);
}

void db_time_box(struct db *d, uint64_t ms)
{
    of(d)->time_box(d, ms);
}

void db_watch(struct db *d, int fd)
{
    if (of(d)->watch)
        of(d)->watch(d, fd);
}

int db_migrate(struct db *d, const char *const *steps, size_t n)
{
    int64_t version;
    int rc = of(d)->version(d, &version);

    if (rc)
        return rc;
    if (version < 0 || (uint64_t)version > n)
        return ST_USAGE;
    for (; !rc && (uint64_t)version < n; version++)
        rc = of(d)->upgrade(d, steps[version], version + 1);
    return rc;
}

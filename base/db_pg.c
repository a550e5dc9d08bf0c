/* SPDX-License-Identifier: GPL-3.0-or-later
 * libpq behind db.h. A statement is prepared once for each text and kinds of arguments, runs when it is asked
 * for, and its rows are walked through afterwards. */
#include "base/db_pg.h"
#include "base/db_engine.h"
#include "base/db_pg_sql.h"
#include "base/db_pg_wire.h"
#include "base/log.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#define CACHE 128
#define COLUMNS 64
#define SQL_MAX (1u << 20)
#define WRITER_LOCK "7232617834512" /* any number, the same for all nodes */
/* from catalog/pg_type_d.h, which is the server's header */
enum {
    OID_ANY = 0,
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701
};

struct db_stmt {
    struct db_stmt_head head;
    char *sql; /* as it was written; NULL: free */
    char letters[DB_VALUES + 1];
    bool any; /* texts are sent without a type: the server infers it */
    char name[16];
    uint64_t used;
    PGresult *rows;
    int row, n_rows;
    uint64_t decoded; /* columns of the row whose bytes were turned from hex into themselves */
    size_t length[COLUMNS];
};
struct db {
    struct db_head head;
    PGconn *c;
    struct db_stmt cache[CACHE];
    uint64_t tick;
    int64_t changes;
    uint64_t box_ms, box_set;
    bool in_transaction, lost;
    void (*on_lost)(void);
    char message[256];
};

static int say(struct db *d, const PGresult *r)
{
    const char *text = r ? PQresultErrorMessage(r) : PQerrorMessage(d->c);
    size_t n = strcspn(text, "\n");

    snprintf(d->message, sizeof(d->message), "%.*s", n < 200 ? (int)n : 200, text);
    if (PQstatus(d->c) == CONNECTION_OK)
        return 0;
    if (!d->lost) {
        d->lost = true;
        log_error("the database server is gone: %s", d->message);
        if (d->on_lost)
            d->on_lost();
    }
    return ST_CLOSED;
}

static int code_of(struct db *d, const PGresult *r)
{
    static const struct {
        const char *state;
        int rc;
    } table[] = {
        {"23", ST_EXISTS},       {"57014", ST_TIMEOUT}, {"57P", ST_CLOSED},   {"53100", ST_FULL},
        {"53200", ST_NOMEM},     {"40", ST_AGAIN},      {"55P03", ST_AGAIN},  {"22021", ST_MALFORMED},
        {"22P05", ST_MALFORMED}, {"42501", ST_DENIED},  {"25006", ST_DENIED}, {"XX001", ST_MALFORMED},
    };
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    int rc = say(d, r);

    if (rc)
        return rc;
    log_debug("database: %s %s", state ? state : "", d->message);
    for (size_t i = 0; state && i < GH_COUNT(table); i++)
        if (!strncmp(state, table[i].state, strlen(table[i].state)))
            return table[i].rc;
    return ST_IO;
}

/* Statements without rows or arguments. */
static int run(struct db *d, const char *sql)
{
    PGresult *r = PQexec(d->c, sql);
    ExecStatusType status = PQresultStatus(r);
    int rc = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : code_of(d, r);

    PQclear(r);
    return rc;
}

static void forget_rows(struct db_stmt *s)
{
    PQclear(s->rows);
    s->rows = NULL;
    s->row = s->n_rows = 0;
    s->decoded = 0;
}

static void pg_close(struct db *d)
{
    for (size_t i = 0; i < CACHE; i++) {
        forget_rows(&d->cache[i]);
        free(d->cache[i].sql);
    }
    PQfinish(d->c);
    free(d);
}

static const char *pg_message(struct db *d)
{
    return d->message;
}

static void *pg_handle(struct db *d)
{
    (void)d;
    return NULL;
}

/* The place for a statement that is new: a free one, or the one not used for longest that is not in the
 * middle of rows. */
static struct db_stmt *place(struct db *d)
{
    struct db_stmt *best = &d->cache[0];

    for (size_t i = 0; i < CACHE; i++) {
        struct db_stmt *s = &d->cache[i];
        if (!s->sql)
            return s;
        if (s->used < best->used && s->row >= s->n_rows)
            best = s;
    }
    return best;
}

/* Does the text use parameter number n? One that it does not needs a type all the same. */
static bool uses(const char *text, int n)
{
    char name[8];
    size_t length = (size_t)snprintf(name, sizeof(name), "$%d", n);

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if (at[length] < '0' || at[length] > '9')
            return true;
    return false;
}

static int prepare_as(struct db *d, struct db_stmt *s, const char *text, bool any, bool null_is_text)
{
    Oid types[DB_VALUES] = {OID_ANY};
    int n = (int)strlen(s->letters), rc;
    PGresult *r;

    for (int i = 0; i < n; i++)
        types[i] = s->letters[i] == 'i'   ? OID_INT8
                   : s->letters[i] == 'd' ? OID_FLOAT8
                   : s->letters[i] == 'b' ? OID_BYTEA
                   : s->letters[i] == 't' ? (any ? OID_ANY : OID_TEXT)
                                          : (uses(text, i + 1) && !null_is_text ? OID_ANY : OID_TEXT);
    r = PQprepare(d->c, s->name, text, n, types);
    rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : code_of(d, r);
    PQclear(r);
    s->any = any;
    return rc;
}

/* A text argument is a text, unless the server says that only a number makes sense there: SQLite converts by
 * itself. A bare NULL is what the place asks for; where nothing does, a text. Inside a transaction a refusal would
 * end it, hence the savepoint. */
static int prepare_either(struct db *d, struct db_stmt *s, const char *text)
{
    static const struct {
        bool any, null_is_text;
    } tries[] = {{false, false}, {true, false}, {false, true}};
    bool guess = strpbrk(s->letters, "tn") != NULL;
    int rc = 0;

    if (!guess)
        return prepare_as(d, s, text, false, false);
    if (d->in_transaction)
        rc = run(d, "SAVEPOINT p");
    if (rc)
        return rc;
    for (size_t i = 0; i < GH_COUNT(tries); i++) {
        rc = prepare_as(d, s, text, tries[i].any, tries[i].null_is_text);
        if (rc != ST_IO)
            break;
        if (d->in_transaction)
            (void)run(d, "ROLLBACK TO p");
    }
    if (d->in_transaction && !rc)
        rc = run(d, "RELEASE p");
    return rc;
}

static int prepare(struct db *d, const char *sql, const char *letters, struct db_stmt **ret)
{
    struct db_stmt *s;
    struct writer w;
    char free_name[32];
    int rc;

    for (size_t i = 0; i < CACHE; i++) {
        s = &d->cache[i];
        if (s->sql && !strcmp(s->sql, sql) && !strcmp(s->letters, letters)) {
            forget_rows(s);
            s->used = ++d->tick;
            *ret = s;
            return 0;
        }
    }
    s = place(d);
    if (s->sql) {
        forget_rows(s);
        free(s->sql);
        s->sql = NULL;
        snprintf(free_name, sizeof(free_name), "DEALLOCATE %s", s->name);
        (void)run(d, free_name);
    }
    *s = (struct db_stmt){.head = {d}, .used = ++d->tick};
    snprintf(s->name, sizeof(s->name), "s%llu", (unsigned long long)d->tick);
    snprintf(s->letters, sizeof(s->letters), "%s", letters);
    writer_init(&w, SQL_MAX);
    rc = pg_sql_statement(span_str(sql), &w);
    writer_u8(&w, 0);
    if (!rc)
        rc = writer_ok(&w) ? prepare_either(d, s, (const char *)w.p) : ST_NOMEM;
    if (rc == ST_IO)
        log_error("database: %s; in: %s", d->message, sql);
    writer_done(&w);
    if (!rc)
        s->sql = strdup(sql);
    if (!rc && !s->sql)
        rc = ST_NOMEM;
    *ret = s;
    return rc;
}

static int pg_query(struct db *d, const char *sql, const struct db_value *values, size_t n,
                    struct db_stmt **ret)
{
    char letters[DB_VALUES + 1] = "", box[64];
    struct wire w;
    ExecStatusType status;
    struct db_stmt *s;
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        letters[i] = values[i].letter == 'T' ? 't' : values[i].letter;
    if (d->box_ms != d->box_set) {
        snprintf(box, sizeof(box), "SET statement_timeout = %llu", (unsigned long long)d->box_ms);
        rc = run(d, box);
        d->box_set = d->box_ms;
    }
    if (!rc)
        rc = prepare(d, sql, letters, &s);
    if (rc)
        return rc;
    rc = wire_put(&w, values, n, s->any);
    if (!rc) {
        s->rows = PQexecPrepared(d->c, s->name, (int)n, w.value, w.length, w.format, 0);
        status = PQresultStatus(s->rows);
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
            s->n_rows = PQntuples(s->rows);
            s->row = -1;
            if (status == PGRES_COMMAND_OK || *PQcmdTuples(s->rows))
                d->changes = strtoll(PQcmdTuples(s->rows), NULL, 10);
        } else {
            rc = code_of(d, s->rows);
            if (rc == ST_IO)
                log_error("database: %s; in: %s", d->message, sql);
            forget_rows(s);
        }
    }
    wire_done(&w);
    *ret = s;
    return rc;
}

static int pg_step(struct db_stmt *s)
{
    s->decoded = 0;
    if (s->rows && ++s->row < s->n_rows)
        return 1;
    forget_rows(s);
    return 0;
}

static bool pg_is_null(struct db_stmt *s, int col)
{
    return !s->rows || s->row < 0 || PQgetisnull(s->rows, s->row, col);
}

static struct span pg_text(struct db_stmt *s, int col)
{
    if (pg_is_null(s, col))
        return span_str("");
    if (PQftype(s->rows, col) == OID_BOOL)
        return span_str(*PQgetvalue(s->rows, s->row, col) == 't' ? "1" : "0");
    return span_of(PQgetvalue(s->rows, s->row, col), (size_t)PQgetlength(s->rows, s->row, col));
}

static int64_t pg_i64(struct db_stmt *s, int col)
{
    return strtoll((const char *)pg_text(s, col).p, NULL, 10);
}

static double pg_f64(struct db_stmt *s, int col)
{
    return strtod((const char *)pg_text(s, col).p, NULL);
}

/* Bytes come as \x and hex digits; they are put in their place, once for each row. */
static struct span pg_blob(struct db_stmt *s, int col)
{
    uint8_t *p;
    size_t n = 0;

    if (pg_is_null(s, col) || PQftype(s->rows, col) != OID_BYTEA || col >= COLUMNS)
        return pg_text(s, col);
    p = (uint8_t *)PQgetvalue(s->rows, s->row, col);
    if (!(s->decoded >> col & 1)) {
        struct span hex = span_part(span_of(p, (size_t)PQgetlength(s->rows, s->row, col)), 2, SIZE_MAX);
        for (n = 0; n < hex.n / 2; n++) {
            char pair[3] = {(char)hex.p[2 * n], (char)hex.p[2 * n + 1], 0};
            p[n] = (uint8_t)strtoul(pair, NULL, 16);
        }
        p[n] = 0;
        s->decoded |= 1ull << col;
        s->length[col] = n;
    }
    return span_of(p, s->length[col]);
}

static char pg_type(struct db_stmt *s, int col)
{
    if (pg_is_null(s, col))
        return 'n';
    switch (PQftype(s->rows, col)) {
    case OID_BYTEA:
        return 'b';
    case OID_BOOL:
    case OID_INT4:
    case OID_INT8:
        return 'i';
    case OID_FLOAT8:
        return 'd';
    default:
        return 't';
    }
}

static int64_t pg_changes(struct db *d)
{
    return d->changes;
}

static int64_t pg_last_id(struct db *d)
{
    PGresult *r = PQexec(d->c, "SELECT lastval()");
    int64_t id = PQresultStatus(r) == PGRES_TUPLES_OK ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : 0;

    PQclear(r);
    return id;
}

static int pg_begin(struct db *d)
{
    int rc = run(d, "BEGIN; SELECT pg_advisory_xact_lock(" WRITER_LOCK ")");

    d->in_transaction = !rc;
    return rc;
}

static int pg_commit(struct db *d)
{
    PGresult *r = PQexec(d->c, "COMMIT");
    int rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : code_of(d, r);

    /* a transaction in which something failed ends with ROLLBACK, and no error */
    if (!rc && strcmp(PQcmdStatus(r), "COMMIT") != 0)
        rc = ST_IO;
    PQclear(r);
    d->in_transaction = false;
    return rc;
}

static void pg_rollback(struct db *d)
{
    if (PQtransactionStatus(d->c) != PQTRANS_IDLE)
        (void)run(d, "ROLLBACK");
    d->in_transaction = false;
}

static void pg_time_box(struct db *d, uint64_t ms)
{
    d->box_ms = ms;
}

static int number(struct db *d, const char *sql, int64_t *ret)
{
    PGresult *r = PQexec(d->c, sql);
    int rc = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 ? 0 : code_of(d, r);

    if (!rc)
        *ret = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    return rc;
}

/* A new database gets its schema, the functions that our texts need, and the version's table. */
static int pg_version(struct db *d, int64_t *ret)
{
    int64_t there = 0;
    int rc = pg_begin(d);

    if (!rc)
        rc = number(d, "SELECT count(*) FROM pg_namespace WHERE nspname = 'gatehouse'", &there);
    if (!rc && !there)
        rc = run(d, "CREATE SCHEMA gatehouse");
    if (!rc && !there)
        rc = run(d, pg_sql_prelude);
    if (!rc && !there)
        rc = run(d, "CREATE TABLE user_version(n BIGINT NOT NULL); INSERT INTO user_version VALUES(0)");
    if (!rc)
        rc = number(d, "SELECT n FROM user_version", ret);
    if (!rc)
        rc = pg_commit(d);
    if (rc)
        pg_rollback(d);
    return rc;
}

static int pg_upgrade(struct db *d, const char *step, int64_t version)
{
    char set[64];
    struct writer w;
    int64_t now = 0;
    int rc = pg_begin(d);

    writer_init(&w, SQL_MAX);
    if (!rc)
        rc = number(d, "SELECT n FROM user_version", &now);
    if (!rc && now < version) { /* else another node was faster */
        rc = pg_sql_script(span_str(step), &w);
        writer_u8(&w, 0);
        if (!rc)
            rc = writer_ok(&w) ? run(d, (const char *)w.p) : ST_NOMEM;
        snprintf(set, sizeof(set), "UPDATE user_version SET n = %lld", (long long)version);
        if (!rc)
            rc = run(d, set);
    }
    if (!rc)
        rc = pg_commit(d);
    if (rc) {
        log_error("the database's step %lld failed: %s", (long long)version, d->message);
        pg_rollback(d);
    }
    writer_done(&w);
    return rc;
}

static const struct db_engine engine = {.close = pg_close,
                                        .message = pg_message,
                                        .handle = pg_handle,
                                        .query = pg_query,
                                        .step = pg_step,
                                        .i64 = pg_i64,
                                        .f64 = pg_f64,
                                        .is_null = pg_is_null,
                                        .text = pg_text,
                                        .blob = pg_blob,
                                        .type = pg_type,
                                        .reset = forget_rows,
                                        .changes = pg_changes,
                                        .last_id = pg_last_id,
                                        .begin = pg_begin,
                                        .commit = pg_commit,
                                        .rollback = pg_rollback,
                                        .time_box = pg_time_box,
                                        .version = pg_version,
                                        .upgrade = pg_upgrade};

bool db_pg_is_url(const char *text)
{
    return !strncmp(text, "postgresql://", 13) || !strncmp(text, "postgres://", 11);
}

static void quiet(void *arg, const char *message)
{
    (void)arg;
    (void)message; /* notices of the server are for its administrator */
}

int db_pg_open(const char *url, enum db_mode mode, void (*on_lost)(void), struct db **ret, char *err,
               size_t cap)
{
    struct db *d = calloc(1, sizeof(*d));
    char *fault = NULL;
    PQconninfoOption *known = PQconninfoParse(url, &fault);
    int rc = 0;

    PQfreemem(fault); /* it may quote the password */
    if (!known || !d) {
        snprintf(err, cap, "%s",
                 d ? "the database's address is not understood; as in postgresql://user@host/name"
                   : "no memory");
        PQconninfoFree(known);
        free(d);
        return d ? ST_USAGE : ST_NOMEM;
    }
    PQconninfoFree(known);
    d->head.engine = &engine;
    d->on_lost = on_lost;
    d->c = PQconnectdb(url);
    if (!d->c || PQstatus(d->c) != CONNECTION_OK) {
        const char *text = d->c ? PQerrorMessage(d->c) : "no memory";
        snprintf(err, cap, "no connection to the database: %.*s", (int)strcspn(text, "\n"), text);
        pg_close(d);
        return ST_CLOSED;
    }
    PQsetNoticeProcessor(d->c, quiet, NULL);
    /* pg_catalog first is what the server does unasked; our own names come before it only where the kinds fit
     * better */
    rc = run(d, "SET search_path = gatehouse, pg_catalog; SET client_encoding = UTF8; SET "
                "standard_conforming_strings = on");
    if (!rc && mode == DB_READ)
        rc = run(d, "SET default_transaction_read_only = on");
    if (rc) {
        snprintf(err, cap, "the database refuses its settings: %s", d->message);
        pg_close(d);
        return rc;
    }
    *ret = d;
    return 0;
}

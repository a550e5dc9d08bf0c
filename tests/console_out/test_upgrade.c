/* SPDX-License-Identifier: GPL-3.0-or-later
 * The database from every earlier version: made by steps 1..k with rows in every table that is there then, brought forward, compared.
 * What stood in a table that still has the column must still stand there. */
#include "base/db.h"
#include "base/seal.h"
#include "console/store/schema.h"
#include "console/store/store.h"
#include "tests/check.h"

#include <unistd.h>

#define TABLES 128
#define COLUMNS 64
#define NAME 64

struct table {
    char name[NAME];
    char column[COLUMNS][NAME];
    size_t n;
};
static struct table before[TABLES];
static char dir[] = "/tmp/gh-upgrade-XXXXXX", path[64];

static size_t tables(struct db *d, struct table *list)
{
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(d, &s,
                      "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' "
                      "AND t.sql NOT LIKE 'CREATE VIRTUAL%' AND t.name NOT LIKE '%\\_text\\_%' ESCAPE '\\' AND c.hidden = 0 ORDER BY t.name, c.cid",
                      "");

    while (!rc && (rc = db_step(s)) == 1) {
        if (!n || strcmp(list[n - 1].name, db_cstr(s, 0)) != 0) {
            gh_check(n < TABLES);
            memset(&list[n], 0, sizeof(list[n]));
            snprintf(list[n++].name, NAME, "%s", db_cstr(s, 0));
        }
        gh_check(list[n - 1].n < COLUMNS);
        snprintf(list[n - 1].column[list[n - 1].n++], NAME, "%s", db_cstr(s, 1));
        rc = 0;
    }
    gh_check(rc == 0);
    return n;
}

/* Two rows with a value in every column: numbers that are small and valid for what is an enumeration. */
static void fill(struct db *d, const struct table *t)
{
    char sql[8192];

    for (int row = 1; row <= 2; row++) {
        size_t n = (size_t)snprintf(sql, sizeof(sql), "INSERT OR IGNORE INTO \"%s\" VALUES(", t->name);
        for (size_t i = 0; i < t->n; i++) {
            const char *c = t->column[i], *comma = i ? "," : "";
            bool json = !strcmp(c, "json") || !strcmp(c, "facts") || !strcmp(c, "ledger") || !strcmp(c, "versions");
            bool blob = !strcmp(c, "sha256") || !strcmp(c, "hash") || !strcmp(c, "token") || !strcmp(c, "identity");
            if (json)
                n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%s'{\"event_type\":\"flow\",\"x\":%d}'", comma, row);
            else if (blob)
                n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%srandomblob(32)", comma);
            else
                n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%s%d", comma, row);
        }
        snprintf(sql + n, sizeof(sql) - n, ")");
        if (db_exec(d, sql, "") != 0)
            fprintf(stderr, "%s: %s\n", t->name, db_message(d));
    }
}

static int64_t number(struct db *d, const char *sql)
{
    struct db_stmt *s;
    int64_t n = -1;

    if (db_query(d, &s, sql, "") == 0 && db_step(s) == 1) {
        n = db_i64(s, 0);
        db_reset(s);
    }
    return n;
}

/* Rows by table, and the sum of the row numbers of their first column, so that an exchange is seen. */
static void counts(struct db *d, const struct table *t, size_t n, int64_t *ret)
{
    char sql[256];

    for (size_t i = 0; i < n; i++) {
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%.60s\"", t[i].name);
        ret[i] = number(d, sql);
    }
}

static void from(size_t k)
{
    static struct table after[TABLES];
    int64_t was[TABLES], is[TABLES];
    struct store *store = NULL;
    struct db *d = NULL;
    size_t n, m, filled = 0;
    char row[64];

    snprintf(row, sizeof(row), "from version %zu", k);
    check_row(row);
    CHECK(db_open(path, DB_WRITE_FULL, &d) == 0 && db_migrate(d, schema_steps, k) == 0);
    CHECK(db_exec(d, "PRAGMA foreign_keys=OFF", "") == 0);
    n = tables(d, before);
    for (size_t i = 0; i < n; i++)
        fill(d, &before[i]);
    counts(d, before, n, was);
    for (size_t i = 0; i < n; i++)
        filled += was[i] > 0;
    CHECK(filled + 2 >= n); /* nearly every table takes the made-up rows */
    db_close(d);
    CHECK(store_open(dir, &store) == 0);
    store_close(store);
    CHECK(db_open(path, DB_READ, &d) == 0);
    CHECK_U64(number(d, "PRAGMA user_version"), schema_step_count);
    m = tables(d, after);
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < m && strcmp(after[j].name, before[i].name) != 0)
            j++;
        if (j == m)
            continue; /* replaced by something else, which has tests of its own */
        counts(d, &after[j], 1, is);
        if (is[0] < was[i])
            fprintf(stderr, "%s had %lld rows and has %lld\n", before[i].name, (long long)was[i], (long long)is[0]);
        CHECK(is[0] >= was[i]);
    }
    CHECK_U64(number(d, "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"), 0);
    db_close(d);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
        char file[80];
        snprintf(file, sizeof(file), "%s%s", path, *end);
        unlink(file);
    }
}

/* The two shapes are the same whichever way they came. */
static void test_same_shape(void)
{
    static const char shape[] = "SELECT group_concat(type || ' ' || name || ' ' || tbl_name) FROM (SELECT * FROM sqlite_schema ORDER BY type, name)";
    struct db *d = NULL;
    char whole[65536] = "", stepped[65536] = "";
    struct db_stmt *s;

    check_row("one shape");
    for (int way = 0; way < 2; way++) {
        CHECK(db_open(path, DB_WRITE_FULL, &d) == 0);
        for (size_t k = way ? 1 : schema_step_count; k <= schema_step_count; k++)
            CHECK(db_migrate(d, schema_steps, k) == 0);
        CHECK(db_query(d, &s, shape, "") == 0 && db_step(s) == 1);
        snprintf(way ? stepped : whole, sizeof(whole), "%s", db_cstr(s, 0));
        db_reset(s);
        db_close(d);
        unlink(path);
    }
    CHECK_STR(stepped, whole);
    check_row("newer");
    CHECK(db_open(path, DB_WRITE_FULL, &d) == 0 && db_migrate(d, schema_steps, schema_step_count) == 0);
    CHECK(db_migrate(d, schema_steps, schema_step_count - 1) == ST_USAGE);
    db_close(d);
    unlink(path);
}

int main(void)
{
    gh_check(mkdtemp(dir) && seal_init() == 0);
    snprintf(path, sizeof(path), "%s/console.db", dir);
    test_same_shape();
    for (size_t k = 1; k < schema_step_count; k++)
        from(k);
    CHECK(rmdir(dir) == 0);
    return check_end();
}

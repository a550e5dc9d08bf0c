/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/move.h"
#include "base/writer.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLES 128
#define NAME 64
#define SQL_MAX 4096
#define TELL_ROWS 10000

/* In the order they were made: what is referred to comes first. */
static int tables(struct db *from, char name[static TABLES][NAME], size_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(
        from, &s,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND "
        "name NOT LIKE 'event!_text%' ESCAPE '!' AND name NOT LIKE 'alert!_text%' ESCAPE '!' ORDER BY rowid",
        "");

    *ret = 0;
    while (!rc && (rc = db_step(s)) == 1) {
        if (*ret == TABLES || db_text(s, 0).n >= NAME)
            return ST_LIMIT;
        snprintf(name[(*ret)++], NAME, "%s", db_cstr(s, 0));
        rc = 0;
    }
    return rc;
}

/* "SELECT a, b FROM t" and "INSERT INTO t(a, b) VALUES(?, ?)"; *ret: columns. */
static int statements(struct db *from, const char *table, char select[static SQL_MAX],
                      char insert[static SQL_MAX], int *ret)
{
    char list[SQL_MAX / 2] = "", marks[4 * DB_VALUES] = "", ask[NAME + 64];
    struct writer columns, places;
    struct db_stmt *s;
    int rc;

    writer_fixed(&columns, list, sizeof(list) - 1);
    writer_fixed(&places, marks, sizeof(marks) - 1);
    snprintf(ask, sizeof(ask), "SELECT name FROM pragma_table_info('%s')", table);
    *ret = 0;
    rc = db_query(from, &s, ask, "");
    while (!rc && (rc = db_step(s)) == 1) {
        writer_printf(&columns, "%s%s", *ret ? ", " : "", db_cstr(s, 0));
        writer_str(&places, *ret ? ", ?" : "?");
        if (++*ret > DB_VALUES)
            return ST_LIMIT;
        rc = 0;
    }
    if (rc)
        return rc;
    if (!*ret || !writer_ok(&columns) || !writer_ok(&places))
        return ST_LIMIT;
    list[columns.n] = marks[places.n] = 0;
    snprintf(select, SQL_MAX, "SELECT %s FROM %s", list, table);
    snprintf(insert, SQL_MAX, "INSERT INTO %s(%s) VALUES(%s)", table, list, marks);
    return 0;
}

static int move_table(struct db *from, struct db *to, const char *table, move_fn *told, void *arg)
{
    char select[SQL_MAX], insert[SQL_MAX], count[NAME + 64];
    struct move_told t = {.table = table};
    struct db_stmt *s;
    int columns, rc = statements(from, table, select, insert, &columns);

    snprintf(count, sizeof(count), "SELECT count(*) FROM %s", table);

    t.of = db_number(from, -1, count, "");
    if (told)
        told(arg, &t);
    if (!rc)
        rc = db_query(from, &s, select, "");
    while (!rc && (rc = db_step(s)) == 1) {
        struct db_value v[DB_VALUES];
        for (int i = 0; i < columns; i++)
            v[i] = db_value(s, i);
        rc = db_exec_values(to, insert, v, (size_t)columns);
        if (++t.rows % TELL_ROWS == 0 && told)
            told(arg, &t);
    }
    if (rc)
        return rc;
    if (told)
        told(arg, &t);
    return db_number(to, -1, count, "") == t.of && t.rows == t.of ? 0 : ST_MALFORMED;
}

/* Numbers go on behind those that were brought. */
static int go_on_counting(struct db *to)
{
    struct {
        char table[NAME], column[NAME];
    } * found;
    char sql[512];
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(
        to, &s,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'gatehouse' AND "
        "is_identity = 'YES'",
        "");

    found = calloc(TABLES, sizeof(*found));
    if (!found)
        return ST_NOMEM;
    while (!rc && (rc = db_step(s)) == 1) {
        rc = n == TABLES ? ST_LIMIT : 0;
        if (!rc) {
            snprintf(found[n].table, NAME, "%s", db_cstr(s, 0));
            snprintf(found[n++].column, NAME, "%s", db_cstr(s, 1));
        }
    }
    for (size_t i = 0; i < n && !rc; i++) {
        snprintf(sql, sizeof(sql),
                 "SELECT setval(pg_get_serial_sequence('gatehouse.\"%s\"', '%s'), coalesce(max(%s), 0) + 1, "
                 "FALSE) FROM %s",
                 found[i].table, found[i].column, found[i].column, found[i].table);
        rc = db_exec(to, sql, "");
    }
    free(found);
    return rc;
}

int store_move(struct db *from, struct db *to, move_fn *told, void *arg)
{
    char(*name)[NAME] = calloc(TABLES, NAME);
    size_t n = 0;
    int rc = name ? db_begin(to) : ST_NOMEM;

    if (rc) {
        free(name);
        return rc;
    }
    if (db_number(to, -1, "SELECT count(*) FROM user", "") > 0 ||
        db_number(to, -1, "SELECT count(*) FROM appliance", "") > 0 ||
        db_number(to, -1, "SELECT count(*) FROM event", "") > 0)
        rc = ST_EXISTS;
    if (!rc)
        rc = tables(from, name, &n);
    for (size_t i = n; i-- > 0 && !rc;) { /* from the last, so that nothing refers to what goes */
        char sql[NAME + 32];
        snprintf(sql, sizeof(sql), "DELETE FROM %s", name[i]);
        rc = db_exec(to, sql, "");
    }
    for (size_t i = 0; i < n && !rc; i++)
        rc = move_table(from, to, name[i], told, arg);
    if (!rc)
        rc = go_on_counting(to);
    if (!rc) /* the words are filed anew */
        rc = db_exec(
            to,
            "UPDATE counter SET n = coalesce((SELECT max(id) FROM event), 0) + 1 WHERE name = 'search_low'",
            "");
    if (!rc)
        rc = db_commit(to);
    if (rc)
        db_rollback(to);
    free(name);
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Units: named groups of appliances, and whose they are. */
#include "base/clock.h"
#include "console/store/access.h"

#include <stdio.h>

static int exists(struct db *d, int64_t unit)
{
    char name[UNIT_NAME + 1];
    return unit_name(d, unit, name);
}

int units_read(struct db *d, const struct json *v, struct units *ret)
{
    struct units u = {.all = false};

    if (v && v->type == JSON_STRING && span_eq(v->s, span_str("all"))) {
        *ret = (struct units){.all = true};
        return 0;
    }
    if (!v || v->type != JSON_ARRAY || v->count > UNITS_MAX)
        return ST_MALFORMED;
    json_each(one, v)
    {
        int rc;
        if (one->type != JSON_NUMBER || !one->integer || one->i <= 0)
            return ST_MALFORMED;
        rc = exists(d, one->i);
        if (rc)
            return rc;
        u.id[u.n++] = one->i;
    }
    *ret = u;
    return 0;
}

const char *units_text(const struct units *u, char *buf, size_t cap)
{
    struct writer w;

    if (u->all)
        return NULL;
    writer_fixed(&w, buf, cap);
    for (size_t i = 0; i < u->n; i++)
        writer_printf(&w, "%s%lld", i ? "," : "", (long long)u->id[i]);
    writer_u8(&w, 0);
    gh_check(writer_ok(&w));
    return buf;
}

void units_parse(struct span text, struct units *ret)
{
    *ret = (struct units){.all = false};
    while (text.n && ret->n < UNITS_MAX) {
        ptrdiff_t comma = span_find_byte(text, ',', 0);
        struct span one = span_part(text, 0, comma < 0 ? text.n : (size_t)comma);
        uint64_t id;
        if (span_number(one, INT64_MAX, &id))
            ret->id[ret->n++] = (int64_t)id;
        text = span_part(text, one.n + 1, text.n);
    }
}

static int put_units(struct db *d, const char *sql, int64_t whose, bool all, struct jw *j)
{
    struct db_stmt *s;
    int rc;

    jw_key(j, "units");
    if (all) {
        jw_cstr(j, "all");
        return 0;
    }
    rc = db_query(d, &s, sql, "i", whose);
    jw_arr(j);
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "name", db_text(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int units_put_user(struct db *d, int64_t user, bool all, struct jw *j)
{
    return put_units(
        d, "SELECT id, name FROM unit JOIN user_unit o ON o.unit = unit.id WHERE o.user = ? ORDER BY name",
        user, all, j);
}

int units_put_token(struct db *d, int64_t token, bool all, struct jw *j)
{
    return put_units(
        d, "SELECT id, name FROM unit JOIN token_unit o ON o.unit = unit.id WHERE o.token = ? ORDER BY name",
        token, all, j);
}

int units_set_user(struct db *d, int64_t user, const struct units *u)
{
    int rc = db_exec(d, "UPDATE user SET all_units = ? WHERE id = ?", "ii", (int64_t)u->all, user);

    if (!rc)
        rc = db_exec(d, "DELETE FROM user_unit WHERE user = ?", "i", user);
    for (size_t i = 0; i < u->n && !rc; i++)
        rc = db_exec(d, "INSERT INTO user_unit SELECT ?, id FROM unit WHERE id = ? ON CONFLICT DO NOTHING",
                     "ii", user, u->id[i]);
    return rc;
}

int units_set_token(struct db *d, int64_t token, const struct units *u)
{
    int rc = db_exec(d, "DELETE FROM token_unit WHERE token = ?", "i", token);

    for (size_t i = 0; i < u->n && !rc; i++)
        rc = db_exec(d, "INSERT INTO token_unit SELECT ?, id FROM unit WHERE id = ? ON CONFLICT DO NOTHING",
                     "ii", token, u->id[i]);
    return rc;
}

static int put_appliances(struct db *d, int64_t unit, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT identity, name FROM appliance p JOIN unit_appliance m ON m.appliance = p.id "
                      "WHERE m.unit = ? ORDER BY name",
                      "i", unit);

    jw_karr(j, "appliances");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_khex(j, "id", db_blob(s, 0).p, db_blob(s, 0).n);
        jw_kstr(j, "name", db_text(s, 1));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

#define UNIT "SELECT id, name, created, (SELECT count(*) FROM user_unit o WHERE o.unit = unit.id) FROM unit "

static int put(struct db *d, struct db_stmt *s, struct jw *j)
{
    int rc;

    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_kstr(j, "name", db_text(s, 1));
    jw_ktime(j, "created", db_i64(s, 2));
    jw_ki64(j, "people", db_i64(s, 3));
    rc = put_appliances(d, db_i64(s, 0), j);
    jw_end_obj(j);
    return rc;
}

int unit_list(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, UNIT "ORDER BY name LIMIT 1000", "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1)
        rc = put(d, s, j);
    jw_end_arr(j);
    return rc;
}

int unit_one(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, UNIT "WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    rc = put(d, s, j);
    db_reset(s);
    return rc;
}

int unit_add(struct db *d, struct span name, int64_t *ret_id)
{
    int rc = db_exec(d, "INSERT INTO unit(name, created) VALUES(?, ?)", "ti", name, (int64_t)clock_wall_us());

    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int unit_rename(struct db *d, int64_t id, struct span name)
{
    return db_exec(d, "UPDATE unit SET name = ? WHERE id = ?", "ti", name, id);
}

int unit_remove(struct db *d, int64_t id)
{
    int rc = db_exec(d, "DELETE FROM unit WHERE id = ?", "i", id);

    return rc ? rc : db_changes(d) ? 0 : ST_NOT_FOUND;
}

int unit_fill(struct db *d, int64_t id, const int64_t *appliances, size_t n)
{
    int rc = db_exec(d, "DELETE FROM unit_appliance WHERE unit = ?", "i", id);

    for (size_t i = 0; i < n && !rc; i++)
        rc = db_exec(d, "INSERT INTO unit_appliance(unit, appliance) VALUES(?, ?) ON CONFLICT DO NOTHING",
                     "ii", id, appliances[i]);
    return rc;
}

int unit_name(struct db *d, int64_t id, char buf[static UNIT_NAME + 1])
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT name FROM unit WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    snprintf(buf, UNIT_NAME + 1, "%s", db_cstr(s, 0));
    db_reset(s);
    return 0;
}

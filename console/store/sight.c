/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/sight.h"

#include <stdio.h>

const struct sight sight_everything = {.all_units = true, .token_all = true, .clear = SIGHT_CLEAR_ALL};

const char *const sight_scheme_names[SCHEME_COUNT] = {"vn", "other"};
/* Levels of a scheme from the lowest to the highest. */
static const char *const schemes[SCHEME_COUNT][5] = {
    [SCHEME_VN] = {"none", "mat", "toi_mat", "tuyet_mat", NULL},
    [SCHEME_OTHER] = {"none", "restricted", "confidential", "secret", "top_secret"},
};

int sight_load(struct db *d, int64_t user, struct sight *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT all_units, clear FROM user WHERE id = ?", "i", user);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct sight){.user = user,
                          .all_units = db_i64(s, 0) != 0,
                          .token_all = true,
                          .clear = ((unsigned)db_i64(s, 1) & SIGHT_CLEAR_ALL) | 1};
    db_reset(s);
    return 0;
}

bool sight_all_units(const struct sight *s)
{
    return s->all_units && s->token_all;
}

bool sight_all_levels(const struct sight *s)
{
    return (s->clear & SIGHT_CLEAR_ALL) == SIGHT_CLEAR_ALL;
}

const char *sight_scope_sql(const struct sight *s, const char *column, char buf[static SIGHT_SQL])
{
    int n = 0;

    if (sight_all_units(s))
        return "TRUE";
    if (!s->all_units)
        n = snprintf(buf, SIGHT_SQL,
                     "%s IN (SELECT m.appliance FROM user_unit u JOIN unit_appliance m ON m.unit = u.unit "
                     "WHERE u.user = %lld)",
                     column, (long long)s->user);
    if (!s->token_all && n < SIGHT_SQL)
        n += snprintf(buf + n, SIGHT_SQL - (size_t)n,
                      "%s%s IN (SELECT m.appliance FROM token_unit u JOIN unit_appliance m ON m.unit = "
                      "u.unit WHERE u.token = %lld)",
                      n ? " AND " : "", column, (long long)s->token);
    gh_check(n < SIGHT_SQL);
    return buf;
}

const char *sight_clear_sql(const struct sight *s, const char *alias, char buf[static SIGHT_SQL])
{
    unsigned hidden = ~s->clear & SIGHT_CLEAR_ALL;
    int n;

    if (!hidden)
        return "TRUE";
    n = snprintf(buf, SIGHT_SQL,
                 "((%u >> coalesce(%s.level, 0) & 1) = 0 AND NOT EXISTS(SELECT 1 FROM flow_level l WHERE "
                 "l.appliance = %s.appliance AND l.flow = %s.flow AND (l.levels & %u) <> 0) AND NOT EXISTS(SELECT 1 "
                 "FROM document w WHERE w.sha256 = %s.sha256 AND (%u >> w.level & 1) <> 0))",
                 hidden, alias, alias, alias, hidden, alias, hidden);
    gh_check(n < SIGHT_SQL);
    return buf;
}

int sight_sees_appliance(struct db *d, const struct sight *s, int64_t appliance)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 64];
    struct db_stmt *q;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT 1 FROM appliance p WHERE p.id = ? AND %s",
             sight_scope_sql(s, "p.id", scope));
    rc = db_query(d, &q, sql, "i", appliance);
    if (!rc && (rc = db_step(q)) == 1)
        db_reset(q);
    return rc;
}

int sight_alert(struct db *d, const struct sight *s, int64_t alert, bool *ret_clear)
{
    char scope[SIGHT_SQL], clear[SIGHT_SQL], sql[2 * SIGHT_SQL + 64];
    struct db_stmt *q;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT %s FROM alert a WHERE a.id = ? AND %s", sight_clear_sql(s, "a", clear),
             sight_scope_sql(s, "a.appliance", scope));
    rc = db_query(d, &q, sql, "i", alert);
    if (rc || (rc = db_step(q)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_clear = db_i64(q, 0) != 0;
    db_reset(q);
    return 0;
}

int sight_note_level(struct db *d, int64_t appliance, int64_t flow, int level)
{
    if (level <= 0 || level >= LEVEL_COUNT)
        return 0;
    return db_exec(
        d,
        "INSERT INTO flow_level(appliance, flow, levels) VALUES(?1, ?2, ?3) ON CONFLICT(appliance, "
        "flow) DO UPDATE SET levels = levels | ?3",
        "iii", appliance, flow, (int64_t)1 << level);
}

int sight_clear_of(enum sight_scheme scheme, struct span highest)
{
    unsigned clear = 0;

    for (size_t i = 0; i < GH_COUNT(schemes[scheme]) && schemes[scheme][i]; i++) {
        clear |= 1u << level_number(schemes[scheme][i]);
        if (span_eq(highest, span_str(schemes[scheme][i])))
            return (int)clear;
    }
    return -1;
}

const char *sight_highest(enum sight_scheme scheme, unsigned clear)
{
    const char *highest = schemes[scheme][0];

    for (size_t i = 1; i < GH_COUNT(schemes[scheme]) && schemes[scheme][i]; i++) {
        if (!(clear >> level_number(schemes[scheme][i]) & 1))
            break;
        highest = schemes[scheme][i];
    }
    return highest;
}

void sight_put_clearance(unsigned clear, struct jw *j)
{
    jw_kobj(j, "clearance");
    for (int i = 0; i < SCHEME_COUNT; i++)
        jw_kcstr(j, sight_scheme_names[i], sight_highest((enum sight_scheme)i, clear));
    jw_end_obj(j);
}

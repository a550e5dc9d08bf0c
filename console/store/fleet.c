/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/fleet.h"
#include "base/digest.h"
#include "base/seal.h"
#include "console/store/regions.h"

#include <stdio.h>

#define SECOND_US INT64_C(1000000)
#define SQL_MAX (SIGHT_SQL + 1024)

const char *const fleet_profile_names[FLEET_PROFILES] = {"office", "post", "ship"};
const int64_t fleet_profile_expect[FLEET_PROFILES] = {300, 86400, 7 * 86400};
const char *const fleet_health_names[FLEET_HEALTHS] = {"heard",  "away",  "overdue",
                                                       "silent", "never", "retired"};

int fleet_profile_number(struct span name)
{
    for (int i = 0; i < FLEET_PROFILES; i++)
        if (span_eq(name, span_str(fleet_profile_names[i])))
            return i;
    return -1;
}

enum fleet_health fleet_health(const struct fleet_site *s, bool retired, int64_t heard_us, int64_t now_us)
{
    int64_t age = (now_us - heard_us) / SECOND_US;

    if (retired)
        return FLEET_RETIRED;
    if (heard_us <= 0)
        return FLEET_NEVER;
    if (age <= s->expect_s)
        return FLEET_HEARD;
    if (age > FLEET_LATE * s->expect_s)
        return FLEET_SILENT;
    return s->profile == FLEET_OFFICE ? FLEET_OVERDUE : FLEET_AWAY;
}

int fleet_site_set(struct db *d, int64_t appliance, const struct fleet_site *s)
{
    static const char sql[] =
        "INSERT INTO appliance_site(appliance, profile, expect_s, place, lat, lon) VALUES(?1, ?2, ?3, ?4, "
        "?5, ?6) ON "
        "CONFLICT(appliance) DO UPDATE SET profile = ?2, expect_s = ?3, place = ?4, lat = ?5, lon = ?6";

    return s->placed ? db_exec(d, sql, "iiisdd", appliance, (int64_t)s->profile, s->expect_s, s->place,
                               s->lat, s->lon)
                     : db_exec(d, sql, "iiisnn", appliance, (int64_t)s->profile, s->expect_s, s->place);
}

static int put_units(struct db *d, int64_t appliance, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT u.name FROM unit_appliance a JOIN unit u ON u.id = a.unit WHERE a.appliance = "
                      "? ORDER BY u.name",
                      "i", appliance);

    jw_karr(j, "units");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_str(j, db_text(s, 0));
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put(struct db *d, struct db_stmt *s, int64_t now_us, struct jw *j)
{
    struct fleet_site site = {.profile = FLEET_OFFICE, .expect_s = fleet_profile_expect[FLEET_OFFICE]};
    int64_t batches = db_i64(s, 5), offered = db_i64(s, 6);
    bool retired = db_i64(s, 3) != 0;
    int rc;

    if (!db_is_null(s, 7) && db_i64(s, 7) >= 0 && db_i64(s, 7) < FLEET_PROFILES) {
        site.profile = (enum fleet_profile)db_i64(s, 7);
        site.expect_s = db_i64(s, 8);
        site.placed = !db_is_null(s, 9) && !db_is_null(s, 10);
    }
    jw_obj(j);
    jw_ki64(j, "number", db_i64(s, 0));
    jw_khex(j, "id", db_blob(s, 1).p, db_blob(s, 1).n);
    jw_kstr(j, "name", db_text(s, 2));
    jw_kcstr(j, "health", fleet_health_names[fleet_health(&site, retired, db_i64(s, 4), now_us)]);
    jw_ktime(j, "last_heard", db_i64(s, 4));
    jw_ktime(j, "expected", db_i64(s, 4) > 0 ? db_i64(s, 4) + site.expect_s * SECOND_US : 0);
    jw_kcstr(j, "profile", fleet_profile_names[site.profile]);
    jw_ki64(j, "expect_s", site.expect_s);
    jw_key(j, "lat");
    site.placed ? jw_f64(j, db_f64(s, 9)) : jw_null(j);
    jw_key(j, "lon");
    site.placed ? jw_f64(j, db_f64(s, 10)) : jw_null(j);
    jw_kcstr(j, "place", db_cstr(s, 11));
    jw_ki64(j, "queue", offered > batches + 1 ? offered - batches - 1 : 0);
    jw_kcstr(j, "kind", db_i64(s, 15) == APPLIANCE_REGION ? "region" : "appliance");
    rc = db_i64(s, 15) == APPLIANCE_REGION ? origin_put(d, db_i64(s, 0), j) : 0;
    rc = rc ? rc : put_units(d, db_i64(s, 0), j);
    jw_kcstr(j, "ring", db_cstr(s, 12));
    jw_ki64(j, "lost_day", db_i64(s, 13));
    jw_ki64(j, "alerts_day", db_i64(s, 14));
    jw_end_obj(j);
    return rc;
}

int fleet_list(struct db *d, const struct sight *who, int64_t now_us, struct jw *j)
{
    char scope[SIGHT_SQL], sql[SQL_MAX];
    struct db_stmt *s;
    int rc;

    snprintf(
        sql, sizeof(sql),
        "SELECT p.id, p.identity, p.name, p.state, p.heard, p.batches, coalesce(p.offered, 0), t.profile, "
        "t.expect_s, t.lat, t.lon, "
        "t.place, p.ring, (SELECT coalesce(sum(n), 0) FROM rollup WHERE kind = ?1 AND width = 0 AND at >= ?3 "
        "AND "
        "appliance = p.id), "
        "(SELECT coalesce(sum(n), 0) FROM rollup WHERE kind = ?2 AND width = 0 AND at >= ?3 AND appliance = "
        "p.id AND key = 'alerts'), p.kind "
        "FROM appliance p LEFT JOIN appliance_site t ON t.appliance = p.id WHERE %s ORDER BY p.name, p.id",
        sight_scope_sql(who, "p.id", scope));
    rc = db_query(d, &s, sql, "iii", (int64_t)ROLLUP_LOST, (int64_t)ROLLUP_TOTAL, now_us / SECOND_US - 86400);
    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1)
        rc = put(d, s, now_us, j);
    jw_end_arr(j);
    return rc;
}

int fleet_name(struct db *d, int64_t appliance, char *name, size_t cap, char identity[static 33])
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT name, identity FROM appliance WHERE id = ?", "i", appliance);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    snprintf(name, cap, "%s", db_cstr(s, 0));
    identity[0] = 0;
    if (db_blob(s, 1).n == SEAL_ID)
        digest_hex(db_blob(s, 1).p, SEAL_ID, identity);
    db_reset(s);
    return 0;
}

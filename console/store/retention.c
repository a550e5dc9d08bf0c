/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/retention.h"
#include "base/clock.h"
#include "base/event.h"
#include "console/events/retain.h"
#include "console/store/forget.h"

#include <stdio.h>

#define DAY_US INT64_C(86400000000)
#define AGAIN_US INT64_C(3600000000) /* between two passes of a rule */
#define PREVIEW_MS 3000
#define STATEMENT_MS 10000

const char *const hold_kind_names[HOLD_KIND_COUNT] = {"appliance", "document", "alert", "case"};

/* hold.kind: 0 appliance, 1 document, 2 alert, 3 case. */
#define HELD                                                                                                 \
    "(event.appliance IN (SELECT ref FROM hold WHERE kind = 0 AND ended ISNULL)"                             \
    " OR (event.sha256 NOTNULL AND event.sha256 IN (SELECT identity FROM hold WHERE kind = 1 AND ended "     \
    "ISNULL))"                                                                                               \
    " OR (event.flow NOTNULL AND (event.appliance, event.flow) IN (SELECT a.appliance, a.flow FROM alert a " \
    "JOIN hold h ON"                                                                                         \
    " (h.kind = 2 AND a.id = h.ref) OR (h.kind = 3 AND a.case_id = h.ref) WHERE h.ended ISNULL AND a.flow "  \
    "NOTNULL)))"
const char retention_held_sql[] = HELD;

/* Rows that a rule means: ?1 type or -1, ?2 level or -1, ?3 older than. */
#define MEANT                                                                                                \
    "event.time < ?3 AND (?1 < 0 OR event.type = ?1) AND (?2 < 0 OR coalesce(event.level, 0) = ?2) AND NOT " \
    "EXISTS"                                                                                                 \
    "(SELECT 1 FROM alert WHERE alert.event = event.id)"

int retention_add(struct db *d, const struct retention_rule *r, const char *user, int64_t *ret_id)
{
    int rc;

    if (db_number(d, 0, "SELECT count(*) FROM retention", "") >= RETENTION_RULES)
        return ST_FULL;
    rc = db_exec(d, "INSERT INTO retention(type, level, days, created, created_by) VALUES(?, ?, ?, ?, ?)",
                 "iiiis", (int64_t)r->type, (int64_t)r->level, r->days, (int64_t)clock_wall_us(), user);
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int retention_remove(struct db *d, int64_t id)
{
    int rc = db_exec(d, "DELETE FROM retention WHERE id = ?", "i", id);

    return rc ? rc : db_changes(d) ? 0 : ST_NOT_FOUND;
}

static void put_rule(struct jw *j, int64_t type, int64_t level, int64_t days)
{
    jw_key(j, "event_type");
    jw_cstr(j, type < 0 ? NULL : event_type_name((enum event_type)type));
    jw_key(j, "level");
    jw_cstr(j, level < 0 || level >= LEVEL_COUNT ? NULL : level_names[level]);
    jw_ki64(j, "days", days);
}

int retention_list(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT id, type, level, days, forgotten, passed, created, created_by FROM retention "
                      "ORDER BY type, level",
                      "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        put_rule(j, db_i64(s, 1), db_i64(s, 2), db_i64(s, 3));
        jw_ki64(j, "forgotten", db_i64(s, 4));
        jw_ktime(j, "last_pass", db_i64(s, 5));
        jw_ktime(j, "created", db_i64(s, 6));
        jw_kstr(j, "created_by", db_text(s, 7));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int retention_preview(struct db *d, const struct retention_rule *r, struct jw *j)
{
    int64_t cut = (int64_t)clock_wall_us() - r->days * DAY_US, go = 0, held = 0;
    struct db_stmt *s;
    int rc;

    db_time_box(d, PREVIEW_MS);
    rc = db_query(d, &s, "SELECT count(*), sum(" HELD ") FROM event WHERE event.id > ?4 AND " MEANT, "iiii", (int64_t)r->type,
                  (int64_t)r->level, cut, far_shipped(d));
    if (!rc && (rc = db_step(s)) == 1) {
        held = db_i64(s, 1);
        go = db_i64(s, 0) - held;
        db_reset(s);
        rc = 0;
    }
    db_time_box(d, STATEMENT_MS);
    if (!rc && far_of(d)) {
        int64_t far_go = 0, far_held = 0;
        rc = retain_count(d, far_of(d)->click, r, cut, &far_go, &far_held);
        go += far_go;
        held += far_held;
    }
    jw_kbool(j, "complete", rc == 0);
    jw_ktime(j, "older_than", cut);
    jw_ki64(j, "events", go);
    jw_ki64(j, "held", held);
    return rc == ST_TIMEOUT ? 0 : rc;
}

/* ---- holds ---- */

static int find_ref(struct db *d, enum hold_kind kind, struct span identity, int64_t *ref)
{
    struct db_stmt *s;
    int rc;

    if (kind == HOLD_DOCUMENT)
        return 0; /* also one that has not come yet */
    if (kind == HOLD_APPLIANCE)
        rc = db_query(d, &s, "SELECT id FROM appliance WHERE identity = ?", "b", identity);
    else
        rc = db_query(d, &s,
                      kind == HOLD_ALERT ? "SELECT id FROM alert WHERE id = ?"
                                         : "SELECT id FROM cases WHERE id = ?",
                      "i", *ref);
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ref = db_i64(s, 0);
    db_reset(s);
    return 0;
}

int hold_add(struct db *d, enum hold_kind kind, int64_t ref, struct span identity, const char *reason,
             const char *user, int64_t *ret_id)
{
    int rc = find_ref(d, kind, identity, &ref);

    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO hold(kind, ref, identity, reason, created, created_by) VALUES(?1, ?2, "
                     "iif(?1 < 2, ?3, NULL), ?4, ?5, ?6)",
                     "iibsis", (int64_t)kind, ref, identity, reason, (int64_t)clock_wall_us(), user);
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int hold_end(struct db *d, int64_t id, const char *user)
{
    int rc = db_exec(d, "UPDATE hold SET ended = ?, ended_by = ? WHERE id = ? AND ended ISNULL", "isi",
                     (int64_t)clock_wall_us(), user, id);

    return rc ? rc : db_changes(d) ? 0 : ST_NOT_FOUND;
}

int hold_list(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT h.id, h.kind, h.ref, h.identity, a.name, h.reason, h.created, h.created_by, h.ended, "
        "h.ended_by FROM hold h "
        "LEFT JOIN appliance a ON h.kind = 0 AND a.id = h.ref ORDER BY h.ended NOTNULL, h.id DESC LIMIT 500",
        "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t kind = db_i64(s, 1);
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kcstr(j, "kind", hold_kind_names[kind >= 0 && kind < HOLD_KIND_COUNT ? kind : 0]);
        jw_key(j, "number");
        if (kind >= HOLD_ALERT)
            jw_i64(j, db_i64(s, 2));
        else
            jw_null(j);
        jw_key(j, "identity");
        if (db_blob(s, 3).n)
            jw_hex(j, db_blob(s, 3).p, db_blob(s, 3).n);
        else
            jw_null(j);
        jw_ktext(j, "name", db_text(s, 4));
        jw_kstr(j, "reason", db_text(s, 5));
        jw_ktime(j, "created", db_i64(s, 6));
        jw_kstr(j, "created_by", db_text(s, 7));
        jw_ktime(j, "ended", db_i64(s, 8));
        jw_ktext(j, "ended_by", db_text(s, 9));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

/* ---- the background work ---- */

int retention_find_due(struct db *d, int64_t now, struct retention_due *r)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT id, type, level, days, at, pending FROM retention WHERE at > 0 OR "
                      "coalesce(passed, 0) < ? ORDER BY at DESC, id LIMIT 1",
                      "i", now - AGAIN_US);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *r = (struct retention_due){
        db_i64(s, 0), db_i64(s, 4), db_i64(s, 5), {(int)db_i64(s, 1), (int)db_i64(s, 2), db_i64(s, 3)}};
    db_reset(s);
    return 0;
}

/* The pass is over: what went is in the audit, once. */
int retention_end_pass(struct db *d, const struct retention_due *r, int64_t now)
{
    char what[64], detail[96];
    int rc =
        db_exec(d, "UPDATE retention SET at = 0, pending = 0, passed = ? WHERE id = ?", "ii", now, r->id);

    if (rc || !r->gone)
        return rc;
    snprintf(what, sizeof(what), "%s, %s, %lld days",
             r->rule.type < 0 ? "all events" : event_type_name((enum event_type)r->rule.type),
             r->rule.level < 0 || r->rule.level >= LEVEL_COUNT ? "any level" : level_names[r->rule.level],
             (long long)r->rule.days);
    snprintf(detail, sizeof(detail), "%lld events were forgotten", (long long)r->gone);
    return audit_append(d, "console", NULL, "events_forgotten", what, detail);
}

static int one_step(struct db *d, const struct retention_due *r, int64_t now, bool *ret_more)
{
    int64_t end = db_number(d, 0, "SELECT max(id) FROM event", ""), from = r->at, to, gone = 0;
    char sql[2048];
    struct db_stmt *s;
    struct retention_due after = *r;
    int rc;

    if (!from)
        from = db_number(d, 0, "SELECT min(id) FROM event", "") - 1;
    to = from + RETENTION_ROWS;
    snprintf(sql, sizeof(sql),
             "SELECT id, type, time, json FROM event WHERE id > ?4 AND id <= ?5 AND " MEANT " AND NOT " HELD);
    rc = db_query(d, &s, sql, "iiiii", (int64_t)r->rule.type, (int64_t)r->rule.level,
                  now - r->rule.days * DAY_US, from, to);
    if (!rc)
        rc = forget_rows(d, s, &gone);
    if (!rc)
        rc = db_exec(
            d,
            "UPDATE retention SET at = ?1, forgotten = forgotten + ?2, pending = pending + ?2 WHERE id = ?3",
            "iii", to, gone, r->id);
    if (!rc && gone)
        rc = counter_add(d, "events_forgotten", gone);
    after.gone += gone;
    *ret_more = to < end;
    return rc || *ret_more ? rc : retention_end_pass(d, &after, now);
}

bool retention_step(struct store *store)
{
    int64_t now = (int64_t)clock_wall_us();
    struct retention_due due;
    bool more = false;
    int rc;
    struct db *d = store_begin(store, &rc);

    if (!d)
        return false;
    if (far_of(d)) { /* console/events/retain.h does it there */
        store_rollback(store);
        return false;
    }
    rc = retention_find_due(d, now, &due);
    if (!rc)
        rc = one_step(d, &due, now, &more);
    rc = store_end(store, rc);
    return !rc; /* another rule may be due */
}

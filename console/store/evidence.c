/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/evidence.h"
#include "base/clock.h"
#include "console/store/facts.h"

#include <stdio.h>

const char *const opening_state_names[OPENING_STATE_COUNT] = {"waiting", "opened", "withdrawn"};

int evidence_told(struct db *d, int64_t appliance, int64_t time, const struct json *event)
{
    const struct json *audit = json_path(event, "gatehouse.audit");
    const char *what = json_cstr(json_get(audit, "what"), "");
    bool sealed = !strcmp(what, "evidence_sealed"), opened = !strcmp(what, "evidence_opened");
    uint8_t sha256[32];
    int64_t size;

    if ((!sealed && !opened) ||
        !facts_hex(span_str(json_cstr(json_get(audit, "sha256"), "")), sha256, sizeof(sha256)))
        return 0;
    size = json_i64(json_get(audit, "size"), 0);
    if (opened)
        return db_exec(d, "UPDATE sealed SET recorded = ? WHERE appliance = ? AND sha256 = ?", "iib", time,
                       appliance, span_of(sha256, sizeof(sha256)));
    return db_exec(d,
                   "INSERT INTO sealed(appliance, sha256, time, size) VALUES(?, ?, ?, ?) ON "
                   "CONFLICT(appliance, sha256) DO NOTHING",
                   "ibii", appliance, span_of(sha256, sizeof(sha256)), time, size < 0 ? 0 : size);
}

static void put_next(struct jw *j, int64_t n, int64_t limit, int64_t last)
{
    jw_end_arr(j);
    jw_key(j, "next");
    if (n == limit && last > 1)
        jw_i64(j, last);
    else
        jw_null(j);
}

static void put_id(struct jw *j, const char *key, struct db_stmt *s, int column)
{
    jw_key(j, key);
    if (db_is_null(s, column))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, column));
}

static void put_sealed(struct db_stmt *s, struct jw *j)
{
    int64_t level = db_i64(s, 6), state = db_i64(s, 9);

    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_khex(j, "sha256", db_blob(s, 1).p, db_blob(s, 1).n);
    jw_ktime(j, "time", db_i64(s, 2));
    jw_ki64(j, "size", db_i64(s, 3));
    jw_kobj(j, "appliance");
    jw_khex(j, "id", db_blob(s, 4).p, db_blob(s, 4).n);
    jw_kstr(j, "name", db_text(s, 5));
    jw_end_obj(j);
    jw_kcstr(j, "level", level_names[level >= 0 && level < LEVEL_COUNT ? level : 0]);
    put_id(j, "alert", s, 7);
    jw_key(j, "opening");
    if (db_is_null(s, 8)) {
        jw_null(j);
    } else {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 8));
        jw_kcstr(j, "state", opening_state_names[state >= 0 && state < OPENING_STATE_COUNT ? state : 0]);
        jw_end_obj(j);
    }
    jw_ktime(j, "recorded", db_i64(s, 10));
    jw_end_obj(j);
}

int evidence_list(struct db *d, const struct sight *who, int64_t before, int64_t limit, struct jw *j)
{
    char scope[SIGHT_SQL], sql[SIGHT_SQL + 1024];
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT e.id, e.sha256, e.time, e.size, a.identity, a.name, coalesce((SELECT level FROM "
             "document WHERE sha256 = e.sha256), 0), "
             "(SELECT max(id) FROM alert WHERE sha256 = e.sha256 AND appliance = e.appliance), o.id, "
             "o.state, e.recorded "
             "FROM sealed e JOIN appliance a ON a.id = e.appliance LEFT JOIN opening o ON o.id = "
             "(SELECT max(id) FROM opening WHERE sha256 = e.sha256) WHERE e.id < ? AND %s ORDER BY e.id DESC "
             "LIMIT ?",
             sight_scope_sql(who, "e.appliance", scope));
    rc = db_query(d, &s, sql, "ii", before, limit);
    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        put_sealed(s, j);
        last = db_i64(s, 0);
        n++;
        rc = 0;
    }
    put_next(j, n, limit, last);
    return rc;
}

static int64_t waiting(struct db *d)
{
    return db_number(d, 0, "SELECT count(*) FROM opening WHERE state = 0", "");
}

int opening_add(struct db *d, const struct opening_request *q, struct span bytes, const char *user,
                int64_t *ret_id)
{
    int rc;

    if (waiting(d) >= OPENINGS_WAITING_MAX)
        return ST_FULL;
    rc = db_exec(d,
                 "INSERT INTO opening(request, kind, sha256, by, reason, quorum, made, received, "
                 "received_by, state, bytes) "
                 "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                 "bibssiiisb", span_of(q->id, sizeof(q->id)), (int64_t)q->kind,
                 span_of(q->sha256, sizeof(q->sha256)), q->by, q->reason, (int64_t)q->committee.quorum,
                 (int64_t)q->made_us, (int64_t)clock_wall_us(), user, bytes);
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

#define OPENING_COLUMNS                                                                                      \
    "SELECT o.id, o.kind, o.sha256, o.by, o.reason, o.quorum, o.made, o.received, o.received_by, o.state, "  \
    "o.ended, o.members, "                                                                                   \
    "(SELECT count(*) FROM opening_share WHERE opening = o.id) FROM opening o "

static void put_opening(struct db_stmt *s, struct jw *j)
{
    int64_t state = db_i64(s, 9);

    jw_ki64(j, "id", db_i64(s, 0));
    jw_kcstr(j, "kind", db_i64(s, 1) == OPENING_RENEW ? "renew" : "document");
    jw_key(j, "sha256");
    if (db_i64(s, 1) == OPENING_RENEW)
        jw_null(j);
    else
        jw_hex(j, db_blob(s, 2).p, db_blob(s, 2).n);
    jw_kstr(j, "by", db_text(s, 3));
    jw_kstr(j, "reason", db_text(s, 4));
    jw_ki64(j, "quorum", db_i64(s, 5));
    jw_ki64(j, "shares_here", db_i64(s, 12));
    jw_ktime(j, "made", db_i64(s, 6));
    jw_ktime(j, "received", db_i64(s, 7));
    jw_kstr(j, "received_by", db_text(s, 8));
    jw_kcstr(j, "state", opening_state_names[state >= 0 && state < OPENING_STATE_COUNT ? state : 0]);
    jw_ktime(j, "ended", db_i64(s, 10));
}

int opening_list(struct db *d, int64_t before, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc =
        db_query(d, &s, OPENING_COLUMNS "WHERE o.id < ? ORDER BY o.id DESC LIMIT ?", "ii", before, limit);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        put_opening(s, j);
        jw_end_obj(j);
        last = db_i64(s, 0);
        n++;
        rc = 0;
    }
    put_next(j, n, limit, last);
    return rc;
}

int opening_put(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int64_t members;
    int rc = db_query(d, &s, OPENING_COLUMNS "WHERE o.id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    put_opening(s, j);
    members = db_i64(s, 11);
    db_reset(s);
    jw_karr(j, "shares");
    rc = db_query(
        d, &s,
        "SELECT id, member, name, received, received_by FROM opening_share WHERE opening = ? ORDER BY id",
        "i", id);
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "member", db_text(s, 2));
        jw_ktime(j, "received", db_i64(s, 3));
        jw_kstr(j, "received_by", db_text(s, 4));
        jw_kbool(j, "used", (members >> db_i64(s, 1) & 1) != 0);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int read_bytes(struct db_stmt *s, int rc, struct writer *w)
{
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    writer_put(w, db_blob(s, 0));
    return writer_ok(w) ? 0 : ST_LIMIT;
}

int opening_bytes(struct db *d, int64_t id, struct writer *w, enum opening_state *ret_state)
{
    struct db_stmt *s = NULL;
    int rc = db_query(d, &s, "SELECT bytes, state FROM opening WHERE id = ?", "i", id);

    rc = read_bytes(s, rc, w);
    if (!rc) {
        *ret_state = (enum opening_state)db_i64(s, 1);
        db_reset(s);
    }
    return rc;
}

int opening_share_add(struct db *d, int64_t id, unsigned member, const char *name, struct span bytes,
                      const char *user)
{
    return db_exec(d,
                   "INSERT INTO opening_share(opening, member, name, received, received_by, bytes) VALUES(?, "
                   "?, ?, ?, ?, ?)",
                   "iisisb", id, (int64_t)member, name, (int64_t)clock_wall_us(), user, bytes);
}

int opening_share_bytes(struct db *d, int64_t share, struct writer *w)
{
    struct db_stmt *s = NULL;
    int rc = db_query(d, &s, "SELECT bytes FROM opening_share WHERE id = ?", "i", share);

    rc = read_bytes(s, rc, w);
    if (!rc)
        db_reset(s);
    return rc;
}

int opening_end_state(struct db *d, int64_t id, enum opening_state state, uint64_t when_us, unsigned members)
{
    return db_exec(d, "UPDATE opening SET state = ?, ended = ?, members = ? WHERE id = ? AND state = 0",
                   "iiii", (int64_t)state, (int64_t)when_us, (int64_t)members, id);
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Goods: what appliances say that became of them, and the lists of all that for people. */
#include "base/clock.h"
#include "base/text.h"
#include "console/store/facts.h"
#include "console/store/goods.h"

#include <stdio.h>

#define REASON_MAX 240

static struct span text_of(const struct json *v, size_t max)
{
    struct span s = v && v->type == JSON_STRING ? v->s : (struct span){NULL, 0};

    return s.n > max ? span_part(s, 0, text_utf8_prefix(span_part(s, 0, max))) : s;
}

/* What it says that it runs: a name, version and serial; the hash of its manifest, empty: as it was made. */
static bool read_running(const struct json *j, struct span *name, struct span *version, int64_t *serial,
                         uint8_t *hash, size_t *ret_hash)
{
    *name = text_of(json_get(j, "name"), GOODS_NAME);
    *version = text_of(json_get(j, "version"), GOODS_NAME);
    *serial = json_i64(json_get(j, "serial"), 0);
    *ret_hash = facts_hex(text_of(json_get(j, "manifest"), 2 * SEAL_HASH), hash, SEAL_HASH) ? SEAL_HASH : 0;
    return *serial >= 0;
}

int goods_told(struct db *d, int64_t appliance, const struct json *event)
{
    const struct json *audit = json_path(event, "gatehouse.audit");
    struct span state = text_of(json_get(audit, "state"), 32), name, version;
    enum goods_kind kind = goods_kind_of(text_of(json_get(audit, "kind"), 32));
    int64_t serial = json_i64(json_get(audit, "serial"), 0), running = 0;
    uint8_t hash[SEAL_HASH];
    size_t hash_n, st = GOODS_RUNNING;
    int rc;

    if (!span_eq(text_of(json_get(audit, "what"), 32), span_str("goods")) || kind == GOODS_KINDS ||
        serial <= 0 || serial >= INT64_MAX ||
        !read_running(json_get(audit, "running"), &name, &version, &running, hash, &hash_n))
        return 0;
    while (st < GOODS_STATES && !span_eq(state, span_str(goods_state_names[st])))
        st++;
    if (st == GOODS_STATES)
        return 0; /* of a newer version: not understood, and nothing is claimed */
    rc = db_exec(d,
                 "INSERT INTO goods_want(appliance, kind, told, told_serial, state, reason, running, "
                 "running_version, running_serial, "
                 "running_hash) VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?7, ?8, ?9, nullif(?10, x'')) ON "
                 "CONFLICT(appliance, kind) DO "
                 "UPDATE SET told = ?3, told_serial = ?4, state = ?5, reason = nullif(?6, ''), running = ?7, "
                 "running_version = ?8, "
                 "running_serial = ?9, running_hash = nullif(?10, x'') WHERE ifnull(told_serial, 0) <= ?4",
                 "iiiiittti"
                 "b",
                 appliance, (int64_t)kind, (int64_t)clock_wall_us(), serial, (int64_t)st,
                 text_of(json_get(audit, "reason"), REASON_MAX), name, version, running,
                 span_of(hash, hash_n));
    /* It knows a later order than this console: that was put back from a backup. What is ordered is ordered
     * anew, above. */
    if (!rc)
        rc = db_exec(d,
                     "UPDATE goods_want SET serial = told_serial + iif(running_hash IS NOT (SELECT hash FROM "
                     "goods WHERE "
                     "id = goods_want.goods), 1, 0), made = ?3 WHERE appliance = ?1 AND kind = ?2 AND goods "
                     "IS NOT NULL AND "
                     "told_serial > serial",
                     "iii", appliance, (int64_t)kind, (int64_t)clock_wall_us());
    return rc;
}

/* ---- lists ---- */

static enum goods_state state_of(struct db_stmt *s, int told_serial, int serial, int state, int asked)
{
    int64_t st = db_i64(s, state);

    if (!db_is_null(s, told_serial) && (db_is_null(s, serial) || db_i64(s, told_serial) >= db_i64(s, serial)))
        return st >= GOODS_RUNNING && st < GOODS_STATES ? (enum goods_state)st : GOODS_FAILED;
    return db_is_null(s, asked) ? GOODS_WANTED : GOODS_FETCHING;
}

static const char *kind_name(int64_t kind)
{
    return kind >= 0 && kind < GOODS_KINDS ? goods_kind_names[kind] : "?";
}

int goods_list(struct db *d, enum goods_kind kind, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT id, kind, name, version, note, hash, bytes, files, added, added_by FROM goods "
                      "WHERE ?1 = ?2 OR "
                      "kind = ?1 ORDER BY id DESC",
                      "ii", (int64_t)kind, (int64_t)GOODS_KINDS);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kcstr(j, "kind", kind_name(db_i64(s, 1)));
        jw_kstr(j, "name", db_text(s, 2));
        jw_kstr(j, "version", db_text(s, 3));
        jw_kstr(j, "note", db_text(s, 4));
        jw_khex(j, "manifest", db_blob(s, 5).p, db_blob(s, 5).n);
        jw_ki64(j, "bytes", db_i64(s, 6));
        jw_ki64(j, "files", db_i64(s, 7));
        jw_ktime(j, "added", db_i64(s, 8));
        jw_kstr(j, "added_by", db_text(s, 9));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int goods_assignments(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT s.appliance, s.ring, s.kind, s.goods, s.assigned, s.assigned_by, g.name, g.version, "
        "a.identity, "
        "a.name FROM goods_assign s LEFT JOIN goods g ON g.id = s.goods LEFT JOIN appliance a ON a.id = "
        "s.appliance ORDER BY s.kind, s.appliance, s.ring",
        "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_kcstr(j, "target", db_i64(s, 0) ? "appliance" : db_text(s, 1).n ? "ring" : "all");
        jw_key(j, "ring");
        jw_cstr(j, db_text(s, 1).n ? db_cstr(s, 1) : NULL);
        jw_kcstr(j, "kind", kind_name(db_i64(s, 2)));
        jw_ki64(j, "goods", db_i64(s, 3));
        jw_ktime(j, "assigned", db_i64(s, 4));
        jw_kstr(j, "assigned_by", db_text(s, 5));
        jw_ktext(j, "name", db_text(s, 6));
        jw_ktext(j, "version", db_text(s, 7));
        jw_key(j, "appliance");
        if (db_blob(s, 8).n)
            jw_hex(j, db_blob(s, 8).p, db_blob(s, 8).n);
        else
            jw_null(j);
        jw_ktext(j, "appliance_name", db_text(s, 9));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static void put_state(struct db_stmt *s, struct jw *j)
{
    jw_obj(j);
    jw_khex(j, "appliance", db_blob(s, 0).p, db_blob(s, 0).n);
    jw_kstr(j, "appliance_name", db_text(s, 1));
    jw_ktext(j, "ring", db_text(s, 2));
    jw_kcstr(j, "kind", kind_name(db_i64(s, 3)));
    jw_ki64(j, "serial", db_i64(s, 5));
    jw_key(j, "wanted");
    if (db_is_null(s, 4)) {
        jw_null(j);
    } else {
        jw_obj(j);
        jw_ki64(j, "goods", db_i64(s, 4));
        jw_ktext(j, "name", db_text(s, 13));
        jw_ktext(j, "version", db_text(s, 14));
        jw_end_obj(j);
    }
    jw_kcstr(j, "state", goods_state_names[state_of(s, 8, 5, 9, 6)]);
    jw_ktext(j, "reason", db_text(s, 10));
    jw_key(j, "running");
    if (!db_text(s, 11).n) {
        jw_null(j);
    } else {
        jw_obj(j);
        jw_kstr(j, "name", db_text(s, 11));
        jw_kstr(j, "version", db_text(s, 12));
        jw_ki64(j, "serial", db_i64(s, 16));
        jw_end_obj(j);
    }
    jw_ktime(j, "told", db_i64(s, 15));
    jw_ki64(j, "have", db_i64(s, 7));
    jw_ki64(j, "total", db_i64(s, 17));
    jw_end_obj(j);
}

int goods_states(struct db *d, int64_t appliance, enum goods_kind kind, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT a.identity, a.name, a.ring, w.kind, w.goods, w.serial, w.asked, w.have, w.told_serial, "
        "w.state, "
        "w.reason, w.running, w.running_version, g.name, g.version, w.told, w.running_serial, g.bytes "
        "FROM goods_want w JOIN appliance a ON a.id = w.appliance LEFT JOIN goods g ON g.id = w.goods WHERE "
        "a.state "
        "= 0 AND (?1 = 0 OR w.appliance = ?1) AND (?2 = ?3 OR w.kind = ?2) ORDER BY a.name, a.id, w.kind",
        "iii", appliance, (int64_t)kind, (int64_t)GOODS_KINDS);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        put_state(s, j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int goods_state(struct db *d, int64_t appliance, enum goods_kind kind, struct goods_standing *ret)
{
    struct goods_standing g = {.wanted = 0};
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT w.goods, w.serial, w.asked, w.told_serial, w.state, w.reason, w.told, r.id "
                      "FROM goods_want w LEFT "
                      "JOIN goods r ON r.hash = w.running_hash WHERE w.appliance = ? AND w.kind = ?",
                      "ii", appliance, (int64_t)kind);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    g.wanted = db_i64(s, 0);
    g.serial = (uint64_t)db_i64(s, 1);
    g.state = state_of(s, 3, 1, 4, 2);
    snprintf(g.reason, sizeof(g.reason), "%s", db_cstr(s, 5));
    g.told = db_i64(s, 6);
    g.running = db_i64(s, 7);
    db_reset(s);
    *ret = g;
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/appliances.h"
#include "base/clock.h"
#include "console/store/chain.h"
#include "console/store/goods.h"

#include <stdio.h>

#define COLUMNS                                                                                              \
    "SELECT identity, name, state, enrolled, heard, address, clock_offset_ms, batches, records, "            \
    "duplicates, malformed, "                                                                                \
    "refused, alerts, lost, ledger, ledger_time, versions, id, offered FROM appliance "

int appliance_enrol(struct db *d, const struct seal_public *keys, const char *name)
{
    static const uint8_t start[SEAL_HASH] = {0};
    uint8_t id[SEAL_ID];
    int rc;

    seal_id(keys, id);
    rc = db_exec(d,
                 "INSERT INTO appliance(identity, name, sign, box, state, enrolled, hash) VALUES(?1, ?2, "
                 "?3, ?4, ?5, ?6, ?7) "
                 "ON CONFLICT(identity) DO UPDATE SET name = ?2, state = ?5, enrolled = ?6",
                 "bsbbiib", span_of(id, SEAL_ID), name, span_of(keys->sign, SEAL_PUBLIC),
                 span_of(keys->box, SEAL_PUBLIC), (int64_t)APPLIANCE_ACTIVE, (int64_t)clock_wall_us(),
                 span_of(start, SEAL_HASH));
    return rc ? rc : goods_settle(d); /* what everybody shall have, it shall have */
}

int appliance_succeed(struct db *d, const uint8_t old_id[static SEAL_ID],
                      const uint8_t word[static SEAL_SIGNATURE], const struct seal_public *keys,
                      const char *name)
{
    uint8_t both[2 * SEAL_PUBLIC], id[SEAL_ID];
    struct db_stmt *s;
    int64_t old;
    int rc = db_query(d, &s, "SELECT id, sign FROM appliance WHERE identity = ? AND state = ?", "bi",
                      span_of(old_id, SEAL_ID), (int64_t)APPLIANCE_ACTIVE);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    memcpy(both, keys->sign, SEAL_PUBLIC);
    memcpy(both + SEAL_PUBLIC, keys->box, SEAL_PUBLIC);
    old = db_i64(s, 0);
    rc = db_blob(s, 1).n == SEAL_PUBLIC
             ? seal_verify(db_blob(s, 1).p, "gatehouse-succession-v1", span_of(both, sizeof(both)), word)
             : ST_MALFORMED;
    db_reset(s);
    if (!rc)
        rc = appliance_enrol(d, keys, name);
    seal_id(keys, id);
    if (!rc)
        rc = db_exec(
            d, "UPDATE appliance SET ring = (SELECT ring FROM appliance WHERE id = ?1), kind = (SELECT kind FROM appliance WHERE id = ?1) "
            "WHERE identity = ?2",
            "ib", old, span_of(id, SEAL_ID));
    if (!rc)
        rc = db_exec(d, "UPDATE appliance SET state = ? WHERE id = ?", "ii", (int64_t)APPLIANCE_RETIRED, old);
    return rc ? rc : goods_settle(d);
}

int appliance_find(struct db *d, struct span identity_hex, int64_t *ret)
{
    struct db_stmt *s;
    int rc =
        db_query(d, &s, "SELECT id FROM appliance WHERE lower(hex(identity)) = lower(?)", "t", identity_hex);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}

int appliance_retire(struct db *d, const char *identity_hex)
{
    int64_t id;
    int rc = appliance_find(d, span_str(identity_hex), &id);

    return rc ? rc
              : db_exec(d, "UPDATE appliance SET state = ? WHERE id = ?", "ii", (int64_t)APPLIANCE_RETIRED,
                        id);
}

static void put_raw(struct jw *j, const char *key, struct span json, const char *otherwise)
{
    jw_kraw(j, key, json.n ? json : span_str(otherwise));
}

static int put(struct db *d, struct db_stmt *s, struct jw *j)
{
    int rc;

    jw_obj(j);
    jw_khex(j, "id", db_blob(s, 0).p, db_blob(s, 0).n);
    jw_kstr(j, "name", db_text(s, 1));
    jw_kcstr(j, "state", db_i64(s, 2) == APPLIANCE_ACTIVE ? "active" : "retired");
    jw_ktime(j, "enrolled", db_i64(s, 3));
    jw_ktime(j, "last_heard", db_i64(s, 4));
    jw_ktext(j, "address", db_text(s, 5));
    jw_key(j, "clock_offset_ms");
    if (db_is_null(s, 6))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, 6));
    jw_ki64(j, "batches", db_i64(s, 7));
    jw_ki64(j, "records", db_i64(s, 8));
    jw_ki64(j, "duplicates", db_i64(s, 9));
    jw_ki64(j, "malformed", db_i64(s, 10));
    jw_ki64(j, "refused", db_i64(s, 11));
    jw_ki64(j, "alerts", db_i64(s, 12));
    jw_ki64(j, "lost", db_i64(s, 13));
    put_raw(j, "ledger", db_text(s, 14), "null");
    jw_ktime(j, "ledger_time", db_i64(s, 15));
    put_raw(j, "versions", db_text(s, 16), "{}");
    jw_key(j, "offered");
    if (db_is_null(s, 18))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, 18));
    rc = chain_describe(d, db_i64(s, 17), j);
    jw_end_obj(j);
    return rc;
}

int appliance_list(struct db *d, const struct sight *who, struct jw *j)
{
    char sql[SIGHT_SQL + 512], scope[SIGHT_SQL];
    struct db_stmt *s;
    int n = snprintf(sql, sizeof(sql), COLUMNS "WHERE %s ORDER BY name, id",
                     sight_scope_sql(who, "appliance.id", scope));
    int rc = db_query(d, &s, sql, "");

    gh_check(n > 0 && (size_t)n < sizeof(sql));

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        rc = put(d, s, j);
    }
    jw_end_arr(j);
    return rc;
}

int appliance_one(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, COLUMNS "WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    rc = put(d, s, j);
    db_reset(s);
    return rc;
}

int appliance_heard_since(struct db *d, int64_t *since, appliance_fn *fn, void *arg)
{
    int64_t newest = *since;
    struct db_stmt *s;
    struct writer w;
    int rc = db_query(d, &s, COLUMNS "WHERE heard > ? ORDER BY heard LIMIT 200", "i", *since);

    writer_init(&w, 1 << 20);
    while (!rc && (rc = db_step(s)) == 1) {
        struct jw j;
        writer_clear(&w);
        jw_init(&j, &w);
        rc = put(d, s, &j);
        newest = db_i64(s, 4);
        if (!rc && writer_ok(&w))
            fn(arg, db_i64(s, 17), writer_span(&w));
    }
    writer_done(&w);
    *since = newest;
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Goods: who shall have what. */
#include "console/store/goods.h"
#include "base/base64.h"
#include "base/clock.h"

#include <stdio.h>

const char *const goods_state_names[GOODS_STATES] = {"wanted",  "fetching", "running",
                                                     "waiting", "refused",  "failed"};

/* The most special assignment holds for each appliance and kind; where it names other goods than were ordered
 * last there is a new order, with a serial above all that the appliance can know. */
int goods_settle(struct db *d)
{
    return db_exec(
        d,
        "WITH e AS (SELECT a.id AS appliance, k.kind AS kind, (SELECT s.goods FROM goods_assign s WHERE "
        "s.kind = k.kind AND "
        "(s.appliance = a.id OR (s.appliance = 0 AND (s.ring = '' OR s.ring = a.ring))) ORDER BY s.appliance "
        "DESC, s.ring DESC "
        "LIMIT 1) AS goods FROM appliance a, (SELECT DISTINCT kind FROM goods_assign) k WHERE a.state = 0 AND a.kind = 0) "
        "INSERT INTO goods_want(appliance, kind, goods, serial, made) SELECT appliance, kind, goods, 1, ?1 "
        "FROM e "
        "WHERE goods IS NOT NULL ON CONFLICT(appliance, kind) DO UPDATE SET goods = excluded.goods, "
        "serial = max(ifnull(serial, 0), ifnull(told_serial, 0), ifnull(running_serial, 0)) + 1, made = ?1, "
        "asked = NULL, "
        "have = 0 WHERE goods_want.goods IS NOT excluded.goods",
        "i", (int64_t)clock_wall_us());
}

/* 0 when there is one row, ST_NOT_FOUND when there is none. */
static int there(struct db_stmt *s)
{
    int rc = db_step(s);

    if (rc == 1)
        db_reset(s);
    return rc == 1 ? 0 : rc ? rc : ST_NOT_FOUND;
}

static int appliance_there(struct db *d, int64_t appliance)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM appliance WHERE id = ?", "i", appliance);

    return rc ? rc : there(s);
}

int goods_assign(struct db *d, const struct goods_target *t, enum goods_kind kind, int64_t id,
                 const char *who)
{
    struct db_stmt *s;
    int rc = t->appliance ? appliance_there(d, t->appliance) : 0;

    if (!rc && id) {
        rc = db_query(d, &s, "SELECT 1 FROM goods WHERE id = ? AND kind = ?", "ii", id, (int64_t)kind);
        rc = rc ? rc : there(s);
    }
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO goods_assign(kind, appliance, ring, goods, assigned, assigned_by) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, "
                     "?6) ON CONFLICT(kind, appliance, ring) DO UPDATE SET goods = ?4, assigned = ?5, assigned_by = ?6",
                     "iisiis", (int64_t)kind, t->appliance, t->appliance || !t->ring ? "" : t->ring, id,
                     (int64_t)clock_wall_us(), who);
    return rc ? rc : goods_settle(d);
}

int goods_unassign(struct db *d, const struct goods_target *t, enum goods_kind kind)
{
    int rc = db_exec(d, "DELETE FROM goods_assign WHERE kind = ? AND appliance = ? AND ring = ?", "iis",
                     (int64_t)kind, t->appliance, t->appliance || !t->ring ? "" : t->ring);

    if (rc)
        return rc;
    return db_changes(d) ? goods_settle(d) : ST_NOT_FOUND;
}

int goods_ring_set(struct db *d, int64_t appliance, const char *ring)
{
    int rc = db_exec(d, "UPDATE appliance SET ring = ? WHERE id = ?", "si", ring ? ring : "", appliance);

    if (rc)
        return rc;
    return db_changes(d) ? goods_settle(d) : ST_NOT_FOUND;
}

/* ---- orders ---- */

/* A row of the query below, signed. */
static bool read_order(struct db_stmt *s, const struct seal_keys *keys, struct goods_order *ret)
{
    struct goods_order o = {.kind = GOODS_POLICY};
    struct span identity = db_blob(s, 0), hash = db_blob(s, 4);
    int64_t kind = db_i64(s, 1);

    if (identity.n != SEAL_ID || kind < 0 || kind >= GOODS_KINDS || (hash.n && hash.n != SEAL_HASH))
        return false;
    memcpy(o.appliance, identity.p, SEAL_ID);
    o.kind = (enum goods_kind)kind;
    o.serial = (uint64_t)db_i64(s, 2);
    o.made = (uint64_t)db_i64(s, 3);
    if (hash.n) {
        memcpy(o.manifest, hash.p, SEAL_HASH);
        o.manifest_bytes = (uint32_t)db_i64(s, 5);
    }
    goods_order_sign(&o, keys);
    *ret = o;
    return true;
}

#define ORDER_COLUMNS                                                                                        \
    "SELECT a.identity, w.kind, w.serial, w.made, g.hash, length(g.manifest) FROM goods_want w JOIN "        \
    "appliance a ON a.id = "                                                                                 \
    "w.appliance LEFT JOIN goods g ON g.id = w.goods WHERE w.appliance = ? AND w.goods IS NOT NULL AND "     \
    "(w.goods = 0 OR g.id "                                                                                  \
    "IS NOT NULL) AND "

int goods_wishes(struct db *d, const struct seal_keys *keys, int64_t appliance, struct jw *j)
{
    char text[BASE64_SIZE(GOODS_ORDER_SIZE)];
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct goods_order o;
    struct writer w;
    struct db_stmt *s;
    bool any = false;
    int rc =
        db_query(d, &s, ORDER_COLUMNS "ifnull(w.told_serial, 0) < w.serial ORDER BY w.kind", "i", appliance);

    while (!rc && (rc = db_step(s)) == 1) {
        rc = 0;
        if (!read_order(s, keys, &o))
            continue;
        if (!any)
            jw_karr(j, "down");
        any = true;
        writer_fixed(&w, bytes, sizeof(bytes));
        goods_order_write(&o, &w);
        jw_cstr(j, base64_encode(bytes, sizeof(bytes), text, sizeof(text)));
    }
    if (any)
        jw_end_arr(j);
    return rc;
}

int goods_order_of(struct db *d, const struct seal_keys *keys, int64_t appliance, enum goods_kind kind,
                   struct goods_order *ret)
{
    struct db_stmt *s;
    bool good;
    int rc = db_query(d, &s, ORDER_COLUMNS "w.kind = ?", "ii", appliance, (int64_t)kind);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    good = read_order(s, keys, ret);
    db_reset(s);
    return good ? 0 : ST_NOT_FOUND;
}

int goods_fetching(struct db *d, int64_t appliance, enum goods_kind kind, uint64_t serial, int64_t bytes)
{
    return db_exec(d,
                   "UPDATE goods_want SET asked = ifnull(asked, ?), have = have + ? WHERE appliance = ? AND "
                   "kind = ? AND serial = ?",
                   "iiiii", (int64_t)clock_wall_us(), bytes, appliance, (int64_t)kind, (int64_t)serial);
}

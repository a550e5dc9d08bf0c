/* SPDX-License-Identifier: GPL-3.0-or-later
 * People as an administrator sees them, their sessions and known browsers. */
#include "console/store/access.h"
#include "base/clock.h"
#include "base/seal.h"
#include "console/store/sight.h"

#include <stdio.h>

#define DEVICES_MAX 20 /* of one person: the one not seen longest makes room */

int person_find(struct db *d, int64_t id, struct user *ret)
{
    struct db_stmt *s;
    char name[NAME_SIZE];
    int rc = db_query(d, &s, "SELECT name FROM user WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    snprintf(name, sizeof(name), "%s", db_cstr(s, 0));
    db_reset(s);
    return user_find(d, span_str(name), ret);
}

#define PERSON                                                                                               \
    "SELECT id, name, roles, created, last_sign_in, disabled, totp IS NOT NULL, all_units, clear, "          \
    "(SELECT count(*) FROM session WHERE session.user = u.id), "                                             \
    "(SELECT count(*) FROM token WHERE token.user = u.id AND expires > ?1) FROM user u "

static int put(struct db *d, struct db_stmt *s, struct jw *j)
{
    int rc;

    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_kstr(j, "name", db_text(s, 1));
    rights_write_roles(j, (unsigned)db_i64(s, 2));
    jw_ktime(j, "created", db_i64(s, 3));
    jw_ktime(j, "last_sign_in", db_i64(s, 4));
    jw_kbool(j, "disabled", db_i64(s, 5) != 0);
    jw_kbool(j, "second_factor", db_i64(s, 6) != 0);
    sight_put_clearance((unsigned)db_i64(s, 8), j);
    jw_ki64(j, "sessions", db_i64(s, 9));
    jw_ki64(j, "tokens", db_i64(s, 10));
    rc = units_put_user(d, db_i64(s, 0), db_i64(s, 7) != 0, j);
    jw_end_obj(j);
    return rc;
}

int person_put(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, PERSON "WHERE id = ?2", "ii", (int64_t)clock_wall_us(), id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    rc = put(d, s, j);
    db_reset(s);
    return rc;
}

int person_list(struct db *d, int64_t before, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc = db_query(d, &s, PERSON "WHERE id < ?2 ORDER BY id DESC LIMIT ?3", "iii",
                      (int64_t)clock_wall_us(), before, limit + 1);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        rc = 0;
        if (++n > limit) {
            db_reset(s);
            break;
        }
        last = db_i64(s, 0);
        rc = put(d, s, j);
    }
    jw_end_arr(j);
    jw_key(j, "next");
    if (n > limit)
        jw_i64(j, last);
    else
        jw_null(j);
    return rc;
}

/* Is there somebody besides id who administers people? */
static int any_other(struct db *d, int64_t id)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM user WHERE (roles & ?) <> 0 AND disabled = 0 AND id <> ? LIMIT 1", "ii",
                      (int64_t)1 << USER_ADMINISTRATOR, id);

    if (!rc && (rc = db_step(s)) == 1) {
        db_reset(s);
        return 0;
    }
    return rc ? rc : ST_DENIED;
}

static int shut(struct db *d, int64_t id)
{
    int rc = session_end_others(d, id, 0);

    if (!rc)
        rc = db_exec(d, "DELETE FROM token WHERE user = ?", "i", id);
    if (!rc)
        rc = db_exec(d, "DELETE FROM device WHERE user = ?", "i", id);
    if (!rc)
        rc = db_exec(d, "DELETE FROM invite WHERE user = ?", "i", id);
    return rc;
}

int person_change(struct db *d, int64_t id, const struct person_change *c)
{
    struct user u;
    int rc = person_find(d, id, &u);

    if (!rc && ((c->roles && !(c->roles & 1u << USER_ADMINISTRATOR)) || c->disabled == 1) &&
        (u.roles & 1u << USER_ADMINISTRATOR))
        rc = any_other(d, id);
    if (!rc && c->roles)
        rc = db_exec(d, "UPDATE user SET roles = ? WHERE id = ?", "ii", (int64_t)c->roles, id);
    if (!rc && c->clear >= 0)
        rc = db_exec(d, "UPDATE user SET clear = ? WHERE id = ?", "ii", (int64_t)c->clear, id);
    if (!rc && c->units)
        rc = units_set_user(d, id, c->units);
    if (!rc && c->disabled >= 0)
        rc = db_exec(d, "UPDATE user SET disabled = ? WHERE id = ?", "ii", (int64_t)c->disabled, id);
    if (!rc && c->disabled == 1)
        rc = shut(d, id);
    return rc;
}

int session_list(struct db *d, int64_t user, int64_t current, uint64_t idle_us, uint64_t max_us, struct jw *j)
{
    int64_t now = (int64_t)clock_wall_us();
    struct db_stmt *s;
    int rc =
        db_query(d, &s,
                 "SELECT id, created, seen, address FROM session WHERE user = ? AND created > ? AND seen "
                 "> ? ORDER BY id DESC LIMIT 1000",
                 "iii", user, now - (int64_t)max_us, now - (int64_t)idle_us);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "created", db_i64(s, 1));
        jw_ktime(j, "seen", db_i64(s, 2));
        jw_kstr(j, "address", db_text(s, 3));
        jw_kbool(j, "current", db_i64(s, 0) == current);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

int session_end_of(struct db *d, int64_t user, int64_t id)
{
    int rc = db_exec(d, "DELETE FROM session WHERE id = ? AND user = ?", "ii", id, user);

    return rc ? rc : db_changes(d) ? 0 : ST_NOT_FOUND;
}

static void device_hash(struct span secret, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-console-device-v1", &secret, 1, out);
}

int device_add(struct db *d, int64_t user, char secret[static TOKEN_TEXT])
{
    uint8_t hash[SEAL_HASH];
    int rc;

    token_make(secret);
    device_hash(span_str(secret), hash);
    rc =
        db_exec(d,
                "DELETE FROM device WHERE user = ?1 AND hash NOT IN (SELECT hash FROM device WHERE user = ?1 "
                "ORDER BY seen DESC LIMIT ?2)",
                "ii", user, (int64_t)DEVICES_MAX - 1);
    return rc ? rc
              : db_exec(d, "INSERT INTO device(hash, user, seen) VALUES(?, ?, ?)", "bii",
                        span_of(hash, sizeof(hash)), user, (int64_t)clock_wall_us());
}

bool device_known(struct db *d, struct span secret, struct span user_name)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;

    device_hash(secret, hash);
    if (db_query(d, &s, "SELECT 1 FROM device v JOIN user u ON u.id = v.user WHERE v.hash = ? AND u.name = ?",
                 "bt", span_of(hash, sizeof(hash)), user_name) != 0 ||
        db_step(s) != 1)
        return false;
    db_reset(s);
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/people.h"
#include "base/clock.h"
#include "base/seal.h"
#include "base/text.h"

#include <stdio.h>

#define TOKEN_BYTES 32
#define TOUCH_US 60000000ull
#define ANSWER_LIFE_US (24ull * 3600 * 1000000)

/* Of every list of leaked passwords with 12 characters or more, and what people type when they must. */
static const char *const common[] = {
    "123456789012",  "1234567890123", "password1234",   "passwordpassword",   "qwertyuiop12",
    "administrator", "matkhau12345",  "matkhaumatkhau", "gatehousegatehouse", "abcdefghijkl",
    "111111111111",  "000000000000",  "qwertyuiopas",   "vietnam123456"};

bool name_is_good(struct span name)
{
    struct reader r = reader_span(name);

    if (name.n < 2 || name.n >= NAME_SIZE)
        return false;
    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

static bool one_character(struct span s)
{
    struct reader r = reader_span(s);
    uint8_t first = reader_u8(&r);

    while (reader_left(&r))
        if (reader_u8(&r) != first)
            return false;
    return true;
}

bool password_is_good(struct span password, struct span name)
{
    size_t characters = 0, pos = 0;

    if (password.n > PASSWORD_MAX || !text_is_utf8(password))
        return false;
    while (pos < password.n) {
        text_next(password, &pos);
        characters++;
    }
    if (characters < PASSWORD_MIN || one_character(password))
        return false;
    for (size_t i = 0; i < GH_COUNT(common); i++)
        if (span_eq_nocase(password, common[i]))
            return false;
    return !name.n || !span_eq(password, name);
}

void token_make(char text[static TOKEN_TEXT])
{
    uint8_t raw[TOKEN_BYTES];
    struct writer w;

    seal_random(raw, sizeof(raw));
    writer_fixed(&w, text, TOKEN_TEXT);
    writer_hex(&w, raw, sizeof(raw));
    writer_u8(&w, 0);
    gh_check(writer_ok(&w));
    seal_wipe(raw, sizeof(raw));
}

static void token_hash(struct span token, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-console-token-v1", &token, 1, out);
}

int user_find(struct db *d, struct span name, struct user *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, roles, name, hash, disabled FROM user WHERE name = ?", "t", name);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    ret->id = db_i64(s, 0);
    ret->roles = (unsigned)db_i64(s, 1);
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 2));
    snprintf(ret->hash, sizeof(ret->hash), "%s", db_cstr(s, 3));
    ret->disabled = db_i64(s, 4) != 0;
    db_reset(s);
    return 0;
}

bool user_any_administrator(struct db *d)
{
    struct db_stmt *s;
    bool any = db_query(d, &s, "SELECT 1 FROM user WHERE (roles & ?) <> 0 AND disabled = 0 LIMIT 1", "i",
                        (int64_t)1 << USER_ADMINISTRATOR) == 0 &&
               db_step(s) == 1;
    if (any)
        db_reset(s);
    return any;
}

int user_add(struct db *d, const char *name, const char *hash, unsigned roles, int64_t *ret_id)
{
    int rc = db_exec(d, "INSERT INTO user(name, hash, roles, created) VALUES(?, ?, ?, ?)", "ssii", name, hash,
                     (int64_t)roles, (int64_t)clock_wall_us());
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

int user_set_hash(struct db *d, int64_t id, const char *hash)
{
    return db_exec(d, "UPDATE user SET hash = ? WHERE id = ?", "si", hash, id);
}

int session_add(struct db *d, int64_t user, const char *address, char token[static TOKEN_TEXT])
{
    int64_t now = (int64_t)clock_wall_us();
    uint8_t hash[SEAL_HASH];
    int rc;

    token_make(token);
    token_hash(span_str(token), hash);
    rc = db_exec(d, "INSERT INTO session(token, user, created, seen, address) VALUES(?, ?, ?, ?, ?)", "biiis",
                 span_of(hash, sizeof(hash)), user, now, now, address);
    if (!rc)
        rc = db_exec(d, "UPDATE user SET last_sign_in = ? WHERE id = ?", "ii", now, user);
    return rc;
}

static bool in_time(uint64_t created, uint64_t seen, uint64_t idle_us, uint64_t max_us)
{
    uint64_t now = clock_wall_us();

    /* A clock that was set back must not make a session live longer: what lies in the future is over, too. */
    if (created > now + TOUCH_US || seen > now + TOUCH_US)
        return false;
    return now < created + max_us && now < seen + idle_us;
}

int session_find(struct db *d, struct span token, uint64_t idle_us, uint64_t max_us, struct session *ret)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;
    int rc;

    token_hash(token, hash);
    rc = db_query(d, &s,
                  "SELECT session.id, user.id, roles, name, session.created, seen, half FROM session "
                  "JOIN user ON user.id = session.user WHERE token = ? AND disabled = 0",
                  "b", span_of(hash, sizeof(hash)));
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    ret->id = db_i64(s, 0);
    ret->user = db_i64(s, 1);
    ret->roles = (unsigned)db_i64(s, 2);
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 3));
    ret->created = (uint64_t)db_i64(s, 4);
    ret->seen = (uint64_t)db_i64(s, 5);
    ret->half = db_i64(s, 6) != 0;
    db_reset(s);
    return in_time(ret->created, ret->seen, idle_us, max_us) ? 0 : ST_NOT_FOUND;
}

bool session_alive(struct db *d, int64_t id, uint64_t idle_us, uint64_t max_us)
{
    struct db_stmt *s;
    bool alive = false;

    if (db_query(d, &s, "SELECT created, seen FROM session WHERE id = ?", "i", id) == 0 && db_step(s) == 1) {
        alive = in_time((uint64_t)db_i64(s, 0), (uint64_t)db_i64(s, 1), idle_us, max_us);
        db_reset(s);
    }
    return alive;
}

int session_touch(struct db *d, int64_t id)
{
    return db_exec(d, "UPDATE session SET seen = ? WHERE id = ?", "ii", (int64_t)clock_wall_us(), id);
}

int session_half(struct db *d, int64_t id, bool half)
{
    return db_exec(d, "UPDATE session SET half = ? WHERE id = ?", "ii", (int64_t)half, id);
}

int session_end(struct db *d, int64_t id)
{
    return db_exec(d, "DELETE FROM session WHERE id = ?", "i", id);
}

int session_end_others(struct db *d, int64_t user, int64_t but)
{
    return db_exec(d, "DELETE FROM session WHERE user = ? AND id <> ?", "ii", user, but);
}

int people_expire(struct db *d, uint64_t idle_us, uint64_t max_us)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc = db_exec(d, "DELETE FROM session WHERE created < ? OR seen < ?", "ii", now - (int64_t)max_us,
                     now - (int64_t)idle_us);
    if (!rc)
        rc = db_exec(d, "DELETE FROM invite WHERE expires < ?", "i", now);
    if (!rc)
        rc = db_exec(d, "DELETE FROM answered WHERE time < ?", "i", now - (int64_t)ANSWER_LIFE_US);
    return rc;
}

int invite_add(struct db *d, unsigned roles, int64_t user, uint64_t life_us, char token[static TOKEN_TEXT])
{
    uint8_t hash[SEAL_HASH];
    int rc;

    token_make(token);
    token_hash(span_str(token), hash);
    rc = db_exec(d, "DELETE FROM invite WHERE user IS ?1 AND roles = ?2", user ? "ii" : "ni",
                 user ? user : (int64_t)roles, (int64_t)roles);
    if (!rc && user)
        rc = db_exec(d, "INSERT INTO invite(token, roles, user, expires) VALUES(?, ?, ?, ?)", "biii",
                     span_of(hash, sizeof(hash)), (int64_t)roles, user, (int64_t)(clock_wall_us() + life_us));
    else if (!rc)
        rc = db_exec(d, "INSERT INTO invite(token, roles, expires) VALUES(?, ?, ?)", "bii",
                     span_of(hash, sizeof(hash)), (int64_t)roles, (int64_t)(clock_wall_us() + life_us));
    return rc;
}

int invite_add_person(struct db *d, unsigned roles, const char *scope, unsigned clear, uint64_t life_us,
                      char token[static TOKEN_TEXT])
{
    uint8_t hash[SEAL_HASH];

    token_make(token);
    token_hash(span_str(token), hash);
    return db_exec(d, "INSERT INTO invite(token, roles, expires, scope, clear) VALUES(?, ?, ?, ?, ?)", "biisi",
                   span_of(hash, sizeof(hash)), (int64_t)roles, (int64_t)(clock_wall_us() + life_us), scope,
                   (int64_t)clear);
}

int invite_find(struct db *d, struct span token, struct invite *ret)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;
    int rc;

    token_hash(token, hash);
    rc = db_query(
        d, &s,
        "SELECT invite.roles, invite.user, name, expires, scope, invite.clear FROM invite LEFT JOIN user ON user.id = invite.user "
        "WHERE token = ? AND expires > ?",
        "bi", span_of(hash, sizeof(hash)), (int64_t)clock_wall_us());
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    ret->roles = (unsigned)db_i64(s, 0);
    ret->user = db_i64(s, 1);
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 2));
    ret->expires = (uint64_t)db_i64(s, 3);
    ret->all_units = db_is_null(s, 4);
    snprintf(ret->scope, sizeof(ret->scope), "%s", db_cstr(s, 4));
    ret->clear = (unsigned)db_i64(s, 5);
    db_reset(s);
    return 0;
}

int invite_use(struct db *d, struct span token)
{
    uint8_t hash[SEAL_HASH];
    int rc;

    token_hash(token, hash);
    rc = db_exec(d, "DELETE FROM invite WHERE token = ? AND expires > ?", "bi", span_of(hash, sizeof(hash)),
                 (int64_t)clock_wall_us());
    return rc ? rc : db_changes(d) == 1 ? 0 : ST_NOT_FOUND;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Tokens of programs. */
#include "base/clock.h"
#include "base/seal.h"
#include "console/store/access.h"

#include <stdio.h>

static void hash_of(struct span secret, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-console-api-token-v1", &secret, 1, out);
}

/* Rights are kept by name: their numbers change when one is added. */
static void rights_text(uint64_t rights, struct writer *w)
{
    for (enum right i = RIGHT_NONE + 1; i < RIGHT_COUNT; i++)
        if (rights >> i & 1)
            writer_printf(w, "%s%s", w->n ? "," : "", right_name(i));
}

static uint64_t rights_read(struct span text)
{
    uint64_t rights = 0;

    while (text.n) {
        ptrdiff_t comma = span_find_byte(text, ',', 0);
        struct span one = span_part(text, 0, comma < 0 ? text.n : (size_t)comma);
        enum right right = right_number(one);
        if (right != RIGHT_NONE)
            rights |= 1ull << right;
        text = span_part(text, one.n + 1, text.n);
    }
    return rights;
}

int token_add(struct db *d, const struct token *t, const struct units *u, int64_t *ret_id,
              char secret[static TOKEN_TEXT])
{
    uint8_t hash[SEAL_HASH];
    struct writer rights;
    int rc;

    writer_init(&rights, 1024);
    rights_text(t->rights, &rights);
    token_make(secret);
    hash_of(span_str(secret), hash);
    rc =
        db_exec(d,
                "INSERT INTO token(hash, user, name, rights, all_units, created, expires) VALUES(?, ?, ?, ?, "
                "?, ?, ?)",
                "bistiii", span_of(hash, sizeof(hash)), t->user, t->name, writer_span(&rights),
                (int64_t)u->all, (int64_t)clock_wall_us(), (int64_t)t->expires);
    writer_done(&rights);
    if (rc)
        return rc;
    *ret_id = db_last_id(d);
    return units_set_token(d, *ret_id, u);
}

int token_find(struct db *d, struct span secret, struct token *ret)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;
    int rc;

    hash_of(secret, hash);
    rc = db_query(
        d, &s,
        "SELECT t.id, t.user, t.rights, t.expires, t.all_units, t.name, t.used FROM token t JOIN user u ON "
        "u.id = t.user WHERE t.hash = ? AND t.expires > ? AND u.disabled = 0",
        "bi", span_of(hash, sizeof(hash)), (int64_t)clock_wall_us());
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct token){.id = db_i64(s, 0),
                          .user = db_i64(s, 1),
                          .rights = rights_read(db_text(s, 2)),
                          .expires = (uint64_t)db_i64(s, 3),
                          .used = (uint64_t)db_i64(s, 6),
                          .all_units = db_i64(s, 4) != 0};
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 5));
    db_reset(s);
    return 0;
}

int token_used(struct db *d, int64_t id)
{
    return db_exec(d, "UPDATE token SET used = ? WHERE id = ?", "ii", (int64_t)clock_wall_us(), id);
}

int token_list(struct db *d, int64_t user, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT id, name, rights, created, expires, used, all_units FROM token WHERE user = ? "
                      "ORDER BY id DESC LIMIT 200",
                      "i", user);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kstr(j, "name", db_text(s, 1));
        jw_karr(j, "rights");
        for (enum right i = RIGHT_NONE + 1; i < RIGHT_COUNT; i++)
            if (rights_read(db_text(s, 2)) >> i & 1)
                jw_cstr(j, right_name(i));
        jw_end_arr(j);
        jw_ktime(j, "created", db_i64(s, 3));
        jw_ktime(j, "expires", db_i64(s, 4));
        jw_ktime(j, "used", db_i64(s, 5));
        jw_kbool(j, "over", db_i64(s, 4) <= (int64_t)clock_wall_us());
        rc = units_put_token(d, db_i64(s, 0), db_i64(s, 6) != 0, j);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return rc;
}

int token_count(struct db *d, int64_t user, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT count(*) FROM token WHERE user = ? AND expires > ?", "ii", user,
                      (int64_t)clock_wall_us());

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}

int token_end(struct db *d, int64_t user, int64_t id, char name[static TOKEN_NAME + 1])
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT name FROM token WHERE id = ? AND user = ?", "ii", id, user);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    snprintf(name, TOKEN_NAME + 1, "%s", db_cstr(s, 0));
    db_reset(s);
    rc = db_exec(d, "DELETE FROM token_unit WHERE token = ?", "i", id);
    return rc ? rc : db_exec(d, "DELETE FROM token WHERE id = ?", "i", id);
}

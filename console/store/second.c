/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/second.h"
#include "base/clock.h"

int second_has(struct db *d, int64_t user, bool *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT totp IS NOT NULL FROM user WHERE id = ?", "i", user);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = db_i64(s, 0) != 0;
    db_reset(s);
    return 0;
}

int second_begin(struct db *d, const struct seal_keys *k, int64_t user, uint8_t secret[static TOTP_SECRET])
{
    struct writer w;
    int rc;

    seal_random(secret, TOTP_SECRET);
    writer_init(&w, 256);
    rc = seal_box(seal_keys_public(k), span_of(secret, TOTP_SECRET), &w);
    if (!rc)
        rc = db_exec(d, "UPDATE user SET totp_new = ? WHERE id = ?", "bi", writer_span(&w), user);
    writer_done(&w);
    return rc;
}

/* The secret in a column, opened. ST_DENIED: there is none. */
static int load(struct db *d, const struct seal_keys *k, const char *sql, int64_t user,
                uint8_t secret[static TOTP_SECRET], uint64_t *ret_step)
{
    struct db_stmt *s;
    struct writer w;
    int rc = db_query(d, &s, sql, "i", user);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_DENIED;
    writer_init(&w, 1024);
    rc = db_blob(s, 0).n ? seal_box_open(k, db_blob(s, 0), &w) : ST_DENIED;
    *ret_step = (uint64_t)db_i64(s, 1);
    db_reset(s);
    if (!rc && w.n != TOTP_SECRET)
        rc = ST_DENIED;
    if (!rc)
        memcpy(secret, w.p, TOTP_SECRET);
    seal_wipe(w.p, w.n);
    writer_done(&w);
    return rc;
}

/* A code of the authenticator; its step is taken. */
static int use_code(struct db *d, const struct seal_keys *k, const char *sql, int64_t user, struct span code)
{
    uint8_t secret[TOTP_SECRET];
    uint64_t after = 0, step;
    int rc = load(d, k, sql, user, secret, &after);

    if (rc)
        return rc;
    step = totp_check(secret, code, clock_wall_us() / 1000000, after);
    seal_wipe(secret, sizeof(secret));
    return step ? db_exec(d, "UPDATE user SET totp_step = ? WHERE id = ?", "ii", (int64_t)step, user)
                : ST_DENIED;
}

int second_confirm(struct db *d, const struct seal_keys *k, int64_t user, struct span code)
{
    int rc = use_code(d, k, "SELECT totp_new, 0 FROM user WHERE id = ?", user, code);

    return rc ? rc : db_exec(d, "UPDATE user SET totp = totp_new, totp_new = NULL WHERE id = ?", "i", user);
}

static void recovery_hash(int64_t user, struct span code, uint8_t out[static SEAL_HASH])
{
    uint8_t who[8], plain[RECOVERY_TEXT];
    struct reader r = reader_span(code);
    struct span parts[2];
    struct writer id, text;

    writer_fixed(&id, who, sizeof(who));
    writer_le(&id, (uint64_t)user, 8);
    writer_fixed(&text, plain, sizeof(plain)); /* as people write it: capitals, blanks, hyphens */
    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c != '-' && c != ' ')
            writer_u8(&text, c);
    }
    parts[0] = writer_span(&id);
    parts[1] = writer_span(&text);
    seal_hash("gatehouse-recovery-v1", parts, 2, out);
}

int second_use(struct db *d, const struct seal_keys *k, int64_t user, struct span code, int *ret_left)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;
    int rc;

    *ret_left = -1;
    if (code.n == TOTP_DIGITS)
        return use_code(d, k, "SELECT totp, totp_step FROM user WHERE id = ?", user, code);
    recovery_hash(user, code, hash);
    rc = db_exec(d, "DELETE FROM recovery WHERE user = ? AND hash = ?", "ib", user,
                 span_of(hash, sizeof(hash)));
    if (rc || !db_changes(d))
        return rc ? rc : ST_DENIED;
    rc = db_query(d, &s, "SELECT count(*) FROM recovery WHERE user = ?", "i", user);
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    *ret_left = (int)db_i64(s, 0);
    db_reset(s);
    return 0;
}

int second_remove(struct db *d, int64_t user)
{
    int rc =
        db_exec(d, "UPDATE user SET totp = NULL, totp_new = NULL, totp_step = 0 WHERE id = ?", "i", user);

    return rc ? rc : db_exec(d, "DELETE FROM recovery WHERE user = ?", "i", user);
}

int second_recovery(struct db *d, int64_t user, char codes[static RECOVERY_CODES][RECOVERY_TEXT])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz023456789"; /* none that look alike: i l o 1 */
    int rc = db_exec(d, "DELETE FROM recovery WHERE user = ?", "i", user);

    for (size_t i = 0; i < RECOVERY_CODES && !rc; i++) {
        uint8_t raw[RECOVERY_TEXT - 1], hash[SEAL_HASH];
        seal_random(raw, sizeof(raw));
        for (size_t c = 0; c < RECOVERY_TEXT - 1; c++)
            codes[i][c] = c == 4 || c == 9 ? '-' : letters[raw[c] & 31];
        codes[i][RECOVERY_TEXT - 1] = 0;
        seal_wipe(raw, sizeof(raw));
        recovery_hash(user, span_of(codes[i], RECOVERY_TEXT - 1), hash);
        rc = db_exec(d, "INSERT INTO recovery(user, hash) VALUES(?, ?)", "ib", user,
                     span_of(hash, sizeof(hash)));
    }
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/once.h"
#include "base/clock.h"

#define KEY_MIN 8
#define KEY_MAX 64
#define CLAIM_US 60000000ll /* longer than any work under a claim may take */
#define CLAIMED 0           /* in place of a status */

static bool key_is_good(struct span key)
{
    struct reader rd = reader_span(key);

    if (key.n < KEY_MIN || key.n > KEY_MAX)
        return false;
    while (reader_left(&rd)) {
        uint8_t c = reader_u8(&rd);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_')
            return false;
    }
    return true;
}

static void request_hash(const struct request *r, uint8_t out[static SEAL_HASH])
{
    const struct span parts[] = {r->head.path, span_str("\n"), writer_span(&r->body)};
    seal_hash("gatehouse-console-request-v1", parts, GH_COUNT(parts), out);
}

static int give_back(struct db *d, const struct request *r)
{
    return db_exec(d, "DELETE FROM answered WHERE user = ? AND key = ?", "it", r->who.user,
                   r->head.idempotency_key);
}

/* True when the reply is made: from the kept answer, or a problem. */
static bool answered_before(struct db *d, struct request *r, int *ret_rc)
{
    uint8_t hash[SEAL_HASH];
    struct db_stmt *s;

    if (!r->head.idempotency_key.n)
        return false;
    *ret_rc = db_query(d, &s, "SELECT request, status, body, time FROM answered WHERE user = ? AND key = ?",
                       "it", r->who.user, r->head.idempotency_key);
    if (*ret_rc || (*ret_rc = db_step(s)) != 1)
        return false;
    *ret_rc = 0;
    request_hash(r, hash);
    if (!span_eq(db_blob(s, 0), span_of(hash, SEAL_HASH))) {
        reply_problem(r, PROBLEM_KEY_REUSED);
    } else if (db_i64(s, 1) == CLAIMED && (int64_t)clock_wall_us() - db_i64(s, 3) > CLAIM_US) {
        db_reset(s);
        *ret_rc = give_back(d, r);
        return false;
    } else if (db_i64(s, 1) == CLAIMED) {
        reply_problem_say(r, PROBLEM_BUSY, "The first request under this Idempotency-Key is still at work.");
        reply_header(r, "Retry-After", "2");
    } else if (db_i64(s, 1) == 204) {
        r->reply.status = 204;
        reply_header(r, "Idempotent-Replayed", "true");
    } else {
        struct jw j;
        reply_json(r, (int)db_i64(s, 1), &j);
        jw_raw(&j, db_text(s, 2));
        reply_header(r, "Idempotent-Replayed", "true");
        reply_json_end(r);
    }
    db_reset(s);
    return true;
}

static bool is_done(const struct request *r)
{
    return r->reply.status == 200 || r->reply.status == 201 || r->reply.status == 204;
}

static int keep(struct db *d, const struct request *r, int status, struct span kept)
{
    uint8_t hash[SEAL_HASH];

    request_hash(r, hash);
    return db_exec(d, "INSERT INTO answered(user, key, request, status, body, time) VALUES(?, ?, ?, ?, ?, ?)",
                   "itbiti", r->who.user, r->head.idempotency_key, span_of(hash, SEAL_HASH), (int64_t)status,
                   kept, (int64_t)clock_wall_us());
}

static int keep_answer(struct db *d, struct request *r, struct span kept)
{
    return r->head.idempotency_key.n && is_done(r) ? keep(d, r, r->reply.status, kept) : 0;
}

bool once_begin(struct worker *w, struct request *r, struct db **ret_db)
{
    int rc = 0;

    if (r->head.idempotency_key.n && !key_is_good(r->head.idempotency_key)) {
        reply_problem_say(r, PROBLEM_BAD_REQUEST, "Idempotency-Key has 8 to 64 letters, digits, '-' or '_'.");
        return false;
    }
    *ret_db = store_begin(w->app->store, &rc);
    if (!*ret_db) {
        app_fail(r, rc);
        return false;
    }
    if (answered_before(*ret_db, r, &rc) || rc) {
        store_rollback(w->app->store);
        if (rc)
            app_fail(r, rc);
        return false;
    }
    return true;
}

bool once_end(struct worker *w, struct request *r, struct db *d, int rc)
{
    return once_end_keep(w, r, d, rc, writer_span(&r->reply.body));
}

bool once_end_keep(struct worker *w, struct request *r, struct db *d, int rc, struct span kept)
{
    bool changed = !rc && is_done(r);

    if (!rc)
        rc = keep_answer(d, r, kept);
    if (rc || !changed)
        store_rollback(w->app->store);
    else
        rc = store_commit(w->app->store);
    if (rc)
        app_fail(r, rc);
    return changed && !rc;
}

bool once_claim(struct worker *w, struct request *r)
{
    struct db *d;
    int rc;

    if (!r->head.idempotency_key.n)
        return true;
    if (!once_begin(w, r, &d))
        return false;
    rc = keep(d, r, CLAIMED, span_str(""));
    rc = store_end(w->app->store, rc);
    if (rc)
        app_fail(r, rc);
    return rc == 0;
}

bool once_fill(struct worker *w, struct request *r, const char *action, const char *object,
               const char *detail)
{
    bool done = r->reply.status == 200, keyed = r->head.idempotency_key.n != 0;
    struct db *d;
    int rc = 0;

    if (!keyed && !(done && action))
        return true;
    d = store_begin(w->app->store, &rc);
    if (d && keyed)
        rc = give_back(d, r);
    if (d && !rc && keyed && done && r->reply.body.n <= ONCE_LONG)
        rc = keep_answer(d, r, writer_span(&r->reply.body));
    if (d && !rc && done && action)
        rc = audit_append(d, r->who.name, r->address, action, object, detail);
    if (d && rc)
        store_rollback(w->app->store);
    else if (d)
        rc = store_commit(w->app->store);
    if (rc)
        app_fail(r, rc);
    return rc == 0;
}

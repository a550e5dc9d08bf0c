/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/regions.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define ORIGINS_MAX 10000 /* appliances behind one region; more are counted with the region alone */
#define ORIGIN_NAME 127

const char *const forward_kind_names[FORWARD_KINDS] = {"in", "forwarded", "redacted", "filtered", "lost"};

void forward_add(struct forward_sums *s, enum forward_kind kind, struct span reason, int64_t n)
{
    if (reason.n >= FORWARD_REASON)
        reason = span_part(reason, 0, text_utf8_prefix(span_part(reason, 0, FORWARD_REASON - 1)));
    if (n <= 0)
        return;
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < s->n; i++)
            if (s->v[i].kind == kind && span_eq(span_str(s->v[i].reason), reason)) {
                s->v[i].n += n;
                return;
            }
        if (s->n < FORWARD_REASONS - FORWARD_KINDS || again) /* room is kept for the others of each kind */
            break;
        reason = span_str("others");
    }
    gh_check(s->n < FORWARD_REASONS);
    s->v[s->n].kind = kind;
    s->v[s->n].n = n;
    snprintf(s->v[s->n++].reason, FORWARD_REASON, "%.*s", (int)reason.n, reason.n ? (const char *)reason.p : "");
}

int64_t forward_sum(const struct forward_sums *s, enum forward_kind kind)
{
    int64_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->v[i].kind == kind ? s->v[i].n : 0;
    return n;
}

void forward_put_sums(const struct forward_sums *s, struct jw *j)
{
    for (int kind = FORWARD_IN; kind < FORWARD_KINDS; kind++) {
        if (kind < FORWARD_FILTERED) {
            jw_ki64(j, forward_kind_names[kind], forward_sum(s, (enum forward_kind)kind));
            continue;
        }
        jw_kobj(j, forward_kind_names[kind]);
        for (size_t i = 0; i < s->n; i++)
            if (s->v[i].kind == (enum forward_kind)kind)
                jw_ki64(j, s->v[i].reason, s->v[i].n);
        jw_end_obj(j);
    }
}

/* ---- in a region ---- */

int forward_begin(struct db *d)
{
    return db_exec(d, "INSERT INTO forward(one, since) VALUES(1, ?) ON CONFLICT(one) DO NOTHING", "i",
                   (int64_t)clock_wall_us());
}

int forward_queue(struct db *d, int64_t appliance, const struct batch_header *h, int64_t first, int64_t last,
                  int64_t stored)
{
    uint8_t hash[SEAL_HASH];

    batch_hash(h, hash);
    return db_exec(d,
                   "INSERT INTO forward_queue(appliance, number, hash, first, last, records, stored) SELECT ?1, ?2, "
                   "?3, ?4, ?5, ?6, ?7 WHERE EXISTS(SELECT 1 FROM forward)",
                   "iibiiii", appliance, (int64_t)h->number, span_of(hash, SEAL_HASH), first, last,
                   (int64_t)h->records, stored);
}

int forward_next(struct db *d, int64_t id, struct forward_batch *ret)
{
    struct forward_batch b = {.id = 0};
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT q.id, q.appliance, q.first, q.last, q.number, q.hash, q.records, q.stored, a.identity, "
                      "a.name, a.kind FROM forward_queue q JOIN appliance a ON a.id = q.appliance WHERE q.id > ? "
                      "ORDER BY q.id LIMIT 1",
                      "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    b.id = db_i64(s, 0);
    b.appliance = db_i64(s, 1);
    b.first = db_i64(s, 2);
    b.last = db_i64(s, 3);
    b.number = (uint64_t)db_i64(s, 4);
    b.records = db_i64(s, 6);
    b.stored = db_i64(s, 7);
    b.region = db_i64(s, 10) == APPLIANCE_REGION;
    rc = db_blob(s, 5).n == SEAL_HASH && db_blob(s, 8).n == SEAL_ID ? 0 : ST_MALFORMED;
    if (!rc) {
        memcpy(b.hash, db_blob(s, 5).p, SEAL_HASH);
        memcpy(b.identity, db_blob(s, 8).p, SEAL_ID);
        snprintf(b.name, sizeof(b.name), "%s", db_cstr(s, 9));
        *ret = b;
    }
    db_reset(s);
    return rc;
}

int forward_done(struct db *d, int64_t id, const struct forward_sums *sums)
{
    int rc = db_exec(d, "DELETE FROM forward_queue WHERE id <= ?", "i", id);

    for (size_t i = 0; i < sums->n && !rc; i++)
        rc = db_exec(d,
                     "INSERT INTO forward_sum(kind, reason, n) VALUES(?1, ?2, ?3) ON CONFLICT(kind, reason) DO UPDATE "
                     "SET n = forward_sum.n + ?3",
                     "isi", (int64_t)sums->v[i].kind, sums->v[i].reason, sums->v[i].n);
    return rc;
}

int forward_told(struct db *d, const char *policy, const char *trouble, int64_t newest, int64_t receipt)
{
    return db_exec(d, "UPDATE forward SET policy = ?, trouble = ?, newest = ?, receipt = ? WHERE one = 1", "ssii",
                   policy, trouble, newest, receipt);
}

/* Sums of a table, by a condition on one number. */
static int load_sums(struct db *d, const char *sql, int64_t which, struct forward_sums *sums)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "i", which);

    while (!rc && (rc = db_step(s)) == 1) {
        if (db_i64(s, 0) >= FORWARD_IN && db_i64(s, 0) < FORWARD_KINDS)
            forward_add(sums, (enum forward_kind)db_i64(s, 0), db_text(s, 1), db_i64(s, 2));
        rc = 0;
    }
    return rc;
}

int forward_put(struct db *d, struct jw *j)
{
    static const char sql[] = "SELECT policy, trouble, newest, receipt, since FROM forward";
    struct forward_sums *sums = calloc(1, sizeof(*sums));
    int64_t waiting = db_number(d, 0, "SELECT count(*) FROM forward_queue", "");
    struct db_stmt *s;
    int rc = sums ? db_query(d, &s, sql, "") : ST_NOMEM;
    bool on = !rc && (rc = db_step(s)) == 1;

    jw_kbool(j, "on", on);
    jw_kcstr(j, "policy", on ? db_cstr(s, 0) : "");
    jw_kcstr(j, "trouble", on ? db_cstr(s, 1) : "");
    jw_ki64(j, "waiting", waiting);
    jw_ki64(j, "recorded", on ? db_i64(s, 2) : 0);
    jw_ki64(j, "received", on ? db_i64(s, 3) : 0);
    jw_ktime(j, "since", on ? db_i64(s, 4) : 0);
    if (on)
        db_reset(s);
    rc = rc < 0 || !sums ? rc : load_sums(d, "SELECT kind, reason, n FROM forward_sum WHERE ?1 = 0 ORDER BY kind, n DESC, reason", 0, sums);
    jw_kobj(j, "ledger");
    if (sums)
        forward_put_sums(sums, j);
    jw_end_obj(j);
    free(sums);
    return rc;
}

/* ---- at the console above ---- */

int origin_enrol(struct db *d, const struct seal_public *keys)
{
    uint8_t identity[SEAL_ID];

    seal_id(keys, identity);
    return db_exec(d, "UPDATE appliance SET kind = ? WHERE identity = ?", "ib", (int64_t)APPLIANCE_REGION,
                   span_of(identity, SEAL_ID));
}

/* The row of who is named; 0: nobody is, or there are too many. */
static int origin_of(struct db *d, int64_t region, const struct json *who, int64_t now, int64_t *ret)
{
    const struct json *id = json_get(who, "appliance"), *name = json_get(who, "name");
    uint8_t identity[SEAL_ID];
    struct span shown;
    int rc;

    *ret = 0;
    if (!id || id->type != JSON_STRING || !facts_hex(id->s, identity, SEAL_ID))
        return 0;
    shown = name && name->type == JSON_STRING ? name->s : (struct span){NULL, 0};
    shown = span_part(shown, 0, text_utf8_prefix(span_part(shown, 0, ORIGIN_NAME)));
    rc = db_exec(d,
                 "INSERT INTO origin(region, identity, name, heard) SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM "
                 "origin WHERE region = ?1) < ?5 ON CONFLICT(region, identity) DO UPDATE SET name = ?3, heard = ?4",
                 "ibtii", region, span_of(identity, SEAL_ID), shown, now, (int64_t)ORIGINS_MAX);
    if (!rc)
        *ret = db_number(d, 0, "SELECT id FROM origin WHERE region = ? AND identity = ?", "ib", region,
                         span_of(identity, SEAL_ID));
    return rc;
}

static int add_sum(struct db *d, int64_t origin, enum forward_kind kind, struct span reason, int64_t n)
{
    if (n <= 0 || reason.n >= FORWARD_REASON)
        return n > 0 ? add_sum(d, origin, kind, span_str("others"), n) : 0;
    return db_exec(d,
                   "INSERT INTO origin_sum(origin, kind, reason, n) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(origin, kind, "
                   "reason) DO UPDATE SET n = origin_sum.n + ?4",
                   "iiti", origin, (int64_t)kind, reason, n);
}

/* The account of one batch. */
static int take_account(struct db *d, int64_t origin, const struct json *account)
{
    const struct json *hash = json_get(account, "hash");
    int64_t batch = json_i64(json_get(account, "batch"), 0);
    uint8_t bytes[SEAL_HASH];
    int rc = 0;

    if (batch <= 0 || !hash || hash->type != JSON_STRING || !facts_hex(hash->s, bytes, SEAL_HASH))
        return 0; /* not understood, and nothing is claimed */
    for (int kind = FORWARD_IN; kind < FORWARD_KINDS && !rc; kind++) {
        const struct json *v = json_get(account, forward_kind_names[kind]);
        if (kind < FORWARD_FILTERED)
            rc = add_sum(d, origin, (enum forward_kind)kind, span_str(""), json_i64(v, 0));
        json_each(one, kind < FORWARD_FILTERED ? NULL : v)
            rc = rc ? rc : add_sum(d, origin, (enum forward_kind)kind, one->key, json_i64(one, 0));
    }
    if (!rc)
        rc = db_exec(d,
                     "UPDATE origin SET batches = batches + 1, first = CASE WHEN first = 0 OR first > ?1 THEN ?1 ELSE "
                     "first END, hash = CASE WHEN newest < ?1 THEN ?2 ELSE hash END, newest = max(newest, ?1) WHERE "
                     "id = ?3",
                     "ibi", batch, span_of(bytes, SEAL_HASH), origin);
    return rc;
}

int origin_row(struct db *d, int64_t region, const struct facts *f, int64_t now)
{
    const struct json *account = json_path(f->event, "gatehouse.account"), *from = json_path(f->event, "gatehouse.origin");
    int64_t origin = 0;
    int rc = f->event ? origin_of(d, region, account ? account : from, now, &origin) : 0;

    if (rc || !origin)
        return rc;
    if (account)
        return take_account(d, origin, account);
    rc = db_exec(d, "UPDATE origin SET received = received + 1, alerts = alerts + ?1 WHERE id = ?2", "ii",
                 (int64_t)(f->type == EVENT_ALERT), origin);
    if (!rc && f->ledger.n)
        rc = db_exec(d, "UPDATE origin SET ledger = ?, ledger_time = ?, lost = ? WHERE id = ?", "tiii", f->ledger, f->time,
                     (int64_t)f->lost, origin);
    return rc;
}

static int put_origin(struct db *d, struct db_stmt *s, struct forward_sums *sums, struct jw *j)
{
    int64_t batches = db_i64(s, 3), first = db_i64(s, 4), newest = db_i64(s, 5), received = db_i64(s, 7);
    int rc;

    *sums = (struct forward_sums){.n = 0};
    rc = load_sums(d, "SELECT kind, reason, n FROM origin_sum WHERE origin = ? ORDER BY kind, n DESC, reason", db_i64(s, 0), sums);
    jw_obj(j);
    jw_khex(j, "id", db_blob(s, 1).p, db_blob(s, 1).n);
    jw_kstr(j, "name", db_text(s, 2));
    jw_ki64(j, "first_batch", first);
    jw_ki64(j, "newest_batch", newest);
    jw_ki64(j, "missing_batches", batches ? newest - first + 1 - batches : 0);
    jw_khex(j, "hash", db_blob(s, 6).p, db_blob(s, 6).n);
    jw_ki64(j, "received", received);
    jw_ki64(j, "alerts", db_i64(s, 8));
    jw_ktime(j, "last_heard", db_i64(s, 9));
    jw_ki64(j, "lost", db_i64(s, 10));
    jw_kobj(j, "account");
    forward_put_sums(sums, j);
    jw_end_obj(j);
    /* accounts come behind their records, so never more is claimed than came */
    jw_kbool(j, "agrees",
             received >= forward_sum(sums, FORWARD_GONE_UP) + forward_sum(sums, FORWARD_GONE_UP_REDACTED) &&
                 forward_sum(sums, FORWARD_IN) == forward_sum(sums, FORWARD_GONE_UP) +
                                                      forward_sum(sums, FORWARD_GONE_UP_REDACTED) +
                                                      forward_sum(sums, FORWARD_FILTERED) +
                                                      forward_sum(sums, FORWARD_LOST));
    jw_end_obj(j);
    return rc;
}

int origin_put(struct db *d, int64_t region, struct jw *j)
{
    struct forward_sums *sums = malloc(sizeof(*sums));
    struct db_stmt *s;
    int rc = sums ? db_query(d, &s,
                             "SELECT id, identity, name, batches, first, newest, hash, received, alerts, heard, lost FROM "
                             "origin WHERE region = ? ORDER BY name, id",
                             "i", region)
                  : ST_NOMEM;

    jw_karr(j, "origins");
    while (!rc && (rc = db_step(s)) == 1)
        rc = put_origin(d, s, sums, j);
    jw_end_arr(j);
    free(sums);
    return rc;
}

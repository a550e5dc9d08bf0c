/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/intake.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/fetch.h"
#include "console/events/find.h"
#include "console/store/chain.h"
#include "console/store/facts.h"
#include "console/store/intake_rows.h"
#include "console/store/forget.h"
#include "console/store/regions.h"
#include "console/store/retention.h"

#include <stdio.h>

#define BATCH_ARENA (ENVELOPE_PLAIN_MAX + (16u << 20)) /* unpacked records and their table */
#define ROOM_STEP 2000

/* A batch, or a hello, that was opened and read. */
struct read_batch {
    bool is_hello;
    struct fetch_hello hello;
    struct batch_header head;
    struct record *records;
    size_t n;
    uint8_t signature[SEAL_SIGNATURE];
};
struct known_appliance {
    struct chain chain;
    struct seal_public keys;
    bool region;
};

static void outcome(struct intake *r, enum intake_outcome o, const char *why)
{
    r->outcome = o;
    r->why = why;
}

static bool unpack_hello(struct span plain, struct read_batch *b, struct intake *r)
{
    b->is_hello = true;
    if (fetch_hello_read(plain, &b->hello) != 0) {
        outcome(r, INTAKE_MALFORMED, "The hello inside does not follow its format.");
        return false;
    }
    memcpy(b->head.appliance, b->hello.appliance, SEAL_ID);
    digest_identity(b->head.appliance, r->identity);
    return true;
}

/* False with the outcome set; a machine's fault in *ret_rc. */
static bool unpack(struct span sealed, const struct seal_keys *console, const struct seal_keys *old, struct arena *a, struct writer *plain,
                   struct read_batch *b, struct intake *r, int *ret_rc)
{
    int rc = envelope_open(sealed, console, plain);

    if (rc == ST_BAD_SIGNATURE && old) {
        writer_clear(plain);
        rc = envelope_open(sealed, old, plain);
        r->by_old = !rc;
    }
    if (rc == ST_NOMEM || (rc && !writer_ok(plain))) {
        *ret_rc = ST_NOMEM;
        return false;
    }
    if (rc) {
        outcome(r, INTAKE_MALFORMED, "It is not sealed for this console, or damaged.");
        return false;
    }
    if (fetch_hello_is(writer_span(plain)))
        return unpack_hello(writer_span(plain), b, r);
    rc = batch_read(writer_span(plain), a, &b->head, &b->records, &b->n, b->signature);
    if (rc == ST_NOMEM)
        *ret_rc = rc;
    else if (rc == ST_BAD_SIGNATURE)
        outcome(r, INTAKE_FORGED, "The records are not those that were signed.");
    else if (rc)
        outcome(r, INTAKE_MALFORMED, "The batch inside does not follow its format.");
    if (rc != 0 && rc != ST_BAD_SIGNATURE)
        return false;
    r->bytes_plain = plain->n;
    digest_identity(rc ? NULL : b->head.appliance, r->identity);
    return rc == 0;
}

static bool find_appliance(struct db *d, struct intake *r, const struct read_batch *b,
                           struct known_appliance *k, int *ret_rc)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, name, state, sign, batches, hash, kind FROM appliance WHERE identity = ?",
                      "b", span_of(b->head.appliance, SEAL_ID));

    if (!rc)
        rc = db_step(s);
    if (rc < 0) {
        *ret_rc = rc;
        return false;
    }
    if (rc == 0 || db_i64(s, 2) != APPLIANCE_ACTIVE || db_blob(s, 3).n != SEAL_PUBLIC ||
        db_blob(s, 5).n != SEAL_HASH) {
        if (rc)
            db_reset(s);
        outcome(r, INTAKE_UNKNOWN, NULL);
        return false;
    }
    r->appliance = k->chain.appliance = db_i64(s, 0);
    snprintf(r->name, sizeof(r->name), "%s", db_cstr(s, 1));
    memcpy(k->keys.sign, db_blob(s, 3).p, SEAL_PUBLIC);
    k->chain.newest = (uint64_t)db_i64(s, 4);
    memcpy(k->chain.hash, db_blob(s, 5).p, SEAL_HASH);
    k->region = db_i64(s, 6) == APPLIANCE_REGION;
    db_reset(s);
    *ret_rc = chain_load(d, &k->chain);
    return *ret_rc == 0;
}

/* Where the batch belongs; true when it is to be recorded there, otherwise the outcome is set. */
static bool judge(struct db *d, struct intake *r, const struct read_batch *b, const struct known_appliance *k,
                  bool ahead, bool network, enum chain_place *ret, int *ret_rc)
{
    if (batch_verify(&b->head, b->signature, &k->keys) != 0) {
        outcome(r, INTAKE_FORGED, "The signature is not this appliance's.");
        return false;
    }
    if (b->head.number > INT64_MAX) {
        outcome(r, INTAKE_MALFORMED, "The batch number is out of range.");
        return false;
    }
    r->batch = b->head.number;
    r->number = k->chain.newest;
    *ret_rc = chain_place(d, &k->chain, &b->head, ret);
    if (*ret_rc)
        return false;
    switch (*ret) {
    case CHAIN_OTHER:
        outcome(r, INTAKE_FORGED,
                "Another batch is recorded under this number: the appliance was reset or copied.");
        return false;
    case CHAIN_BROKEN:
        outcome(r, INTAKE_FORGED,
                "It does not follow the batch recorded before it: the appliance was reset or copied.");
        return false;
    case CHAIN_KNOWN:
        outcome(r, b->head.number > k->chain.newest ? INTAKE_AHEAD : INTAKE_KNOWN, NULL);
        r->newest = b->head.number == k->chain.newest;
        break;
    case CHAIN_AHEAD:
        if (ahead && network)
            *ret_rc = chain_may_ahead(d, &k->chain, (int64_t)clock_wall_us(), &ahead);
        if (ahead && !*ret_rc)
            return true;
        if (*ret_rc)
            return false;
        outcome(r, INTAKE_HOLE, NULL);
        *ret_rc = chain_offered(d, &k->chain, b->head.number);
        break;
    case CHAIN_NEXT:
    case CHAIN_LATE:
        return true;
    }
    if (r->outcome == INTAKE_AHEAD && !ahead)
        outcome(r, INTAKE_HOLE, NULL);
    if (r->outcome == INTAKE_HOLE)
        r->number = k->chain.newest + 1;
    return false;
}

/* An appliance that has nothing to report says so, and is heard all the same. */
static int take_hello(struct db *d, struct intake *r, const struct fetch_hello *h,
                      const struct known_appliance *k, const char *address)
{
    r->number = k->chain.newest;
    if (fetch_hello_verify(h, &k->keys) != 0) {
        outcome(r, INTAKE_FORGED, "The signature is not this appliance's.");
    } else if (h->number > k->chain.newest) {
        outcome(r, INTAKE_HOLE, NULL);
        r->number = k->chain.newest + 1;
    } else if (h->number < k->chain.newest) {
        outcome(r, INTAKE_KNOWN, NULL); /* an old one, whoever sends it: it hears of nothing */
    } else if (!k->chain.open && memcmp(h->hash, k->chain.hash, SEAL_HASH) != 0) {
        outcome(r, INTAKE_FORGED,
                "Another batch is recorded under this number: the appliance was reset or copied.");
    } else {
        outcome(r, INTAKE_HELLO, NULL);
        return db_exec(d, "UPDATE appliance SET heard = ?, address = ? WHERE id = ?", "isi",
                       (int64_t)clock_wall_us(), address, k->chain.appliance);
    }
    return 0;
}

static int record_batch(struct db *d, struct intake *r, const struct read_batch *b, struct known_appliance *k,
                        enum chain_place place, const struct intake_way *way)
{
    struct intake_sums sums = {.appliance = k->chain.appliance, .now = (int64_t)clock_wall_us(), .region = k->region};
    int rc = intake_rows_begin(d, &sums);

    for (size_t i = 0; i < b->n && !rc; i++)
        rc = intake_row(d, &sums, &b->records[i], b->head.wall_us);
    if (!rc)
        rc = intake_rows_end(d, &sums);
    intake_rows_done(&sums);
    if (!rc)
        rc = forward_queue(d, k->chain.appliance, &b->head, sums.first_event, sums.last_event, sums.stored);
    if (!rc)
        rc = chain_add(d, &k->chain, &b->head, place, sums.now);
    if (!rc)
        rc = db_exec(
            d,
            "UPDATE appliance SET records = records + ?, duplicates = duplicates + ?, malformed = malformed "
            "+ ?, alerts = alerts + ? WHERE id = ?",
            "iiiii", (int64_t)b->n, sums.duplicates, sums.malformed, sums.alerts, k->chain.appliance);
    if (!rc && way->address) {
        /* what lay at a broker was said when that took it */
        int64_t said = way->stored_us > 0 && way->stored_us < sums.now ? way->stored_us : sums.now;
        rc = db_exec(d,
                     "UPDATE appliance SET heard = CASE WHEN heard > ? THEN heard ELSE ? END, address = ?, "
                     "clock_offset_ms = ? WHERE id = ?",
                     "iisii", said, said, way->address, ((int64_t)b->head.wall_us - said) / 1000, k->chain.appliance);
    }
    r->outcome = place == CHAIN_AHEAD ? INTAKE_AHEAD : INTAKE_TAKEN;
    r->number = k->chain.newest;
    r->first_seq = sums.first_seq;
    r->records = b->n;
    r->alerts = (uint64_t)sums.alerts;
    return rc;
}

static int count_refusal(struct db *d, const struct intake *r)
{
    int rc = counter_add(d, "intake_refused", 1);

    if (!rc && r->appliance)
        rc = db_exec(d, "UPDATE appliance SET refused = refused + 1 WHERE id = ?", "i", r->appliance);
    return rc;
}

/* Judges what was read, and does it. */
static int take(struct db *d, struct intake *r, const struct read_batch *b, struct known_appliance *k,
                const struct intake_way *way)
{
    enum chain_place place;
    int rc = 0;

    if (b->is_hello)
        return take_hello(d, r, &b->hello, k, way->address);
    if (judge(d, r, b, k, way->ahead, way->address && !way->stored_us, &place, &rc))
        rc = record_batch(d, r, b, k, place, way);
    memcpy(r->id, b->head.appliance, SEAL_ID);
    memcpy(r->hash, k->chain.hash, SEAL_HASH);
    return rc;
}

int intake_take(struct store *s, const struct seal_keys *console, struct span sealed,
                const struct intake_way *way, struct intake *ret)
{
    struct intake r = {.outcome = INTAKE_MALFORMED};
    struct arena *a = arena_new(BATCH_ARENA);
    struct read_batch b = {.n = 0};
    struct known_appliance k = {.chain = {.appliance = 0}};
    struct writer plain;
    struct db *d = NULL;
    bool sound;
    int rc = a ? 0 : ST_NOMEM;

    writer_init(&plain, ENVELOPE_MAX);
    sound = !rc && unpack(sealed, console, way->old, a, &plain, &b, &r, &rc);
    if (!rc)
        d = store_join(s, &rc);
    if (!rc && far_of(d) && events_newest(d) - far_shipped(d) > far_of(d)->most)
        rc = ST_AGAIN; /* too many wait for ClickHouse: the appliance keeps what it has, and comes again */
    if (!rc && sound && find_appliance(d, &r, &b, &k, &rc))
        rc = take(d, &r, &b, &k, way);
    if (!rc && r.outcome >= INTAKE_UNKNOWN)
        rc = count_refusal(d, &r);
    if (d)
        rc = store_leave(s, rc);
    writer_done(&plain);
    arena_free(a);
    if (!rc)
        *ret = r;
    return rc;
}

/* The oldest events that neither an alert nor a hold needs. */
static int forget_events(struct db *d, int64_t *ret_gone)
{
    char sql[1536];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT id, type, time, json FROM event WHERE NOT EXISTS(SELECT 1 FROM alert WHERE alert.event = event.id) AND NOT %s ORDER BY id "
             "LIMIT ?",
             retention_held_sql);
    rc = db_query(d, &s, sql, "i", (int64_t)ROOM_STEP);
    return rc ? rc : forget_rows(d, s, ret_gone);
}

int64_t intake_make_room(struct store *s, uint64_t max)
{
    int64_t gone = 0;
    int rc;
    struct db *d = store_begin(s, &rc);

    if (!d)
        return 0;
    /* a server keeps the room of what was deleted for what comes: its disk is its administrator's, retention goes by age */
    if (db_is_sqlite(d) && !far_of(d) && store_bytes(d) > max) {
        rc = forget_events(d, &gone);
        if (!rc && gone)
            rc = counter_add(d, "events_forgotten", gone);
    }
    if (rc || store_commit(s) != 0) {
        if (rc)
            store_rollback(s);
        return 0;
    }
    return gone;
}

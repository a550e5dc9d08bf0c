/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/chain_impl.h"

#include <stdio.h>

int chain_load(struct db *d, struct chain *c)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM hole WHERE appliance = ? AND last = ?", "ii", c->appliance,
                      (int64_t)c->newest);

    if (rc || (rc = db_step(s)) < 0)
        return rc;
    c->open = rc == 1;
    if (rc)
        db_reset(s);
    return 0;
}

/* The hash in the one row that the query gives: 1 with the hash, 0 when there is none. */
static int one_hash(struct db *d, const char *sql, int64_t appliance, uint64_t number,
                    uint8_t out[static SEAL_HASH])
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "ii", appliance, (int64_t)number);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    rc = db_blob(s, 0).n == SEAL_HASH;
    if (rc)
        memcpy(out, db_blob(s, 0).p, SEAL_HASH);
    db_reset(s);
    return rc;
}

#define RECORDED "SELECT hash FROM batch WHERE appliance = ? AND number = ?"
#define WAITING "SELECT hash FROM ahead WHERE appliance = ? AND number = ?"

/* Into an accepted hole: it must fit what is known on both sides. */
static int place_late(struct db *d, const struct chain *c, const struct batch_header *h,
                      enum chain_place *ret)
{
    uint8_t other[SEAL_HASH], own[SEAL_HASH];
    int rc = one_hash(d, "SELECT zeroblob(32) FROM hole WHERE appliance = ?1 AND first <= ?2 AND last >= ?2",
                      c->appliance, h->number, other);

    *ret = CHAIN_OTHER; /* below the end, and neither recorded nor in a hole: cannot be */
    if (rc != 1)
        return rc;
    *ret = CHAIN_LATE;
    batch_hash(h, own);
    if ((rc = one_hash(d, RECORDED, c->appliance, h->number - 1, other)) == 1 &&
        memcmp(other, h->previous, SEAL_HASH) != 0)
        *ret = CHAIN_BROKEN;
    if (rc >= 0 &&
        (rc = one_hash(d, "SELECT after FROM hole WHERE appliance = ? AND last = ?", c->appliance, h->number,
                       other)) == 1 &&
        memcmp(other, own, SEAL_HASH) != 0)
        *ret = CHAIN_BROKEN;
    return rc < 0 ? rc : 0;
}

int chain_place(struct db *d, const struct chain *c, const struct batch_header *h, enum chain_place *ret)
{
    uint8_t own[SEAL_HASH], other[SEAL_HASH];
    bool past = h->number <= c->newest;
    int rc = one_hash(d, past ? RECORDED : WAITING, c->appliance, h->number, other);

    if (rc < 0)
        return rc;
    batch_hash(h, own);
    if (rc == 1)
        *ret = memcmp(own, other, SEAL_HASH) == 0 ? CHAIN_KNOWN : CHAIN_OTHER;
    else if (past)
        return place_late(d, c, h, ret);
    else if (h->number > c->newest + 1)
        *ret = CHAIN_AHEAD;
    else
        *ret = c->open || memcmp(h->previous, c->hash, SEAL_HASH) == 0 ? CHAIN_NEXT : CHAIN_BROKEN;
    return 0;
}

static int record(struct db *d, int64_t appliance, uint64_t number, const uint8_t *hash, int64_t records,
                  int64_t now)
{
    return db_exec(d, "INSERT INTO batch(appliance, number, hash, records, received) VALUES(?, ?, ?, ?, ?)",
                   "iibii", appliance, (int64_t)number, span_of(hash, SEAL_HASH), records, now);
}

/* The end moves to that batch, which names previous as the one before it. */
static int move_end(struct db *d, struct chain *c, uint64_t number, const uint8_t *hash,
                    const uint8_t *previous)
{
    int rc = 0;

    if (c->open)
        rc = db_exec(d, "UPDATE hole SET after = ? WHERE appliance = ? AND last = ?", "bii",
                     span_of(previous, SEAL_HASH), c->appliance, (int64_t)c->newest);
    c->newest = number;
    c->open = false;
    memcpy(c->hash, hash, SEAL_HASH);
    return rc;
}

/* The batch that waits as the next one: 1 when it was taken into the chain, 0 when there is none that fits.
 */
static int absorb_one(struct db *d, struct chain *c)
{
    uint8_t hash[SEAL_HASH], previous[SEAL_HASH];
    uint64_t number = c->newest + 1;
    struct db_stmt *s;
    int64_t records, received;
    int rc = db_query(
        d, &s, "SELECT hash, previous, records, received FROM ahead WHERE appliance = ? AND number = ?", "ii",
        c->appliance, (int64_t)number);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    rc = db_blob(s, 0).n == SEAL_HASH && db_blob(s, 1).n == SEAL_HASH ? 0 : ST_MALFORMED;
    if (!rc) {
        memcpy(hash, db_blob(s, 0).p, SEAL_HASH);
        memcpy(previous, db_blob(s, 1).p, SEAL_HASH);
    }
    records = db_i64(s, 2);
    received = db_i64(s, 3);
    db_reset(s);
    if (rc || (!c->open && memcmp(previous, c->hash, SEAL_HASH) != 0))
        return rc; /* it stays: whoever asks why nothing goes on finds it there */
    rc = db_exec(d, "DELETE FROM ahead WHERE appliance = ? AND number = ?", "ii", c->appliance,
                 (int64_t)number);
    if (!rc)
        rc = record(d, c->appliance, number, hash, records, received);
    if (!rc)
        rc = move_end(d, c, number, hash, previous);
    return rc ? rc : 1;
}

/* Over what came ahead, and down to the appliance's row. */
static int settle(struct db *d, struct chain *c)
{
    int rc;

    while ((rc = absorb_one(d, c)) == 1)
        ;
    if (!rc)
        rc =
            db_exec(d,
                    "UPDATE appliance SET batches = ?1, hash = ?2, offered = CASE WHEN offered > ?1 + 1 THEN "
                    "offered ELSE (SELECT min(number) FROM ahead WHERE appliance = ?3) END WHERE id = ?3",
                    "ibi", (int64_t)c->newest, span_of(c->hash, SEAL_HASH), c->appliance);
    return rc;
}

static int keep_ahead(struct db *d, const struct chain *c, const struct batch_header *h, const uint8_t *hash,
                      int64_t now)
{
    struct db_stmt *s;
    int64_t n = 0;
    int rc = db_query(d, &s, "SELECT count(*) FROM ahead WHERE appliance = ?", "i", c->appliance);

    if (!rc && (rc = db_step(s)) == 1) {
        n = db_i64(s, 0);
        db_reset(s);
        rc = n < CHAIN_AHEAD_MAX ? 0 : ST_LIMIT;
    }
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO ahead(appliance, number, hash, previous, records, received) VALUES(?, ?, "
                     "?, ?, ?, ?)",
                     "iibbii", c->appliance, (int64_t)h->number, span_of(hash, SEAL_HASH),
                     span_of(h->previous, SEAL_HASH), (int64_t)h->records, now);
    return rc ? rc : chain_offered(d, c, h->number);
}

int chain_may_ahead(struct db *d, const struct chain *c, int64_t now, bool *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT count(*) FROM ahead WHERE appliance = ? AND received > ?", "ii", c->appliance,
                      now - 3600000000LL);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_IO;
    *ret = db_i64(s, 0) < CHAIN_AHEAD_HOUR;
    db_reset(s);
    return 0;
}

int chain_add(struct db *d, struct chain *c, const struct batch_header *h, enum chain_place place,
              int64_t now)
{
    uint8_t hash[SEAL_HASH];
    int rc;

    batch_hash(h, hash);
    if (place == CHAIN_AHEAD)
        return keep_ahead(d, c, h, hash, now);
    rc = record(d, c->appliance, h->number, hash, h->records, now);
    if (rc || place != CHAIN_NEXT)
        return rc;
    rc = move_end(d, c, h->number, hash, h->previous);
    return rc ? rc : settle(d, c);
}

int chain_offered(struct db *d, const struct chain *c, uint64_t number)
{
    return db_exec(d, "UPDATE appliance SET offered = min(ifnull(offered, ?1), ?1) WHERE id = ?2", "ii",
                   (int64_t)number, c->appliance);
}

int chain_give_up(struct db *d, struct chain *c, const struct chain_hole *h, int64_t now)
{
    static const uint8_t unknown[SEAL_HASH];
    int rc = db_exec(
        d, "INSERT INTO hole(appliance, first, last, accepted, accepted_by, reason) VALUES(?, ?, ?, ?, ?, ?)",
        "iiiiss", h->appliance, (int64_t)h->first, (int64_t)h->last, now, h->by, h->reason);

    c->newest = h->last;
    c->open = true;
    memcpy(c->hash, unknown, SEAL_HASH);
    return rc ? rc : settle(d, c);
}

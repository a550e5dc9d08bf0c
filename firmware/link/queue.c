/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/queue.h"
#include "base/conf.h"
#include "base/db.h"

#include <stdio.h>
#include <stdlib.h>

struct queue {
    char path[CONF_TEXT + 32];
    struct db *db;
};

struct queue *queue_new(const char *state_dir)
{
    struct queue *q = calloc(1, sizeof(*q));

    if (q)
        snprintf(q->path, sizeof(q->path), "%.512s/journal.db", state_dir);
    return q;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    db_close(q->db);
    free(q);
}

/* After a failure the connection is not trusted any more: the core may have been started anew meanwhile. */
static int finish(struct queue *q, int rc)
{
    if (rc && rc != ST_NOT_FOUND) {
        db_close(q->db);
        q->db = NULL;
    }
    return rc;
}

static int open_db(struct queue *q)
{
    return q->db ? 0 : db_open(q->path, DB_READ, &q->db);
}

int queue_read(struct queue *q, uint64_t number, struct writer *out)
{
    struct db_stmt *s;
    int rc = open_db(q);

    if (!rc)
        rc = db_query(q->db, &s, "SELECT bytes FROM batch WHERE number=?", "i", (int64_t)number);
    if (!rc && (rc = db_step(s)) == 1) {
        writer_put(out, db_blob(s, 0));
        db_reset(s);
        rc = writer_ok(out) ? 0 : ST_LIMIT;
    } else if (!rc) {
        rc = ST_NOT_FOUND;
    }
    return finish(q, rc);
}

/* One number from a query that gives at most one row. */
static int ask(struct queue *q, const char *sql, uint64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(q->db, &s, sql, "");

    if (!rc && (rc = db_step(s)) == 1) {
        *ret = (uint64_t)db_i64(s, 0);
        db_reset(s);
        rc = 0;
    }
    return rc;
}

int queue_bounds(struct queue *q, uint64_t *ret_first, uint64_t *ret_last, uint64_t *ret_receipt)
{
    uint64_t first = 0, last = 0, receipt = 0, version = 0;
    int rc = open_db(q);

    if (!rc)
        rc = ask(q, "PRAGMA user_version", &version);
    if (!rc && !version)
        rc = ST_NOT_FOUND; /* the core is just making it */
    if (!rc)
        rc = ask(q, "SELECT first FROM head", &first);
    if (!rc)
        rc = ask(q, "SELECT number FROM head", &last);
    if (!rc)
        rc = ask(q, "SELECT number FROM receipt", &receipt);
    if (!rc) {
        *ret_first = first;
        *ret_last = last;
        *ret_receipt = receipt;
    }
    return finish(q, rc);
}

int queue_alert(struct queue *q, uint64_t number, uint64_t *ret)
{
    struct db_stmt *s;
    int rc = open_db(q);

    if (!rc)
        rc = db_query(q->db, &s,
                      "SELECT number FROM batch WHERE alerts>0 AND number>? ORDER BY number LIMIT 1", "i",
                      (int64_t)number);
    if (!rc && (rc = db_step(s)) == 1) {
        *ret = (uint64_t)db_i64(s, 0);
        db_reset(s);
        return 0;
    }
    return finish(
        q, ST_NOT_FOUND); /* also of a journal that an earlier version made: it says nothing of alerts */
}

int queue_head(struct queue *q, struct fetch_hello *ret)
{
    struct fetch_hello h = {.number = 0};
    struct db_stmt *s;
    int rc = open_db(q);

    if (!rc)
        rc = db_query(q->db, &s, "SELECT first, number, wall_us, hash, signature FROM head", "");
    if (!rc && (rc = db_step(s)) == 1) {
        struct span hash = db_blob(s, 3), signature = db_blob(s, 4);
        h.first = (uint64_t)db_i64(s, 0);
        h.number = (uint64_t)db_i64(s, 1);
        h.wall_us = (uint64_t)db_i64(s, 2);
        rc = hash.n == SEAL_HASH && signature.n == SEAL_SIGNATURE ? 0 : ST_MALFORMED;
        if (!rc) {
            memcpy(h.hash, hash.p, SEAL_HASH);
            memcpy(h.signature, signature.p, SEAL_SIGNATURE);
            *ret = h;
        }
        db_reset(s);
    } else if (!rc) {
        rc = ST_NOT_FOUND;
    }
    return finish(q, rc);
}

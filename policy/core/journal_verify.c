/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/journal_verify.h"
#include "base/journal.h"
#include "base/ranges.h"
#include "base/witness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_ARENA (160u << 20)
#define RUNS_MOST 4096 /* runs whose numbers are compared; later ones are only verified by signature */

struct known_run {
    uint64_t run;
    struct ranges recorded;
};
struct verifying {
    struct db *db;
    const struct seal_public *pub;
    uint8_t id[SEAL_ID];
    struct arena *arena;
    struct verify_report *out;
    struct journal_head head;
    uint8_t previous[SEAL_HASH]; /* hash of the batch before */
    struct known_run *runs;
    size_t n_runs;
};
static int __attribute__((format(printf, 4, 5)))
bad(struct verifying *v, uint64_t batch, uint64_t record, const char *fmt, ...)
{
    va_list ap;

    v->out->bad_batch = batch;
    v->out->bad_record = record;
    va_start(ap, fmt);
    vsnprintf(v->out->what, sizeof(v->out->what), fmt, ap);
    va_end(ap);
    return ST_BAD_SIGNATURE;
}

static int unreadable(struct verifying *v, int rc)
{
    snprintf(v->out->what, sizeof(v->out->what), "the database cannot be read: %s",
             v->db ? db_message(v->db) : status_text(rc));
    return rc;
}

static int check_head(struct verifying *v)
{
    struct db_stmt *s;
    struct span hash, sig;
    uint8_t bytes[JOURNAL_HEAD_SIZE];
    int rc = db_query(v->db, &s, "SELECT first,number,wall_us,hash,signature FROM head", "");

    if (rc)
        return unreadable(v, rc);
    rc = db_step(s);
    if (rc < 0)
        return unreadable(v, rc);
    if (rc == 0)
        return 0; /* nothing was recorded yet, if there is no batch either */
    v->head =
        (struct journal_head){(uint64_t)db_i64(s, 0), (uint64_t)db_i64(s, 1), (uint64_t)db_i64(s, 2), {0}};
    hash = db_blob(s, 3);
    sig = db_blob(s, 4);
    if (hash.n == SEAL_HASH)
        memcpy(v->head.hash, hash.p, SEAL_HASH);
    journal_head_bytes(&v->head, bytes);
    rc = hash.n == SEAL_HASH && sig.n == SEAL_SIGNATURE
             ? seal_verify(v->pub->sign, JOURNAL_HEAD_DOMAIN, span_of(bytes, sizeof(bytes)), sig.p)
             : ST_BAD_SIGNATURE;
    db_reset(s);
    return rc ? bad(v, 0, 0, "the journal's head does not bear this appliance's signature") : 0;
}

static int load_runs(struct verifying *v)
{
    struct db_stmt *s;
    int rc = db_query(v->db, &s, "SELECT run,recorded FROM run WHERE live=0 ORDER BY run LIMIT ?", "i",
                      (int64_t)RUNS_MOST);

    if (rc)
        return unreadable(v, rc);
    v->runs = calloc(RUNS_MOST, sizeof(*v->runs));
    if (!v->runs)
        return unreadable(v, ST_NOMEM);
    while ((rc = db_step(s)) == 1) {
        struct known_run *r = &v->runs[v->n_runs++];
        r->run = (uint64_t)db_i64(s, 0);
        if (ranges_get(&r->recorded, db_blob(s, 1)) != 0) {
            db_reset(s);
            return bad(v, 0, 0, "the list of recorded events of run %" PRIu64 " was changed", r->run);
        }
    }
    return rc ? unreadable(v, rc) : 0;
}

/* Is the record in its run's list? Runs that are live have none. */
static bool listed(const struct verifying *v, const struct record *r)
{
    for (size_t i = 0; i < v->n_runs; i++)
        if (v->runs[i].run == r->run)
            return r->k || ranges_has(&v->runs[i].recorded, r->n);
    return true;
}

static int check_records(struct verifying *v, const struct journal_row *row, const struct batch_header *h,
                         const struct record *r, size_t n)
{
    struct reader hashes = reader_span(row->hashes);
    uint8_t all[SEAL_HASH], one[SEAL_HASH], want[SEAL_HASH];
    struct span list = row->hashes;

    seal_hash("gatehouse-records-v1", &list, 1, all);
    if (list.n != n * SEAL_HASH || memcmp(all, h->records_hash, SEAL_HASH) != 0)
        return bad(v, row->number, 0, "its list of record hashes was changed");
    for (size_t i = 0; i < n; i++) {
        record_hash(&r[i], one);
        reader_copy(&hashes, want, sizeof(want));
        if (memcmp(one, want, SEAL_HASH) != 0)
            return bad(v, row->number, i + 1, "the record was changed, added or moved after it was signed");
        if (!listed(v, &r[i]))
            return bad(v, row->number, i + 1, "the list of recorded events of its run does not have it");
    }
    return 0;
}

static int check_batch(struct verifying *v, const struct journal_row *row, struct span signature,
                       uint64_t expected)
{
    struct batch_header h;
    struct record *r;
    uint8_t sig[SEAL_SIGNATURE], hash[SEAL_HASH];
    size_t n;
    int rc;

    if (row->number != expected)
        return bad(v, expected, 0, "it is missing");
    arena_reset(v->arena);
    rc = batch_unpack(row->bytes, v->arena, &h, &r, &n, sig);
    if (rc)
        return bad(v, row->number, 0, "its bytes are damaged: %s", status_text(rc));
    if (h.number != row->number)
        return bad(v, row->number, 0, "it is batch %" PRIu64 " in this place", h.number);
    if (memcmp(h.appliance, v->id, SEAL_ID) != 0)
        return bad(v, row->number, 0, "it comes from another appliance");
    if (batch_verify(&h, sig, v->pub) != 0)
        return bad(v, row->number, 0,
                   "its signature is wrong: its header was changed, or another key signed it");
    if ((row->number == 1 || row->number > v->head.first) && memcmp(h.previous, v->previous, SEAL_HASH) != 0)
        return bad(v, row->number, 0, "it does not follow the batch before it");
    rc = check_records(v, row, &h, r, n);
    if (rc)
        return rc;
    if (row->records != n || row->wall_us != h.wall_us)
        return bad(v, row->number, 0, "the table says something else about it than it does");
    journal_row_hash(row, hash);
    if (signature.n != SEAL_SIGNATURE ||
        seal_verify(v->pub->sign, JOURNAL_ROW_DOMAIN, span_of(hash, sizeof(hash)), signature.p) != 0)
        return bad(v, row->number, 0, "its bytes were changed, although its records are the same");
    batch_hash(&h, v->previous);
    v->out->records += n;
    v->out->batches++;
    return 0;
}

static int check_batches(struct verifying *v)
{
    struct db_stmt *s;
    uint64_t expected = v->head.first ? v->head.first : 1;
    int rc = db_query(v->db, &s,
                      "SELECT number,wall_us,records,hashes,bytes,signature FROM batch ORDER BY number", "");

    if (rc)
        return unreadable(v, rc);
    v->out->first = expected;
    while ((rc = db_step(s)) == 1) {
        struct journal_row row = {(uint64_t)db_i64(s, 0), (uint64_t)db_i64(s, 1), (uint64_t)db_i64(s, 2),
                                  db_blob(s, 3), db_blob(s, 4)};
        rc = check_batch(v, &row, db_blob(s, 5), expected);
        if (rc) {
            db_reset(s);
            return rc;
        }
        v->out->last = expected++;
    }
    if (rc)
        return unreadable(v, rc);
    if (v->out->last < v->head.number)
        return bad(v, v->out->last + 1, 0,
                   "it is missing: the signed head says that batch %" PRIu64 " is the newest",
                   v->head.number);
    if (v->out->last > v->head.number)
        return bad(v, v->head.number + 1, 0, "the signed head does not know it");
    if (v->out->batches && memcmp(v->previous, v->head.hash, SEAL_HASH) != 0)
        return bad(v, v->out->last, 0, "it is not the batch that the signed head names");
    return 0;
}

static int check_receipt(struct verifying *v)
{
    struct db_stmt *s;
    int rc = db_query(v->db, &s, "SELECT number FROM receipt", "");
    uint64_t number = 0;

    if (!rc && (rc = db_step(s)) == 1) {
        number = (uint64_t)db_i64(s, 0);
        db_reset(s);
        rc = 0;
    }
    if (rc)
        return unreadable(v, rc);
    return number > v->head.number
               ? bad(v, 0, 0, "a receipt names batch %" PRIu64 ", which does not exist", number)
               : 0;
}

/* witness: what witness_read said before anything else was read, so that a journal in use is never behind it.
 */
static int check_witness(struct verifying *v, int witness, uint64_t number)
{
    if (witness == ST_BAD_SIGNATURE)
        return bad(v, 0, 0, WITNESS_FILE " beside it is not as this appliance wrote it");
    if (!witness && number > v->head.number)
        return bad(v, v->head.number + 1, 0,
                   "it is missing: " WITNESS_FILE " names batch %" PRIu64 " as the newest", number);
    return 0;
}

int journal_verify(const char *path, const struct seal_public *appliance, struct verify_report *ret)
{
    struct verifying v = {.pub = appliance, .out = ret};
    uint64_t number = 0;
    int rc, witness = witness_read(path, appliance, &number);

    memset(ret, 0, sizeof(*ret));
    seal_id(appliance, v.id);
    v.arena = arena_new(BATCH_ARENA);
    rc = v.arena ? db_open(path, DB_READ, &v.db) : ST_NOMEM;
    if (rc)
        rc = unreadable(&v, rc);
    if (!rc)
        rc = check_head(&v);
    if (!rc)
        rc = load_runs(&v);
    if (!rc)
        rc = check_batches(&v);
    if (!rc)
        rc = check_receipt(&v);
    if (!rc)
        rc = check_witness(&v, witness, number);
    for (size_t i = 0; i < v.n_runs; i++)
        ranges_done(&v.runs[i].recorded);
    free(v.runs);
    db_close(v.db);
    arena_free(v.arena);
    return rc;
}

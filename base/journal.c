/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/journal.h"
#include "base/clock.h"
#include "base/db.h"
#include "base/event.h"
#include "base/runs.h"
#include "base/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BATCH_ARENA (64u << 20)
#define BATCH_SPARE 65536 /* what a commit may need beyond the batch itself */
#define SPLIT_BYTES 2048 /* of other records, from which on alerts go in a batch of their own */
#define TRIM_PART 8       /* trimming frees this part of the journal at a time */

static const char *const schema[] = {
    "CREATE TABLE batch(number INTEGER PRIMARY KEY, wall_us INTEGER NOT NULL, records INTEGER NOT NULL,"
    " hashes BLOB NOT NULL, bytes BLOB NOT NULL, signature BLOB NOT NULL);"
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one=1), first INTEGER NOT NULL, number INTEGER NOT NULL,"
    " wall_us INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL);"
    "CREATE TABLE receipt(one INTEGER PRIMARY KEY CHECK(one=1), number INTEGER NOT NULL,"
    " wall_us INTEGER NOT NULL);",
    runs_schema,
    /* how many alerts are in it: what the uplink sends first */
    "ALTER TABLE batch ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX batch_alerts ON batch(number) WHERE alerts>0;",
};

struct journal {
    struct db *db;
    const struct seal_keys *keys;
    uint8_t id[SEAL_ID];
    char state_dir[CONF_TEXT];
    uint64_t max, reserve, delay_ms, quiet_ms;
    size_t batch_records;
    struct journal_head head;
    uint64_t receipt, lost;
    int witness; /* -1: none */
    uint8_t head_sig[SEAL_SIGNATURE];
    struct runs runs;
    /* the batch that is being collected */
    struct arena *arena;
    struct record *records;
    size_t n, cap, bytes;
    uint64_t since_ms;
    bool urgent; /* an alert is in it, or what the appliance did */
    bool full;
    enum journal_room room;
    char reason[160];
};

void journal_head_bytes(const struct journal_head *h, uint8_t out[static JOURNAL_HEAD_SIZE])
{
    struct writer w;

    writer_fixed(&w, out, JOURNAL_HEAD_SIZE);
    writer_le(&w, h->first, 8);
    writer_le(&w, h->number, 8);
    writer_le(&w, h->wall_us, 8);
    writer_bytes(&w, h->hash, SEAL_HASH);
    gh_check(writer_ok(&w));
}

void journal_row_hash(const struct journal_row *r, uint8_t out[static SEAL_HASH])
{
    uint8_t numbers[3 * 8];
    struct writer w;
    struct span parts[3];

    writer_fixed(&w, numbers, sizeof(numbers));
    writer_le(&w, r->number, 8);
    writer_le(&w, r->wall_us, 8);
    writer_le(&w, r->records, 8);
    parts[0] = writer_span(&w);
    parts[1] = r->hashes;
    parts[2] = r->bytes;
    seal_hash("gatehouse-journal-row-v1", parts, 3, out);
}

static int load_receipt(struct journal *j)
{
    struct db_stmt *s;
    int rc = db_query(j->db, &s, "SELECT number FROM receipt", "");

    if (!rc && (rc = db_step(s)) == 1) {
        j->receipt = (uint64_t)db_i64(s, 0);
        db_reset(s);
        rc = 0;
    }
    return rc;
}

static int load_head(struct journal *j)
{
    struct db_stmt *s;
    int rc = db_query(j->db, &s, "SELECT first,number,wall_us,hash FROM head", "");

    if (!rc && (rc = db_step(s)) == 1) {
        struct span hash = db_blob(s, 3);
        j->head.first = (uint64_t)db_i64(s, 0);
        j->head.number = (uint64_t)db_i64(s, 1);
        j->head.wall_us = (uint64_t)db_i64(s, 2);
        if (hash.n == SEAL_HASH)
            memcpy(j->head.hash, hash.p, SEAL_HASH);
        rc = hash.n == SEAL_HASH ? 0 : ST_MALFORMED;
        db_reset(s);
    }
    return rc ? rc : load_receipt(j);
}

static int ask_witness(struct journal *j, const char *path)
{
    uint64_t number = 0;

    if (witness_read(path, seal_keys_public(j->keys), &number) == 0 && number > j->head.number)
        j->lost = number;
    j->witness = witness_open(path);
    return j->witness < 0 ? j->witness : 0;
}

int journal_open(const struct conf *c, const struct seal_keys *keys, struct journal **ret, char *err,
                 size_t cap)
{
    struct journal *j = calloc(1, sizeof(*j));
    char path[CONF_TEXT + 32];
    int rc = j ? 0 : ST_NOMEM;

    snprintf(path, sizeof(path), "%s/%s", c->node_state_dir, JOURNAL_FILE);
    if (!rc) {
        j->keys = keys;
        j->witness = -1;
        seal_id(seal_keys_public(keys), j->id);
        snprintf(j->state_dir, sizeof(j->state_dir), "%s", c->node_state_dir);
        j->max = c->journal_max;
        j->reserve = c->journal_reserve;
        j->delay_ms = c->journal_batch_delay;
        j->quiet_ms = c->journal_quiet_delay > j->delay_ms ? c->journal_quiet_delay : j->delay_ms;
        j->batch_records = (size_t)c->journal_batch_records;
        j->arena = arena_new(BATCH_ARENA);
        rc = j->arena ? db_open(path, DB_WRITE_FULL, &j->db) : ST_NOMEM;
    }
    if (!rc)
        rc = db_migrate(j->db, schema, GH_COUNT(schema));
    if (!rc)
        rc = load_head(j);
    if (!rc)
        rc = ask_witness(j, path);
    if (!rc)
        (void)journal_measure(j);
    if (rc) {
        snprintf(err, cap, "%s: %s%s%s", path, status_text(rc), j && j->db ? ": " : "",
                 j && j->db ? db_message(j->db) : "");
        journal_close(j);
        return rc;
    }
    *ret = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (j && j->db && j->n)
        (void)journal_flush(j);
    journal_drop(j);
}

void journal_drop(struct journal *j)
{
    if (!j)
        return;
    runs_done(&j->runs);
    if (j->witness >= 0)
        close(j->witness);
    db_close(j->db);
    arena_free(j->arena);
    free(j->records);
    free(j);
}

/* ---- runs ---- */

int journal_run(struct journal *j, uint64_t run, bool live, struct span name)
{
    return runs_open(&j->runs, j->db, run, live, name);
}

bool journal_known(const struct journal *j, uint64_t run, uint64_t n)
{
    return runs_known(&j->runs, run, n);
}

void journal_claim(struct journal *j, uint64_t run, uint64_t n)
{
    runs_claim(&j->runs, run, n);
}

void journal_skip(struct journal *j, uint64_t run, uint64_t n)
{
    runs_recorded(&j->runs, run,
                  n); /* written with the next batch; lost with a crash, it is only skipped again */
}

/* ---- room ---- */

static void refuse(struct journal *j, const char *why)
{
    j->full = true;
    snprintf(j->reason, sizeof(j->reason), "%s", why);
}

uint64_t journal_bytes(struct journal *j)
{
    static const char *const ask[] = {"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"};
    uint64_t v[3] = {0};

    for (size_t i = 0; i < 3; i++) {
        struct db_stmt *s;
        if (db_query(j->db, &s, ask[i], "") == 0 && db_step(s) == 1) {
            v[i] = (uint64_t)db_i64(s, 0);
            db_reset(s);
        }
    }
    return v[0] > v[1] ? (v[0] - v[1]) * v[2] : 0;
}

static int sign_head(struct journal *j, const struct journal_head *h)
{
    uint8_t bytes[JOURNAL_HEAD_SIZE];

    journal_head_bytes(h, bytes);
    seal_sign(j->keys, JOURNAL_HEAD_DOMAIN, span_of(bytes, sizeof(bytes)), j->head_sig);
    return db_exec(j->db, "INSERT OR REPLACE INTO head VALUES(1,?,?,?,?,?)", "iiibb", (int64_t)h->first,
                   (int64_t)h->number, (int64_t)h->wall_us, span_of(h->hash, SEAL_HASH),
                   span_of(j->head_sig, SEAL_SIGNATURE));
}

/* Lets go of the oldest batches that the console has; the newest one always stays. */
static bool trim(struct journal *j)
{
    struct journal_head h = j->head;
    uint64_t most;
    int rc = load_receipt(j); /* `gatehouse journal import` may have noted a newer one */

    if (rc)
        return false;
    most = j->receipt < h.number ? j->receipt : h.number ? h.number - 1 : 0;
    if (!h.first || most < h.first)
        return false;
    most = h.first + (most - h.first) / TRIM_PART;
    h.first = most + 1;
    rc = db_begin(j->db);
    if (!rc)
        rc = db_exec(j->db, "DELETE FROM batch WHERE number<=?", "i", (int64_t)most);
    if (!rc)
        rc = sign_head(j, &h);
    if (!rc)
        rc = db_commit(j->db);
    if (rc) {
        db_rollback(j->db);
        return false;
    }
    j->head = h;
    return true;
}

enum journal_room journal_measure(struct journal *j)
{
    uint64_t part = j->max / 16, bytes = journal_bytes(j);

    while (bytes >= part * 12 && trim(j))
        bytes = journal_bytes(j);
    j->room = bytes >= part * 15   ? JOURNAL_ROOM_ALERTS
              : bytes >= part * 14 ? JOURNAL_ROOM_DOCUMENTS
              : bytes >= part * 12 ? JOURNAL_ROOM_LOGS
                                   : JOURNAL_ROOM_ALL;
    return j->room;
}

enum journal_room journal_room(const struct journal *j)
{
    return j->room;
}

static bool has_room(struct journal *j)
{
    struct statvfs fs;
    uint64_t need = j->bytes + BATCH_SPARE;

    while (journal_bytes(j) + need > j->max)
        if (!trim(j)) {
            refuse(j, "journal.max is reached, and the console has not yet received what is in the journal");
            return false;
        }
    if (statvfs(j->state_dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < j->reserve + need) {
        refuse(j, "the disk has no more free space than journal.reserve");
        return false;
    }
    return true;
}

/* ---- records ---- */

static int grow(struct journal *j, size_t n)
{
    size_t cap = j->cap ? j->cap : 64;
    struct record *v;

    while (cap < j->n + n)
        cap *= 2;
    if (cap == j->cap)
        return 0;
    v = realloc(j->records, cap * sizeof(*v));
    if (!v)
        return ST_NOMEM;
    j->records = v;
    j->cap = cap;
    return 0;
}

int journal_add(struct journal *j, const struct record *r, size_t n)
{
    size_t bytes = 0;
    int rc;

    if (j->full)
        return ST_FULL;
    for (size_t i = 0; i < n; i++)
        bytes += r[i].json.n;
    if (bytes > JOURNAL_UNIT_MAX)
        return ST_LIMIT;
    if (j->n && (j->n >= j->batch_records || j->bytes + bytes > JOURNAL_BATCH_BYTES) && journal_flush(j) != 0)
        return ST_FULL;
    rc = grow(j, n);
    if (!j->n)
        j->since_ms = clock_mono_ms();
    for (size_t i = 0; !rc && i < n; i++) {
        struct record *to = &j->records[j->n + i];
        const char *copy = arena_dup(j->arena, r[i].json.p, r[i].json.n);
        *to = r[i];
        to->json.p = (const uint8_t *)copy;
        if (!copy)
            rc = ST_NOMEM;
    }
    if (rc)
        return rc;
    j->n += n;
    j->bytes += bytes;
    for (size_t i = 0; i < n; i++) /* also the accounts of a run that ended: somebody waits for them */
        j->urgent |= r[i].type == EVENT_ALERT || r[i].type == EVENT_AUDIT || !r[i].n;
    for (size_t i = 0; i < n; i++)
        if (!r[i].k)
            runs_recorded(&j->runs, r[i].run, r[i].n);
    return 0;
}

bool journal_due(const struct journal *j, uint64_t now_ms)
{
    return j->n && (j->n >= j->batch_records || now_ms >= j->since_ms + (j->urgent ? j->delay_ms : j->quiet_ms));
}

size_t journal_waiting(const struct journal *j)
{
    return j->n;
}

/* The row of one batch. */
static int insert_batch(struct journal *j, const struct journal_row *row, int64_t alerts)
{
    uint8_t hash[SEAL_HASH], sig[SEAL_SIGNATURE];

    journal_row_hash(row, hash);
    seal_sign(j->keys, JOURNAL_ROW_DOMAIN, span_of(hash, sizeof(hash)), sig);
    return db_exec(
        j->db,
        "INSERT INTO batch(number, wall_us, records, hashes, bytes, signature, alerts) VALUES(?,?,?,?,?,?,?)",
        "iiibbbi", (int64_t)row->number, (int64_t)row->wall_us, (int64_t)row->records, row->hashes,
        row->bytes, span_of(sig, sizeof(sig)), alerts);
}

/* One batch of these records behind *head, which moves on. Inside the caller's transaction. */
static int put_batch(struct journal *j, struct journal_head *head, const struct record *r, size_t n)
{
    struct batch_header h = {.number = head->number + 1, .wall_us = clock_wall_us()};
    uint8_t sig[SEAL_SIGNATURE];
    struct writer bytes, hashes;
    int64_t alerts = 0;
    int rc;

    memcpy(h.appliance, j->id, SEAL_ID);
    memcpy(h.previous, head->hash, SEAL_HASH);
    batch_sign(&h, r, n, j->keys, sig);
    writer_init(&bytes, ENVELOPE_PLAIN_MAX);
    writer_init(&hashes, n * SEAL_HASH);
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[SEAL_HASH];
        record_hash(&r[i], hash);
        writer_bytes(&hashes, hash, sizeof(hash));
        alerts += r[i].type == EVENT_ALERT;
    }
    rc = batch_write(&h, r, n, sig, &bytes);
    if (!rc) {
        const struct journal_row row = {h.number, h.wall_us, h.records, writer_span(&hashes),
                                        writer_span(&bytes)};
        rc = insert_batch(j, &row, alerts);
    }
    writer_done(&bytes);
    writer_done(&hashes);
    if (!head->first)
        head->first = h.number;
    head->number = h.number;
    head->wall_us = h.wall_us;
    batch_hash(&h, head->hash);
    return rc;
}

/* The records as one batch, or as two, the first urgent ones apart; their place in the chain and (with_runs)
 * the runs' numbers, in one transaction. */
static int write_batches(struct journal *j, const struct record *r, size_t n, size_t urgent, bool with_runs)
{
    struct journal_head head = j->head;
    int rc = db_begin(j->db);

    if (!rc && urgent)
        rc = put_batch(j, &head, r, urgent);
    if (!rc && n > urgent)
        rc = put_batch(j, &head, r + urgent, n - urgent);
    if (!rc && with_runs)
        rc = runs_store(&j->runs, j->db);
    if (!rc)
        rc = sign_head(j, &head);
    if (!rc)
        rc = db_commit(j->db);
    if (rc) {
        db_rollback(j->db);
        return rc;
    }
    j->head = head;
    witness_write(j->witness, &head, j->head_sig);
    if (with_runs)
        runs_stored(&j->runs);
    return 0;
}

/* Records of one event, from i on; *ret_alert: one of them is an alert. */
static size_t unit_end(const struct journal *j, size_t i, bool *ret_alert)
{
    const struct record *first = &j->records[i];

    for (*ret_alert = false; i < j->n && j->records[i].run == first->run && j->records[i].n == first->n; i++)
        *ret_alert |= j->records[i].type == EVENT_ALERT;
    return i;
}

/* Over a thin link an alert must not wait for the other records of its batch: events with alerts go to the
 * front, in their order. Returns how many records that are; 0 when the rest is too small to matter. */
static size_t urgent_first(struct journal *j)
{
    size_t urgent = 0, others = 0, at[2], end;
    bool alert;
    struct record *v;

    for (size_t i = 0; i < j->n; i = end) {
        end = unit_end(j, i, &alert);
        for (size_t k = i; k < end && !alert; k++)
            others += j->records[k].json.n;
        urgent += alert ? end - i : 0;
    }
    if (!urgent || others < SPLIT_BYTES || !(v = malloc(j->cap * sizeof(*v))))
        return 0;
    at[1] = 0;
    at[0] = urgent;
    for (size_t i = 0; i < j->n; i = end) {
        end = unit_end(j, i, &alert);
        memcpy(&v[at[alert]], &j->records[i], (end - i) * sizeof(*v));
        at[alert] += end - i;
    }
    free(j->records);
    j->records = v;
    return urgent;
}

int journal_flush(struct journal *j)
{
    size_t urgent;
    int rc;

    if (!j->n)
        return 0;
    if (!has_room(j))
        return ST_FULL;
    urgent = urgent_first(j); /* puts the records into another order, elsewhere */
    rc = write_batches(j, j->records, j->n, urgent, true);
    if (rc) {
        char why[160];
        snprintf(why, sizeof(why), "the journal cannot be written: %s",
                 rc == ST_FULL ? "the disk is full" : db_message(j->db));
        refuse(j, why);
        return rc;
    }
    arena_reset(j->arena);
    j->n = j->bytes = 0;
    j->urgent = false;
    (void)journal_measure(j);
    return 0;
}

int journal_urgent(struct journal *j, const struct record *r)
{
    /* Without the runs: they name events already that still wait in the batch being collected. */
    return write_batches(j, r, 1, 0, false);
}

bool journal_full(const struct journal *j)
{
    return j->full;
}

const char *journal_reason(const struct journal *j)
{
    return j->reason;
}

bool journal_retry(struct journal *j)
{
    if (!has_room(j))
        return false;
    j->full = false;
    return journal_flush(j) == 0;
}

uint64_t journal_lost(const struct journal *j)
{
    return j->lost;
}

uint64_t journal_last(const struct journal *j)
{
    return j->head.number;
}

uint64_t journal_receipt(const struct journal *j)
{
    return j->receipt;
}

int journal_set_receipt(struct journal *j, uint64_t number)
{
    int rc;

    if (number == j->receipt)
        return 0;
    if (number > j->head.number)
        return ST_MALFORMED; /* nobody can have what does not exist */
    rc = db_exec(j->db, "INSERT OR REPLACE INTO receipt VALUES(1,?,?)", "ii", (int64_t)number,
                 (int64_t)clock_wall_us());
    if (!rc)
        j->receipt = number;
    return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * The journal: what was changed is found and named; what was recorded stays; what is recorded twice is not.
 */
#include "base/db.h"
#include "base/journal.h"
#include "policy/core/journal_verify.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN 77u

static char dir[] = "/tmp/gh-journal-test-XXXXXX";
static char path[128], copy[128];
static char witness[160];
static struct conf conf;
static struct seal_keys *keys;

static struct journal *open_journal(void)
{
    struct journal *j = NULL;
    char err[256] = "";

    CHECK(journal_open(&conf, keys, &j, err, sizeof(err)) == 0);
    gh_check(j);
    CHECK(journal_run(j, RUN, false, span_str("replay")) == 0);
    return j;
}

static int add(struct journal *j, uint64_t n, size_t k, const char *json)
{
    struct record r[3];

    for (size_t i = 0; i < k; i++)
        r[i] = (struct record){.run = RUN, .n = n, .k = (uint32_t)i, .type = 1, .json = span_str(json)};
    return journal_add(j, r, k);
}

static void remove_journal(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[160];

    for (size_t i = 0; i < GH_COUNT(ends); i++) {
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

/* Four batches of five records each. */
static void fill(void)
{
    struct journal *j;
    char json[128];

    remove_journal();
    j = open_journal();
    for (uint64_t n = 1; n <= 16; n++) {
        snprintf(json, sizeof(json), "{\"event_type\":\"http\",\"n\":%d,\"url\":\"/a/document/%d\"}", (int)n,
                 (int)(n * 7919));
        CHECK(add(j, n, n % 4 == 1 ? 2 : 1, json) == 0);
        if (n % 4 == 0)
            CHECK(journal_flush(j) == 0);
    }
    CHECK_U64(journal_last(j), 4);
    journal_close(j);
}

static int verify(const char *file, struct verify_report *r)
{
    return journal_verify(file, seal_keys_public(keys), r);
}

static void copy_file(void)
{
    uint8_t buf[65536];
    int in = open(path, O_RDONLY | O_CLOEXEC),
        out = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n;

    while ((n = read(in, buf, sizeof(buf))) > 0)
        CHECK(write(out, buf, (size_t)n) == n);
    close(in);
    close(out);
}

static void tamper_by_sql(void)
{
    static const struct {
        const char *sql;
        uint64_t batch; /* that must be named */
    } rows[] = {
        {"DELETE FROM batch WHERE number=1", 1},
        {"DELETE FROM batch WHERE number=2", 2},
        {"DELETE FROM batch WHERE number=4", 4},
        {"DELETE FROM batch", 1},
        {"UPDATE batch SET number=9 WHERE number=3", 3},
        {"UPDATE batch SET bytes=(SELECT bytes FROM batch WHERE number=3), hashes=(SELECT hashes FROM batch "
         "WHERE number=3)"
         " WHERE number=2",
         2},
        {"UPDATE batch SET hashes=(SELECT hashes FROM batch WHERE number=3) WHERE number=2", 2},
        {"UPDATE batch SET hashes=x'' WHERE number=4", 4},
        {"UPDATE batch SET bytes=x'' WHERE number=4", 4},
        {"UPDATE batch SET bytes=NULL WHERE number=0", 0}, /* changes nothing: must be found whole */
        {"UPDATE batch SET wall_us=wall_us+1 WHERE number=2", 2},
        {"UPDATE batch SET records=records+1 WHERE number=2", 2},
        {"INSERT INTO batch SELECT 5,wall_us,records,hashes,bytes,signature,alerts FROM batch WHERE number=4", 5},
        {"UPDATE run SET recorded=x'' WHERE run=77", 1},
        {"UPDATE run SET recorded=x'00' WHERE run=77", 0},
        {"DELETE FROM head", 5},
        {"UPDATE head SET number=3", 0},
        {"UPDATE head SET first=2", 0},
        {"UPDATE head SET wall_us=1", 0},
        {"UPDATE head SET hash=x'00'", 0},
        {"UPDATE head SET signature=zeroblob(64)", 0},
        {"INSERT OR REPLACE INTO receipt VALUES(1,99,0)", 0},
        {"DROP TABLE batch", 0},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct verify_report r;
        struct db *db;
        int rc;
        check_row(rows[i].sql);
        copy_file();
        CHECK(db_open(copy, DB_WRITE, &db) == 0);
        (void)db_exec(db, rows[i].sql, "");
        db_close(db);
        rc = verify(copy, &r);
        if (strstr(rows[i].sql, "number=0")) {
            CHECK(rc == 0);
            continue;
        }
        CHECK(rc != 0);
        CHECK(*r.what != 0);
        if (rows[i].batch && rows[i].batch != 5)
            CHECK_U64(r.bad_batch, rows[i].batch);
    }
}

/* One record changed, two exchanged, one dropped, by somebody who packs the batch anew: the record is named.
 */
static void tamper_records(void)
{
    static const struct {
        const char *name;
        int how;
        uint64_t record;
    } rows[] = {
        {"changed", 0, 3}, {"exchanged", 1, 2}, {"run number", 2, 4}, {"dropped", 3, 0}, {"type", 4, 5}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct arena *a = arena_new(16 << 20);
        struct verify_report rep;
        struct batch_header h;
        struct record *r, swap;
        struct db *db;
        struct db_stmt *s;
        struct writer w;
        uint8_t sig[SEAL_SIGNATURE];
        size_t n = 0;
        check_row(rows[i].name);
        copy_file();
        CHECK(db_open(copy, DB_WRITE, &db) == 0);
        CHECK(db_query(db, &s, "SELECT bytes FROM batch WHERE number=2", "") == 0 && db_step(s) == 1);
        CHECK(batch_unpack(db_blob(s, 0), a, &h, &r, &n, sig) == 0 && n == 5);
        db_reset(s);
        if (rows[i].how == 0)
            r[2].json = span_str("{\"event_type\":\"http\",\"n\":0}");
        swap = r[1];
        if (rows[i].how == 1) {
            r[1] = r[2];
            r[2] = swap;
        }
        if (rows[i].how == 2)
            r[3].n++;
        if (rows[i].how == 4)
            r[4].type++;
        if (rows[i].how == 3)
            h.records = 4;
        writer_init(&w, 1 << 20);
        CHECK(batch_write(&h, r, rows[i].how == 3 ? 4 : 5, sig, &w) == 0);
        CHECK(db_exec(db, "UPDATE batch SET bytes=? WHERE number=2", "b", writer_span(&w)) == 0);
        writer_done(&w);
        db_close(db);
        CHECK(verify(copy, &rep) == ST_BAD_SIGNATURE);
        CHECK_U64(rep.bad_batch, 2);
        CHECK_U64(rep.bad_record, rows[i].record);
        arena_free(a);
    }
}

/* Every byte of a batch, of its hashes and of the head, one after the other. */
static void tamper_every_byte(void)
{
    static const struct {
        const char *get, *set;
    } rows[] = {
        {"SELECT bytes FROM batch WHERE number=2", "UPDATE batch SET bytes=? WHERE number=2"},
        {"SELECT hashes FROM batch WHERE number=2", "UPDATE batch SET hashes=? WHERE number=2"},
        {"SELECT signature FROM batch WHERE number=2", "UPDATE batch SET signature=? WHERE number=2"},
        {"SELECT hash FROM head", "UPDATE head SET hash=?"},
        {"SELECT signature FROM head", "UPDATE head SET signature=?"},
    };

    copy_file();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct db *db;
        struct db_stmt *s;
        uint8_t bytes[4096];
        size_t n, missed = 0;
        check_row(rows[i].get);
        CHECK(db_open(copy, DB_WRITE, &db) == 0);
        CHECK(db_query(db, &s, rows[i].get, "") == 0 && db_step(s) == 1);
        n = db_blob(s, 0).n;
        gh_check(n && n < sizeof(bytes));
        memcpy(bytes, db_blob(s, 0).p, n);
        db_reset(s);
        for (size_t at = 0; at < n; at++) {
            struct verify_report r;
            bytes[at] ^= (uint8_t)(1u << at % 8);
            CHECK(db_exec(db, rows[i].set, "b", span_of(bytes, n)) == 0);
            missed += verify(copy, &r) == 0;
            bytes[at] ^= (uint8_t)(1u << at % 8);
        }
        CHECK_U64(missed, 0);
        CHECK(db_exec(db, rows[i].set, "b", span_of(bytes, n)) == 0);
        db_close(db);
    }
}

static void test_whole(void)
{
    struct verify_report r;
    struct seal_keys *other = seal_keys_generate();

    check_row("whole");
    fill();
    CHECK(verify(path, &r) == 0);
    CHECK_U64(r.batches, 4);
    CHECK_U64(r.records, 20);
    check_row("another appliance's key");
    CHECK(journal_verify(path, seal_keys_public(other), &r) == ST_BAD_SIGNATURE);
    seal_keys_free(other);
    check_row("no journal");
    CHECK(verify("/nonexistent/journal.db", &r) != 0 && *r.what);
}

/* A process that dies anywhere and begins anew: each event is there once. */
static void test_replay(void)
{
    struct verify_report r;

    remove_journal();
    for (unsigned life = 0; life < 12; life++) {
        struct journal *j = open_journal();
        unsigned lives_for = life < 11 ? 3 + life * 7 : 100;
        check_row("replay");
        for (uint64_t n = 1; n <= 60 && n <= lives_for; n++) {
            if (journal_known(j, RUN, n))
                continue;
            journal_claim(j, RUN, n);
            CHECK(journal_known(j, RUN, n));
            CHECK(add(j, n, 1, "{\"x\":1}") == 0);
            if (n % 5 == life % 5)
                CHECK(journal_flush(j) == 0);
        }
        if (life == 11)
            CHECK(journal_flush(j) == 0);
        journal_drop(j); /* dies: what was not committed is gone */
    }
    CHECK(verify(path, &r) == 0);
    CHECK_U64(r.records, 60);
}

/* Full at journal.max: it refuses, keeps what it has, and goes on when the console has taken the oldest. */
static void test_full(void)
{
    const struct record urgent = {.run = 1, .n = 1, .json = span_str("{}")};
    struct conf keep = conf;
    struct journal *j;
    struct verify_report r;
    char json[4000];
    uint64_t n = 0, taken, last;
    unsigned rooms = 0; /* bit for each that was seen */
    int rc;

    check_row("full");
    remove_journal();
    conf.journal_max = 4 << 20;
    conf.journal_reserve = 0;
    j = open_journal();
    do {
        n++;
        rooms |= 1u << journal_room(j);
        CHECK((journal_room(j) == JOURNAL_ROOM_ALL) == (journal_bytes(j) < (3 << 20)));
        for (size_t i = 0; i < sizeof(json) - 1; i++) /* does not compress well */
            json[i] = (char)('a' + (n * 31 + i * i * 7 + i * n) % 26);
        json[sizeof(json) - 1] = 0;
        rc = add(j, n, 1, json);
        if (!rc && n % 20 == 0)
            rc = journal_flush(j);
    } while (!rc && n < 100000);
    CHECK(rc == ST_FULL);
    CHECK(journal_full(j));
    CHECK(rooms == 0xf); /* the last eighths are announced, one after the other */
    CHECK(journal_room(j) == JOURNAL_ROOM_ALERTS);
    CHECK(strstr(journal_reason(j), "journal.max") != NULL);
    CHECK(journal_bytes(j) <= (4 << 20));
    last = journal_last(j);
    CHECK(add(j, n + 1, 1, "{}") == ST_FULL);
    CHECK(!journal_retry(j));
    CHECK(journal_urgent(j, &urgent) == 0); /* the alert about it goes past the limit */
    CHECK(journal_full(j));
    CHECK_U64(journal_last(j), ++last);
    CHECK(verify(path, &r) == 0);
    CHECK(journal_set_receipt(j, last + 1) == ST_MALFORMED);
    CHECK(journal_set_receipt(j, last) == 0);
    CHECK(journal_set_receipt(j, last - 1) == 0); /* a console restored from a backup */
    CHECK_U64(journal_receipt(j), last - 1);
    CHECK(journal_set_receipt(j, last) == 0);
    CHECK(journal_retry(j));
    CHECK(!journal_full(j));
    CHECK(journal_room(j) == JOURNAL_ROOM_ALL);
    CHECK(journal_last(j) == last + 1); /* what it had kept is there */
    CHECK(add(j, n + 2, 1, "{}") == 0);
    CHECK(journal_flush(j) == 0);
    CHECK(verify(path, &r) == 0);
    CHECK(r.first > 1);
    taken = r.last;
    journal_close(j);
    j = open_journal();
    CHECK_U64(journal_last(j), taken);
    CHECK_U64(journal_receipt(j), last);
    journal_close(j);
    conf = keep;
    check_row("reserve");
    remove_journal();
    conf.journal_reserve = 1ull << 40;
    j = open_journal();
    CHECK(add(j, 1, 1, "{}") == 0);
    CHECK(journal_flush(j) == ST_FULL);
    CHECK(strstr(journal_reason(j), "reserve") != NULL);
    journal_close(j);
    conf = keep;
}

static void write_batches(struct journal *j, uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n; i++) {
        CHECK(add(j, i, 1, "{}") == 0);
        CHECK(journal_flush(j) == 0);
    }
}

/* A journal that is whole in itself, but older than the one that was written: SQLite's log was damaged, or a
 * copy put back. */
static void test_lost(void)
{
    struct verify_report r;
    struct journal *j;
    int fd;

    check_row("put back");
    remove_journal();
    (void)unlink(witness);
    j = open_journal();
    CHECK_U64(journal_lost(j), 0);
    write_batches(j, 1, 3);
    journal_close(j);
    copy_file();
    j = open_journal();
    CHECK_U64(journal_lost(j), 0);
    write_batches(j, 4, 2);
    journal_close(j);
    CHECK(verify(path, &r) == 0);
    remove_journal();
    CHECK(rename(copy, path) == 0);
    CHECK(verify(path, &r) == ST_BAD_SIGNATURE);
    CHECK_U64(r.bad_batch, 4);
    CHECK(strstr(r.what, "journal.head names batch 5") != NULL);
    j = open_journal();
    CHECK_U64(journal_last(j), 3);
    CHECK_U64(journal_lost(j), 5);
    write_batches(j, 4, 1);
    journal_close(j);
    CHECK(verify(path, &r) == 0); /* it goes on; that something was lost is told by an alert in it */
    check_row("a witness that was changed");
    fd = open(witness, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, "x", 1, 9) == 1);
    close(fd);
    CHECK(verify(path, &r) == ST_BAD_SIGNATURE);
    check_row("no witness");
    CHECK(unlink(witness) == 0);
    CHECK(verify(path, &r) == 0);
}

int main(void)
{
    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    keys = seal_keys_generate();
    gh_check(keys);
    conf_defaults(&conf);
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    snprintf(path, sizeof(path), "%s/journal.db", dir);
    snprintf(copy, sizeof(copy), "%s/copy.db", dir);
    snprintf(witness, sizeof(witness), "%s/journal.head", dir);
    test_lost();
    (void)unlink(witness);
    remove_journal();
    test_whole();
    tamper_by_sql();
    tamper_records();
    tamper_every_byte();
    test_replay();
    test_full();
    remove_journal();
    (void)unlink(witness);
    (void)unlink(copy);
    snprintf(copy, sizeof(copy), "%s/copy.db-wal", dir);
    (void)unlink(copy);
    snprintf(copy, sizeof(copy), "%s/copy.db-shm", dir);
    (void)unlink(copy);
    CHECK(rmdir(dir) == 0);
    seal_keys_free(keys);
    return check_end();
}

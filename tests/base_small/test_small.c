/* SPDX-License-Identifier: GPL-3.0-or-later
 * base64, passwords, times, errno, the time box of a database statement, and a batch larger than its ceiling
 * before it is packed. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/db.h"
#include "base/envelope.h"
#include "base/event.h"
#include "base/password.h"
#include "base/seal.h"
#include "tests/check.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *name, *text, *bytes;
    size_t n;
    bool ok;
} rows[] = {
    {"empty", "", "", 0, true},
    {"one", "Zg==", "f", 1, true},
    {"two", "Zm8=", "fo", 2, true},
    {"three", "Zm9v", "foo", 3, true},
    {"six", "Zm9vYmFy", "foobar", 6, true},
    {"other length", "Zm9v", "fo", 2, false},
    {"no padding", "Zg", "f", 1, false},
    {"padding in front", "=Zg=", "f", 1, false},
    {"all padding", "====", "f", 1, false},
    {"second spelling", "Zh==", "f", 1, false},
    {"blank inside", "Zm 9", "foo", 3, false},
    {"url letters", "-_8=", "fo", 2, false},
};

static void test_base64(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint8_t out[8] = {0};
        char text[16];
        check_row(rows[i].name);
        CHECK(base64_decode(span_str(rows[i].text), out, rows[i].n) == rows[i].ok);
        if (!rows[i].ok)
            continue;
        CHECK(memcmp(out, rows[i].bytes, rows[i].n) == 0);
        CHECK_STR(base64_encode(rows[i].bytes, rows[i].n, text, sizeof(text)), rows[i].text);
    }
}

static void test_password(void)
{
    char a[PASSWORD_HASH], b[PASSWORD_HASH];

    check_row("password");
    CHECK(password_hash(span_str("hoa sen ven đường"), a) == 0);
    CHECK(password_hash(span_str("hoa sen ven đường"), b) == 0);
    CHECK(strncmp(a, "$argon2id$", 10) == 0);
    CHECK(strcmp(a, b) != 0);
    CHECK(password_verify(a, span_str("hoa sen ven đường")));
    CHECK(!password_verify(a, span_str("hoa sen ven duong")));
    CHECK(!password_verify("", span_str("")));
    CHECK(!password_verify("$argon2id$nonsense", span_str("x")));
}

static void test_time_box(void)
{
    static const char slow[] =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    char path[] = "/tmp/gh-db-XXXXXX";
    struct db *d = NULL;
    struct db_stmt *s;
    uint64_t start;
    int pair[2];

    check_row("time box");
    CHECK(close(mkstemp(path)) == 0);
    CHECK(db_open(path, DB_WRITE, &d) == 0);
    start = clock_mono_ms();
    db_time_box(d, 50);
    CHECK(db_query(d, &s, slow, "") == 0 && db_step(s) == ST_TIMEOUT);
    CHECK(clock_mono_ms() - start < 5000);
    check_row("a peer that goes away ends it, one that stays does not");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    db_watch(d, pair[0]);
    db_time_box(d, 200);
    start = clock_mono_ms();
    CHECK(db_query(d, &s, slow, "") == 0 && db_step(s) == ST_TIMEOUT);
    CHECK(clock_mono_ms() - start >= 200);
    close(pair[1]);
    db_time_box(d, 600000); /* the test would run into its own limit */
    CHECK(db_query(d, &s, slow, "") == 0 && db_step(s) == ST_TIMEOUT);
    db_watch(d, -1);
    close(pair[0]);
    db_time_box(d, 0);
    CHECK(db_query(d, &s, "SELECT 7", "") == 0 && db_step(s) == 1 && db_i64(s, 0) == 7);
    check_row("one number");
    CHECK(db_number(d, -1, "SELECT 7 + ?", "i", (int64_t)1) == 8);
    CHECK(db_number(d, -1, "SELECT 7 WHERE 1 = 0", "") == -1);
    CHECK(db_number(d, -1, "SELECT max(x) FROM (SELECT 1 AS x WHERE 1 = 0)", "") == 0); /* a row with nothing in it */
    CHECK(db_number(d, -1, "SELECT of nothing", "") == -1);
    db_close(d);
    unlink(path);
}

/* Records of more bytes than a batch may have, that pack well: they fit. */
static void test_large_batch(void)
{
    struct arena *a = arena_new(128u << 20);
    struct seal_keys *k = seal_keys_generate();
    struct batch_header h = {.number = 1}, back;
    uint8_t sig[SEAL_SIGNATURE], sig_back[SEAL_SIGNATURE];
    struct record r = {.run = 1, .n = 1}, *read = NULL;
    size_t n = ENVELOPE_MAX + 1000, count = 0;
    uint8_t *json = arena_alloc(a, n);
    struct writer w;

    check_row("large batch");
    memset(json, 'x', n);
    r.json = span_of(json, n);
    writer_init(&w, ENVELOPE_MAX);
    batch_sign(&h, &r, 1, k, sig);
    CHECK(batch_write(&h, &r, 1, sig, &w) == 0);
    CHECK(batch_read(writer_span(&w), a, &back, &read, &count, sig_back) == 0);
    CHECK(count == 1 && span_eq(read[0].json, r.json));
    CHECK(batch_verify(&back, sig_back, seal_keys_public(k)) == 0);
    writer_done(&w);
    seal_keys_free(k);
    arena_free(a);
}

/* What people and other programs write for a time. */
static void test_parse_iso(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t us;
    } times[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"2026-11-23T20:30:00.123456+0000", true, 1795465800123456},
        {"2026-11-23 20:30:00", true, 1795465800000000},
        {"2026-11-24T03:30:00+07:00", true, 1795465800000000},
        {"2026-11-23T13:00:00.5-0730", true, 1795465800500000},
        {"2026-11-23T20:30:00.123456789Z", true, 1795465800123456},
        {"2026-1-2T3:04:05Z", true, 1767323045000000},
        {"", false, 0},
        {"2026-11-23", false, 0},
        {"2026-11-23T20:30", false, 0},
        {"2026-11-23x20:30:00", false, 0},
        {"2026-13-01T00:00:00Z", false, 0},
        {"2026-+1-01T00:00:00Z", false, 0},
        {"2026- 1-01T00:00:00Z", false, 0},
        {"20261-1-01T00:00:00Z", false, 0},
        {"2026-11-23T20:30:00+07", false, 0},
        {"2026-11-23T20:30:00+", false, 0},
        {"2026-11-23T20:30:00X", false, 0},
        {"1970-01-01T00:00:00+01:00", false, 0},
        {"2026-11-23T20:30:00.0000000000000000000000000000000000Z", false, 0},
    };
    for (size_t i = 0; i < GH_COUNT(times); i++) {
        uint64_t us = 0;
        check_row(times[i].text);
        CHECK(clock_parse_iso(times[i].text, strlen(times[i].text), &us) == times[i].good);
        CHECK(us == times[i].us);
    }
}

/* A call that failed never becomes a success. */
static void test_errno(void)
{
    check_row("errno");
    CHECK(status_from_errno(ENOMEM) == ST_NOMEM && status_from_errno(EPERM) == ST_DENIED);
    CHECK(status_from_errno(0) == ST_IO && status_from_errno(99999) == ST_IO);
}

/* RFC 7693's function with a key: the same bytes have another name under another key, and the file keeps the
 * key. */
static void test_secret_key(void)
{
    char dir[] = "/tmp/gh-test-key-XXXXXX", path[64];
    uint8_t *key = seal_alloc(SEAL_KEY), *again = seal_alloc(SEAL_KEY);
    uint64_t name;

    check_row("secret key");
    CHECK(key && again && mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/k", dir);
    for (uint8_t i = 0; i < SEAL_KEY; i++)
        key[i] = i;
    CHECK_U64(seal_keyed64(key, "abc", 3),
              UINT64_C(0x959d72e447be641a)); /* Python: hashlib.blake2b(digest_size=16) */
    name = seal_keyed64(key, "abd", 3);
    CHECK(keyfile_load_secret(path, "test-key-v1", again) == ST_NOT_FOUND);
    CHECK(keyfile_save_secret(path, "test-key-v1", key) == 0);
    CHECK(keyfile_save_secret(path, "test-key-v1", key) == ST_EXISTS);
    CHECK(keyfile_load_secret(path, "other-key-v1", again) == ST_MALFORMED);
    CHECK(keyfile_load_secret(path, "test-key-v1", again) == 0);
    CHECK(seal_keyed64(again, "abd", 3) == name);
    again[0] ^= 1;
    CHECK(seal_keyed64(again, "abd", 3) != name);
    CHECK(chmod(path, 0640) == 0 && keyfile_load_secret(path, "test-key-v1", again) == ST_DENIED);
    CHECK(chmod(dir, 0755) == 0 && keyfile_load_secret(path, "test-key-v1", again) == ST_DENIED);
    CHECK(chmod(dir, 0750) == 0 && keyfile_load_secret(path, "test-key-v1", again) == 0); /* the group's, on purpose */
    CHECK(chmod(path, 0644) == 0 && keyfile_load_secret(path, "test-key-v1", again) == ST_DENIED);
    CHECK(chmod(path, 0660) == 0 && keyfile_load_secret(path, "test-key-v1", again) == ST_DENIED);
    seal_free(key);
    seal_free(again);
    seal_free(NULL);
    unlink(path);
    rmdir(dir);
}

/* The answer about a connection's packets: what was put is got, and nothing else passes for one. */
static void test_pcap(void)
{
    static const struct {
        const char *name;
        uint8_t state, complete, frames;
        int more;
        bool ok;
    } cases[] = {
        {"whole", 2, 1, 9, 0, true},          {"so far", 1, 0, 0, 0, true},
        {"gone", 0, 0, 0, 0, true},           {"gone with frames", 0, 0, 1, 0, false},
        {"no such state", 3, 0, 1, 0, false}, {"no such truth", 2, 2, 1, 0, false},
        {"too short", 2, 1, 9, -1, false},    {"too long", 2, 1, 9, 1, false},
    };

    for (size_t i = 0; i < GH_COUNT(cases); i++) {
        uint8_t bytes[32] = {7, 0, 0, 0, 0, 0, 0, 0, cases[i].state, cases[i].complete, cases[i].frames};
        struct event_pcap got = {.request = 1};
        struct writer w;
        check_row(cases[i].name);
        CHECK((event_pcap_get(span_of(bytes, (size_t)(14 + cases[i].more)), &got) == 0) == cases[i].ok);
        CHECK_U64(got.request, cases[i].ok ? 7 : 1);
        if (!cases[i].ok)
            continue;
        CHECK(got.state == cases[i].state && got.complete == cases[i].complete &&
              got.frames == cases[i].frames);
        writer_init(&w, 64);
        event_pcap_put(&w, &got);
        CHECK(span_eq(writer_span(&w), span_of(bytes, 14)));
        writer_done(&w);
    }
}

int main(void)
{
    test_pcap();
    CHECK(seal_init() == 0);
    test_secret_key();
    test_base64();
    test_password();
    test_time_box();
    test_large_batch();
    test_parse_iso();
    test_errno();
    return check_end();
}

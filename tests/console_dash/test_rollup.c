/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sums by hour and day: what events add, ledgers out of order, ceilings, days from hours, late batches,
 * ranges. */
#include "base/event.h"
#include "console/store/dashboard.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DAY INT64_C(86400)
#define BASE INT64_C(1790035200) /* a midnight, UTC */

static struct db *database;

static void event(struct rollup *r, enum event_type type, int64_t at, uint64_t run, const char *json)
{
    struct record record = {.run = run, .n = 1, .type = (uint8_t)type, .json = span_str(json)};
    struct arena *a = arena_new(1u << 20);
    struct facts f;

    CHECK(facts_of(a, &record, (uint64_t)at * 1000000, &f) == 0);
    CHECK(rollup_event(database, r, &f, run, at * 1000000) == 0);
    arena_free(a);
}

static int64_t sum(enum rollup_kind kind, const char *key, int64_t from, int64_t to, const char *appliances)
{
    struct rollup_filter f = {.from = from, .to = to, .appliances = appliances};
    struct db_stmt *s;
    int64_t n = 0;

    CHECK(rollup_query(database, &f, kind, false, 100000, &s) == 0);
    while (db_step(s) == 1)
        if (span_eq(db_text(s, 0), span_str(key)))
            n = db_i64(s, 1);
    return n;
}

static void test_events(void)
{
    struct rollup *r = rollup_new(1), *other = rollup_new(2);

    check_row("what events add");
    event(r, EVENT_FLOW, BASE, 1,
          "{\"app_proto\":\"smtp\",\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"10.0.0.2\",\"flow\":{\"bytes_"
          "toserver\":7,"
          "\"bytes_toclient\":5}}");
    event(r, EVENT_FLOW, BASE + 3599, 1, "{\"src_ip\":\"10.0.0.1\",\"flow\":{\"bytes_toserver\":-7}}");
    event(r, EVENT_FILEINFO, BASE, 1,
          "{\"gatehouse\":{\"document\":{\"level\":\"mat\",\"read\":\"none\",\"unread_reason\":\"encrypted\"}"
          "}}");
    event(r, EVENT_FILEINFO, BASE, 1,
          "{\"gatehouse\":{\"document\":{\"level\":\"none\",\"read\":\"full\"}}}");
    event(r, EVENT_ALERT, BASE, 1,
          "{\"alert\":{\"severity\":2},\"gatehouse\":{\"document\":{\"level\":\"tuyet_mat\"},\"verdict\":{"
          "\"rule\":\"r\","
          "\"facts\":[{\"path\":\"zone\",\"value\":\"in\"},{\"path\":\"dest_zone\",\"value\":\"out\"}]}}}");
    event(r, EVENT_HTTP, BASE, 1, "no json");
    event(other, EVENT_FLOW, BASE, 1, "{\"app_proto\":\"smtp\"}");
    CHECK(rollup_write(database, r) == 0 && rollup_write(database, other) == 0);
    CHECK_U64(sum(ROLLUP_TOTAL, "events", BASE, BASE + 3600, NULL), 7);
    CHECK_U64(sum(ROLLUP_TOTAL, "events", BASE, BASE + 3600, "[1]"), 6);
    CHECK_U64(sum(ROLLUP_TOTAL, "events", BASE, BASE + 3600, "[]"), 0);
    CHECK_U64(sum(ROLLUP_TOTAL, "events", BASE + 3600, BASE + 7200, NULL), 0);
    CHECK_U64(sum(ROLLUP_PROTOCOL, "smtp", BASE, BASE + 3600, NULL), 2);
    CHECK_U64(sum(ROLLUP_PROTOCOL, "unknown", BASE, BASE + 3600, NULL), 1);
    CHECK_U64(sum(ROLLUP_SOURCE, "10.0.0.1", BASE, BASE + 3600, NULL), 2);
    CHECK_U64(sum(ROLLUP_UNREAD, "encrypted", BASE, BASE + 3600, NULL), 1);
    CHECK_U64(sum(ROLLUP_TOTAL, "marked", BASE, BASE + 3600, NULL), 1);
    CHECK_U64(sum(ROLLUP_ALERT_LEVEL, "tuyet_mat", BASE, BASE + 3600, NULL), 1);
    CHECK_U64(sum(ROLLUP_SEVERITY, "2", BASE, BASE + 3600, NULL), 1);
    CHECK_U64(sum(ROLLUP_ZONE, "in\x1fout\x1ftuyet_mat", BASE, BASE + 3600, NULL), 1);
    rollup_free(r);
    rollup_free(other);
}

static void test_ledger(void)
{
    static const struct {
        uint64_t run;
        int in, lost, sum_in, sum_lost;
        const char *name;
    } rows[] = {{1, 100, 1, 100, 1, "first"},          {1, 250, 4, 250, 4, "grown"},
                {1, 200, 2, 250, 4, "late"},           {1, 250, 4, 250, 4, "repeated"},
                {2, 30, 0, 280, 4, "a new run"},       {1, 300, 5, 330, 5, "the old one's end"},
                {2, -30, -1, 330, 5, "less than none"}};
    char json[256];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct rollup *r = rollup_new(9);
        check_row(rows[i].name);
        snprintf(json, sizeof(json),
                 "{\"gatehouse\":{\"ledger\":{\"packets\":{\"in\":%d,\"out\":1,\"lost\":{\"ring_full\":%d}},"
                 "\"x\":7}}}",
                 rows[i].in, rows[i].lost);
        event(r, EVENT_STATS, BASE, rows[i].run, json);
        CHECK(rollup_write(database, r) == 0);
        CHECK_U64(sum(ROLLUP_SEEN, "packets", BASE, BASE + 3600, "[9]"), rows[i].sum_in);
        CHECK_U64(sum(ROLLUP_LOST, "packets\x1fring_full", BASE, BASE + 3600, "[9]"), rows[i].sum_lost);
        rollup_free(r);
    }
}

/* More names than there is room for are counted all the same, under the empty one. */
static void test_ceiling(void)
{
    struct rollup *r = rollup_new(3);
    char json[128];
    int64_t named = 0, rows = 0;
    struct rollup_filter f = {.from = BASE, .to = BASE + 3600, .appliances = "[3]"};
    struct db_stmt *s;

    check_row("ceiling");
    for (int i = 0; i < 3 * ROLLUP_KEYS; i++) {
        snprintf(json, sizeof(json), "{\"src_ip\":\"10.1.%d.%d\",\"flow\":{\"bytes_toserver\":%d}}", i / 256,
                 i % 256, i);
        event(r, EVENT_FLOW, BASE, 1, json);
    }
    CHECK(rollup_write(database, r) == 0);
    CHECK(rollup_query(database, &f, ROLLUP_SOURCE, true, 100000, &s) == 0);
    while (db_step(s) == 1) {
        rows++;
        named += db_i64(s, 1);
    }
    CHECK(rows <= ROLLUP_KEYS + 1);
    CHECK_U64(named, 3 * ROLLUP_KEYS);
    rollup_free(r);
}

static void test_days(void)
{
    int64_t first = rollup_day(BASE), now = BASE + 10 * DAY;
    struct rollup *r = rollup_new(4);
    struct db_stmt *s;
    bool more = true;
    int days = 0;

    check_row("days from hours");
    for (int h = 0; h < 72; h++)
        event(r, EVENT_FLOW, BASE + h * 3600, 1, "{\"app_proto\":\"dns\",\"src_ip\":\"10.0.0.9\"}");
    CHECK(rollup_write(database, r) == 0);
    while (more && days++ < 100)
        CHECK(rollup_tidy(database, now, &more) == 0);
    CHECK(days > 5 && days < 20);
    CHECK_U64(sum(ROLLUP_PROTOCOL, "dns", first, first + 10 * DAY, "[4]"), 72);
    CHECK_U64(sum(ROLLUP_PROTOCOL, "dns", first + DAY, first + 2 * DAY, "[4]"), 24);
    CHECK_U64(sum(ROLLUP_SOURCE, "10.0.0.9", first, first + 10 * DAY, "[4]"), 72);
    check_row("hours inside a day");
    CHECK_U64(sum(ROLLUP_PROTOCOL, "dns", BASE + 7200, BASE + 10800, "[4]"), 1);
    check_row("hours of addresses are let go, largest addresses stay");
    CHECK(db_query(database, &s, "SELECT count(*) FROM rollup WHERE kind = ? AND width = 0 AND at < ?", "ii",
                   (int64_t)ROLLUP_SOURCE, first + 5 * DAY) == 0 &&
          db_step(s) == 1);
    CHECK_U64(db_i64(s, 0), 0);
    db_reset(s);
    CHECK(db_query(database, &s, "SELECT count(*), sum(n) FROM rollup WHERE kind = ? AND width = 1 AND appliance = 3",
                   "i", (int64_t)ROLLUP_SOURCE) == 0 &&
          db_step(s) == 1);
    CHECK(db_i64(s, 0) >= ROLLUP_DAY_KEYS && db_i64(s, 0) <= ROLLUP_DAY_KEYS + 1);
    CHECK_U64(db_i64(s, 1), 3 * ROLLUP_KEYS);
    db_reset(s);
    check_row("a late batch is in the day, too");
    event(r, EVENT_FLOW, BASE + 3600, 1, "{\"app_proto\":\"dns\",\"src_ip\":\"10.0.0.9\"}");
    CHECK(rollup_write(database, r) == 0);
    CHECK_U64(sum(ROLLUP_PROTOCOL, "dns", first, first + 10 * DAY, "[4]"), 73);
    CHECK_U64(sum(ROLLUP_SOURCE, "10.0.0.9", first, first + 10 * DAY, "[4]"), 73);
    rollup_free(r);
}

static void test_range(void)
{
    int64_t now = BASE + 10 * DAY + 1234, from = now - 3600, to = now;

    check_row("hours");
    rollup_range(now, &from, &to);
    CHECK(from % 3600 == 0 && to % 3600 == 0 && from <= now - 3600 && to >= now &&
          to - from <= 2 * 3600 + 3600);
    check_row("days");
    from = now - 5 * DAY;
    to = now;
    rollup_range(now, &from, &to);
    CHECK(rollup_day(from) == from && rollup_day(to) == to && from <= now - 5 * DAY && to >= now);
}

static void test_answer(void)
{
    struct rollup_filter f = {.from = rollup_day(BASE), .to = rollup_day(BASE) + 5 * DAY};
    struct writer w;
    struct arena *a = arena_new(8u << 20);
    struct json *page;
    struct jw j;
    int64_t series = 0;

    check_row("answer");
    writer_init(&w, 4u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    CHECK(dashboard_put(database, &f, &j) == 0);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 32, &page, NULL) == 0);
    json_each(step, json_get(page, "series")) series += json_i64(step->child->next, 0);
    CHECK_U64(series, json_i64(json_path(page, "totals.events"), -1));
    CHECK(json_get(page, "sources")->count == DASHBOARD_TALKERS + 1);
    CHECK(json_path(page, "ledger.lost")->count == 1);
    writer_done(&w);
    arena_free(a);
}

int main(void)
{
    char dir[] = "/tmp/gh-rollup-XXXXXX", path[64];
    struct store *store;
    int rc;

    CHECK(setenv("TZ", "Asia/Ho_Chi_Minh", 1) == 0);
    tzset();
    if (!mkdtemp(dir) || store_open(dir, &store) != 0 || !(database = store_begin(store, &rc)))
        return 1;
    test_events();
    test_ledger();
    test_ceiling();
    test_days();
    test_range();
    test_answer();
    CHECK(store_commit(store) == 0);
    store_close(store);
    for (int i = 0; i < 3; i++) {
        static const char *const ends[] = {"", "-wal", "-shm"};
        snprintf(path, sizeof(path), "%s/console.db%s", dir, ends[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
    return check_end();
}

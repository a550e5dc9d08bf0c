/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a question finds in a real database; pages, the histogram, forgetting, and a database of the version
 * before. */
#include "console/store/search.h"
#include "house.h"
#include "tests/check.h"
#include "tests/store_files.h"

#include <unistd.h>

static char dir[] = "/tmp/gh-search-XXXXXX";
static struct store *store;

static const struct {
    const char *text;
    int alerts, events; /* how many; -1: not asked */
} rows[] = {
    {"", 3, 7},
    {"bao", 1, 1},
    {"Báo", 1, 1},
    {"cao", 1, 1},
    {"BA", 1, 1},
    {"\"toi mat\"", 2, 2},
    {"\"tối mật\"", 1, 1},
    {"\"TỐI MẬT\"", 1, 1},
    {"\"tôi mặt\"", 1, 1},
    {"\"mat toi\"", 0, 0},
    {"toi mat", 2, 2},
    {"cong dien", 1, 1},
    {"công -điện", 0, 0},
    {"level>=mat", 2, 2},
    {"level>=toi_mat", 1, 1},
    {"level:none", 1, 1},
    {"level!=none", 2, 6},
    {"severity<=2", 1, 1},
    {"severity>2", 2, 2},
    {"rule:other", 2, 2},
    {"rule:OTHER", 2, 2},
    {"-rule:other", 1, 5},
    {"zone:internal dest_zone:internet", 1, 1},
    {"zone:internet", 0, 0},
    {"shadow:yes", 1, 1},
    {"shadow:shade@1", 1, 1},
    {"shadow:shade@2", 0, 0},
    {"src_ip:10.0.0.0/8", 2, 4},
    {"src_ip:10.0.0.0/22", 2, 2},
    {"src_ip:10.0.1.0/24", 1, 1},
    {"src_ip:10.0.1.4/31", 1, 1},
    {"src_ip:10.0.1.6/31", 0, 0},
    {"10.0.0.53", 0, 1},
    {"ip:203.0.113.9", 2, 2},
    {"2001:db8::/32", 1, 1},
    {"src_ip:2001:db8::/48", 1, 1},
    {"dest_ip:2001:db8:1::/48", 1, 1},
    {"dest_port:443", 1, 1},
    {"type:tls", 0, 1},
    {"type:tls,dns", 0, 2},
    {"app_proto:dns OR rule:secret-out", 1, 2},
    {"host:example.com", 0, 2},
    {"host:\"example.com\"", 0, 2},
    {"example", 0, 2},
    {"mail:hoa@x.vn", 1, 1},
    {"mail:lan mail:bo", 1, 1},
    {"\"onerror=alert(1)\"", 0, 1},
    {"\"DROP TABLE alert\"", 0, 1},
    {"oops", 0, 0},
    {"last:2h", 1, 1},
    {"last:25h", 1, 4},
    {"last:7d", 2, 6},
    {"last:3d bao", 0, 0},
    {"last:100d bao", 1, 1},
    {"from:2026-09-21", 1, 3},
    {"to:2026-09-19T12:00:00Z", 1, 1},
    {"from:2026-09-20 to:2026-09-20 type:tls", 0, 1},
    {"status:new", 1, -1},
    {"status:open", 2, -1},
    {"status:closed OR bao", 2, -1},
    {"-status:closed", 2, -1},
    {"assigned:lan", 1, -1},
    {"assigned:me", 1, -1},
    {"assigned:nobody", 2, -1},
    {"status:new (severity:4 OR assigned:lan)", 1, -1},
    {"appliance:HA-NOI-1", 3, 7},
    {"appliance:00112233445566778899aabbccddeeff bao", 1, 1},
    {"appliance:hue", 0, 0},
    {"(bao OR cong) -(severity:1)", 1, 1},
    {"-(bao OR status:new)", 1, -1},
    {"last:1d OR bao", 2, 5},
};

/* How many items a page has, all pages of three together. */
static int found(struct db *d, const char *text, enum query_target target)
{
    struct query_context c = {.target = target, .now_us = HOUSE_TIME, .user = "lan"};
    struct query_error e;
    int n = 0, pages = 0;
    int64_t before = INT64_MAX;

    while (before && pages++ < 20) {
        struct arena *a = arena_new(1 << 22);
        struct query_sql q;
        struct json *page = NULL;
        struct writer w;
        struct jw j;
        if (query_compile(a, span_str(text), &c, &q, &e) != 0) {
            arena_free(a);
            return -2;
        }
        writer_init(&w, 1 << 20);
        jw_init(&j, &w);
        jw_obj(&j);
        CHECK(search_page(d, &sight_everything, &q, target, before, 3, &j) == 0);
        jw_end_obj(&j);
        CHECK(json_parse(a, writer_span(&w), 64, &page, NULL) == 0);
        n += (int)json_get(page, "items")->count;
        before = json_i64(json_get(page, "next"), 0);
        CHECK(json_bool(json_path(page, "searched.complete"), false));
        writer_done(&w);
        arena_free(a);
    }
    return n;
}

static int64_t matched(struct db *d, const char *text)
{
    struct query_context c = {.target = QUERY_EVENTS, .now_us = HOUSE_TIME};
    struct arena *a = arena_new(1 << 22);
    struct json *page = NULL;
    struct query_error e;
    struct query_sql q;
    struct writer w;
    struct jw j;
    int64_t n = 0, sum = 0;

    CHECK(query_compile(a, span_str(text), &c, &q, &e) == 0);
    writer_init(&w, 1 << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    CHECK(search_histogram(d, &sight_everything, &q, QUERY_EVENTS, HOUSE_TIME, &j) == 0);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 64, &page, NULL) == 0);
    n = json_i64(json_get(page, "matched"), -1);
    json_each(b, json_get(page, "buckets")) sum += json_i64(b, 0);
    CHECK_U64(sum, n);
    writer_done(&w);
    arena_free(a);
    return n;
}

static void test_table(struct db *d)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].text);
        CHECK_U64(found(d, rows[i].text, QUERY_ALERTS), rows[i].alerts);
        if (rows[i].events >= 0)
            CHECK_U64(found(d, rows[i].text, QUERY_EVENTS), rows[i].events);
    }
    check_row("histogram");
    CHECK_U64(matched(d, ""), 7);
    CHECK_U64(matched(d, "level>=mat"), 2);
    CHECK_U64(matched(d, "last:7d"), 6);
}

static void test_forget(struct db *d)
{
    struct arena *a = arena_new(1 << 20);
    struct json *event;
    struct db *w;
    int rc;

    check_row("forget");
    CHECK(json_parse(a, span_str(house_rows[3].json), 64, &event, NULL) == 0);
    w = store_begin(store, &rc);
    CHECK(w && search_text_remove(w, 4, EVENT_TLS, HOUSE_TIME - 30 * HOUSE_HOUR, event) == 0);
    CHECK(store_commit(store) == 0);
    CHECK_U64(found(d, "type:tls", QUERY_EVENTS), 0);
    CHECK_U64(found(d, "example", QUERY_EVENTS), 1);
    arena_free(a);
}

static void open_with(bool old)
{
    char path[64];
    struct db *d;
    int rc;

    snprintf(path, sizeof(path), "%s/console.db", dir);
    unlink(path);
    if (old) {
        CHECK(db_open(path, DB_WRITE_FULL, &d) == 0);
        CHECK(db_migrate(d, schema_steps, 3) == 0); /* before there was an index */
        house_fill(d, false);
        db_close(d);
    }
    CHECK(store_open(dir, &store) == 0);
    if (old)
        return;
    d = store_begin(store, &rc);
    house_fill(d, true);
    CHECK(store_commit(store) == 0);
}

int main(void)
{
    struct db *d;

    CHECK(mkdtemp(dir) != NULL);
    open_with(false);
    CHECK(store_reader(store, &d) == 0);
    test_table(d);
    test_forget(d);
    db_close(d);
    store_close(store);
    open_with(true);
    CHECK(store_reader(store, &d) == 0);
    check_row("not filed yet");
    CHECK_U64(found(d, "bao", QUERY_EVENTS), 0);
    CHECK(store_fill_search(store, 3));
    CHECK(store_fill_search(store, 3));
    CHECK(!store_fill_search(store, 3));
    CHECK_U64(search_text_low(d), 0);
    test_table(d);
    db_close(d);
    store_close(store);
    store_files_remove(dir);
    rmdir(dir);
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Events filed in several tables: found across their edges, newest first, taken out of the right one. */
#include "base/event.h"
#include "console/store/search.h"
#include "console/store/search_text.h"
#include "console/store/sight.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT INT64_C(1790000000000000)

static const int64_t rows[] = {1, 5, SEARCH_SHARD - 1, SEARCH_SHARD, SEARCH_SHARD + 1, 3 * SEARCH_SHARD + 7};

static struct json *tree(struct arena *a, int64_t row, char json[static 256])
{
    struct json *event = NULL;

    snprintf(json, 256, "{\"app_proto\":\"%s\",\"http\":{\"hostname\":\"site%d.example.vn\"}}",
             row % 2 ? "http" : "tls", (int)(row % 10));
    CHECK(json_parse(a, span_str(json), 8, &event, NULL) == 0);
    return event;
}

/* The rows found, as text: "5 1 ". */
static const char *found(struct db *d, const char *text, int64_t limit, char out[static 256])
{
    struct query_context c = {.target = QUERY_EVENTS, .now_us = AT + 1000, .user = "lan", .oldest_us = AT};
    struct arena *a = arena_new(8u << 20);
    struct query_error e;
    struct query_sql q;
    struct json *page = NULL;
    struct writer w, list;
    struct jw j;

    writer_init(&w, 1u << 20);
    writer_fixed(&list, out, 255);
    jw_init(&j, &w);
    jw_obj(&j);
    CHECK(query_compile(a, span_str(text), &c, &q, &e) == 0);
    CHECK(search_page(d, &sight_everything, &q, QUERY_EVENTS, INT64_MAX, limit, &j) == 0);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 32, &page, NULL) == 0);
    json_each(item, json_get(page, "items"))
        writer_printf(&list, "%lld ", (long long)json_i64(json_get(item, "id"), 0));
    out[list.n] = 0;
    writer_done(&w);
    arena_free(a);
    return out;
}

int main(void)
{
    static const struct {
        const char *question, *want;
        int64_t limit;
    } cases[] = {
        {"example", "3145735 1048577 1048576 1048575 5 1 ", 50},
        {"exam*", "3145735 1048577 ", 2},
        {"app_proto:http", "3145735 1048577 1048575 5 1 ", 50},
        {"-app_proto:http", "1048576 ", 50},
        {"site5", "3145735 1048575 5 ", 50},
        {"site5 OR from:2030-01-01", "3145735 1048575 5 ",
         50}, /* a condition on the row that looks words up */
        {"nowhere", "", 50},
        {"", "3145735 1048577 1048576 1048575 5 1 ", 50},
    };
    char dir[] = "/tmp/gh-shards-XXXXXX", path[64], json[256], out[256];
    struct arena *a = arena_new(8u << 20);
    struct store *store;
    struct db *d;
    int rc;

    if (!mkdtemp(dir) || store_open(dir, &store) != 0 || !(d = store_begin(store, &rc)))
        return 1;
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct json *event = tree(a, rows[i], json);
        CHECK(db_exec(d,
                      "INSERT INTO event(id, appliance, run, n, k, type, time, json) VALUES(?1, 1, 1, ?1, 0, "
                      "?2, ?3, ?4)",
                      "iiis", rows[i], (int64_t)EVENT_HTTP, AT + (int64_t)i, json) == 0);
        CHECK(search_text_add(d, rows[i], EVENT_HTTP, AT + (int64_t)i, event) == 0);
    }
    for (size_t i = 0; i < GH_COUNT(cases); i++) {
        check_row(cases[i].question);
        CHECK_STR(found(d, cases[i].question, cases[i].limit, out), cases[i].want);
    }
    check_row("taken out");
    CHECK(search_text_remove(d, rows[2], EVENT_HTTP, AT + 2, tree(a, rows[2], json)) == 0);
    CHECK(db_exec(d, "DELETE FROM event WHERE id = ?", "i", rows[2]) == 0);
    CHECK_STR(found(d, "site5", 50, out), "3145735 5 ");
    CHECK(store_commit(store) == 0);
    store_close(store);
    for (int i = 0; i < 3; i++) {
        static const char *const ends[] = {"", "-wal", "-shm"};
        snprintf(path, sizeof(path), "%s/console.db%s", dir, ends[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
    arena_free(a);
    return check_end();
}

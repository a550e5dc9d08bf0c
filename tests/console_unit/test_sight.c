/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a person may see: units and levels as conditions on rows, and what remains of a record beyond them. */
#include "base/clock.h"
#include "console/store/people.h"
#include "console/store/sight.h"
#include "tests/check.h"
#include "tests/store_files.h"

#include <unistd.h>

enum { TUYET_MAT = 7, SECRET_LEVEL = 3 };

static const struct {
    const char *name, *vn, *other;
    unsigned clear;
} clearances[] = {
    {"none", "none", "none", 0x01},
    {"MẬT", "mat", "none", 0x21},
    {"all of Vietnam's", "tuyet_mat", "none", 0xe1},
    {"SECRET of others", "none", "secret", 0x0f},
    {"all", "tuyet_mat", "top_secret", 0xff},
};

static void test_clearances(void)
{
    for (size_t i = 0; i < GH_COUNT(clearances); i++) {
        int vn = sight_clear_of(SCHEME_VN, span_str(clearances[i].vn));
        int other = sight_clear_of(SCHEME_OTHER, span_str(clearances[i].other));
        check_row(clearances[i].name);
        CHECK(vn > 0 && other > 0 && (unsigned)(vn | other) == clearances[i].clear);
        CHECK(!strcmp(sight_highest(SCHEME_VN, clearances[i].clear), clearances[i].vn));
        CHECK(!strcmp(sight_highest(SCHEME_OTHER, clearances[i].clear), clearances[i].other));
    }
    CHECK(sight_clear_of(SCHEME_VN, span_str("secret")) == -1);
    CHECK(sight_clear_of(SCHEME_OTHER, span_str("")) == -1);
}

static const struct {
    int64_t bytes;
    const char *name;
} sizes[] = {{-1, NULL},         {0, "<1 KiB"},         {1023, "<1 KiB"},
             {1024, "1-10 KiB"}, {1 << 20, "1-10 MiB"}, {INT64_MAX, ">100 MiB"}};

/* Rows of one table: appliance, connection, level, hash; who sees that they are there, whose content. */
static const struct {
    int64_t appliance, flow;
    int level;
    char hash;
    bool scope, clear;
} rows[] = {
    {1, 10, 0, 'a', true, true},             /* nothing marked */
    {1, 11, TUYET_MAT, 'b', true, false},    /* beyond the clearance */
    {1, 11, -1, 0, true, false},             /* the request in whose connection it went */
    {1, 12, 5, 'c', true, true},             /* MẬT is within it */
    {1, 13, 0, 'b', true, false},            /* the same document, not recognised */
    {1, 14, SECRET_LEVEL, 'd', true, false}, /* another scheme */
    {2, 11, 0, 'e', true, true},             /* the same number of a connection, another appliance */
    {3, 15, 0, 'f', false, true},            /* another unit */
    {1, -1, -1, 0, true, true},              /* no connection */
};

static void add_rows(struct db *d)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint8_t hash[32];
        memset(hash, rows[i].hash, sizeof(hash));
        CHECK(db_exec(d,
                      "INSERT INTO event(appliance, run, n, k, type, time, flow, sha256, level, json) "
                      "VALUES(?1, 1, "
                      "?2, 0, 1, 1, nullif(?3, -1), iif(?6, ?4, NULL), nullif(?5, -1), '{}')",
                      "iiibii", rows[i].appliance, (int64_t)i, rows[i].flow, span_of(hash, 32),
                      (int64_t)rows[i].level, (int64_t)(rows[i].hash != 0)) == 0);
        if (rows[i].hash)
            CHECK(db_exec(d,
                          "INSERT INTO document(sha256, first, last, transfers, alerts, level) VALUES(?1, 1, "
                          "1, 1, 0, "
                          "?2) ON CONFLICT(sha256) DO UPDATE SET level = max(level, ?2)",
                          "bi", span_of(hash, 32), (int64_t)(rows[i].level > 0 ? rows[i].level : 0)) == 0);
        CHECK(sight_note_level(d, rows[i].appliance, rows[i].flow, rows[i].level) == 0);
    }
}

static void compare_rows(struct db *d, const struct sight *s, bool all)
{
    char scope[SIGHT_SQL], clear[SIGHT_SQL], sql[2 * SIGHT_SQL + 64];
    struct db_stmt *q;

    snprintf(sql, sizeof(sql), "SELECT n, %s, %s FROM event r ORDER BY n",
             sight_scope_sql(s, "r.appliance", scope), sight_clear_sql(s, "r", clear));
    CHECK(db_query(d, &q, sql, "") == 0);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        char name[32];
        snprintf(name, sizeof(name), "row %zu", i);
        check_row(name);
        CHECK(db_step(q) == 1);
        CHECK((db_i64(q, 1) == 1) == (all || rows[i].scope));
        CHECK(!db_is_null(q, 2) && (db_i64(q, 2) == 1) == (all || rows[i].clear));
    }
    db_reset(q);
}

static void test_rows(struct db *d)
{
    struct sight s;
    int64_t user = 0;

    CHECK(user_add(d, "lan", "$hash", 1u << USER_ANALYST, &user) == 0);
    add_rows(d);
    CHECK(sight_load(d, user, &s) == 0 && sight_all_units(&s) && sight_all_levels(&s));
    compare_rows(d, &s, true);
    compare_rows(d, &sight_everything, true);
    CHECK(db_exec(d, "INSERT INTO unit(id, name, created) VALUES(1, 'north', 1)", "") == 0);
    CHECK(db_exec(d, "INSERT INTO unit_appliance(unit, appliance) VALUES(1, 1), (1, 2)", "") == 0);
    CHECK(db_exec(d, "INSERT INTO user_unit(user, unit) VALUES(?, 1)", "i", user) == 0);
    CHECK(db_exec(d, "UPDATE user SET all_units = 0, clear = ? WHERE id = ?", "ii",
                  (int64_t)sight_clear_of(SCHEME_VN, span_str("mat")), user) == 0);
    CHECK(sight_load(d, user, &s) == 0 && !sight_all_units(&s) && !sight_all_levels(&s));
    compare_rows(d, &s, false);
    check_row("a token narrows further");
    s.token = 5;
    s.token_all = false;
    CHECK(sight_sees_appliance(d, &s, 1) == 0);
    CHECK(sight_load(d, 99, &s) == ST_NOT_FOUND);
}

/* Whatever a record says about content has this in it. */
#define S "ZZZ"
static const char record[] =
    "{\"timestamp\":\"2026-11-24T06:02:11+0000\",\"flow_id\":5,\"event_type\":\"alert\",\"src_ip\":\"10.0.1."
    "5\",\"dest_ip\":"
    "\"203.0.113.9\",\"proto\":\"TCP\",\"app_proto\":\"http\",\"community_id\":\"" S
    "\",\"capture_file\":\"" S "\","
    "\"alert\":{\"signature\":\"" S "\",\"category\":\"classified-document\",\"severity\":1},"
    "\"http\":{\"hostname\":\"" S "\",\"url\":\"" S "\"},\"email\":{\"subject\":\"" S
    "\",\"attachment\":[\"" S "\"]},"
    "\"fileinfo\":{\"filename\":\"" S "\",\"size\":18212,\"sha256\":\"" S "\",\"md5\":\"" S "\"},\"" S "\":1,"
    "\"gatehouse\":{\"" S "\":2,\"document\":{\"sha256\":\"" S
    "\",\"size\":18212,\"kind\":\"docx\",\"level\":\"tuyet_mat\","
    "\"title\":\"" S "\",\"markings\":[{\"text\":\"" S "\"}],\"text\":\"" S "\",\"members\":[{\"name\":\"" S
    "\"}],"
    "\"similar\":[\"" S "\"],\"read\":\"full\"},"
    "\"verdict\":{\"action\":\"block\",\"rule\":\"secret-leaves-zone\",\"reason\":\"" S
    "\",\"reason_vi\":\"" S "\","
    "\"facts\":[{\"path\":\"dest_zone\",\"value\":\"internet\"},{\"path\":\"email.subject\",\"value\":\"" S
    "\"},"
    "{\"path\":\"zone\",\"value\":{\"x\":\"" S "\"}}]}}}";
static const char facts[] =
    "\"signature\":\"" S
    "\",\"title\":{\"en\":\"A marked document leaves\",\"vi\":null},\"category\":\"c\",\"rule\":\"r\","
    "\"policy\":\"p\",\"action\":\"block\",\"shadow\":false,\"file\":{\"name\":\"" S
    "\",\"size\":5,\"kind\":\"docx\",\"sha256\":"
    "\"" S "\"},\"src\":{\"ip\":\"10.0.1.5\",\"port\":1},\"dest\":{\"ip\":null,\"port\":null},\"app_proto\":"
           "\"http\",\"" S "\":1";

static void test_put(void)
{
    static const char *const hostile[] = {"",
                                          "[]",
                                          "{",
                                          "\"x\"",
                                          "{\"gatehouse\":7,\"alert\":[],\"fileinfo\":\"x\"}",
                                          "{\"gatehouse\":{\"document\":[],\"verdict\":4}}"};
    struct arena *a = arena_new(16u << 20);
    struct json *back = NULL;
    struct writer w;
    struct jw j;

    check_row("a record");
    writer_init(&w, 1 << 20);
    jw_init(&j, &w);
    CHECK(sight_put_event(a, span_str(record), &j) == 0);
    CHECK(json_parse(a, writer_span(&w), 64, &back, NULL) == 0);
    CHECK(span_find(writer_span(&w), span_str(S), 0) < 0);
    CHECK(json_bool(json_path(back, "gatehouse.redacted"), false));
    CHECK(!strcmp(json_cstr(json_path(back, "gatehouse.document.level"), ""), "tuyet_mat"));
    CHECK(!strcmp(json_cstr(json_path(back, "gatehouse.document.size_class"), ""), "10-100 KiB"));
    CHECK(!strcmp(json_cstr(json_path(back, "gatehouse.verdict.rule"), ""), "secret-leaves-zone"));
    CHECK(json_path(back, "gatehouse.verdict.facts")->count == 1);
    CHECK(!strcmp(json_cstr(json_get(back, "dest_ip"), ""), "203.0.113.9"));
    check_row("a list row");
    writer_clear(&w);
    jw_init(&j, &w);
    jw_obj(&j);
    CHECK(sight_put_facts(a, span_str(facts), &j) == 0);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 64, &back, NULL) == 0);
    CHECK(span_find(writer_span(&w), span_str(S), 0) < 0);
    CHECK(!strcmp(json_cstr(json_path(back, "file.size_class"), ""), "<1 KiB"));
    CHECK(!strcmp(json_cstr(json_path(back, "title.en"), ""), "A marked document leaves"));
    for (size_t i = 0; i < GH_COUNT(hostile); i++) {
        check_row(hostile[i]);
        writer_clear(&w);
        jw_init(&j, &w);
        CHECK(sight_put_event(a, span_str(hostile[i]), &j) == 0);
        CHECK(json_parse(a, writer_span(&w), 64, &back, NULL) == 0 && back->type == JSON_OBJECT);
    }
    writer_done(&w);
    arena_free(a);
}

int main(void)
{
    char dir[] = "/tmp/gh-sight-XXXXXX";
    struct store *store;
    struct db *d;
    int rc;

    CHECK(mkdtemp(dir) != NULL);
    CHECK(store_open(dir, &store) == 0);
    d = store_begin(store, &rc);
    test_clearances();
    for (size_t i = 0; i < GH_COUNT(sizes); i++) {
        const char *name = sight_size_class(sizes[i].bytes);
        check_row(sizes[i].name ? sizes[i].name : "no size");
        CHECK(name == sizes[i].name || (name && sizes[i].name && !strcmp(name, sizes[i].name)));
    }
    test_rows(d);
    test_put();
    CHECK(store_commit(store) == 0);
    store_close(store);
    store_files_remove(dir);
    rmdir(dir);
    return check_end();
}

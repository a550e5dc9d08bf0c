/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the database learns of a record, whatever the record is. */
#include "console/store/facts.h"
#include "base/event.h"
#include "console/store/schema.h"
#include "tests/check.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *name;
    uint8_t type;
    const char *json;
    bool malformed, flow, sha256;
    int level;
    int64_t time;
} rows[] = {
    {"flow", EVENT_FLOW, "{\"timestamp\":\"1970-01-01T00:00:01.000005+0000\",\"flow_id\":7}", false, true,
     false, -1, 1000005},
    {"no time", EVENT_FLOW, "{}", false, false, false, -1, 42},
    {"odd time", EVENT_FLOW, "{\"timestamp\":\"yesterday\"}", false, false, false, -1, 42},
    {"file", EVENT_FILEINFO, "{\"fileinfo\":{\"sha256\":\"" SHA "\"}}", false, false, true, -1, 42},
    {"document", EVENT_FILEINFO,
     "{\"gatehouse\":{\"document\":{\"sha256\":\"" SHA "\",\"level\":\"toi_mat\"}}}", false, false, true, 6,
     42},
    {"unknown level", EVENT_FILEINFO, "{\"gatehouse\":{\"document\":{\"level\":\"cosmic\"}}}", false, false,
     false, 0, 42},
    {"short hash", EVENT_FILEINFO, "{\"fileinfo\":{\"sha256\":\"0123\"}}", false, false, false, -1, 42},
    {"hash in capitals", EVENT_FILEINFO,
     "{\"fileinfo\":{\"sha256\":\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"}}",
     false, false, false, -1, 42},
    {"flow id as text", EVENT_FLOW, "{\"flow_id\":\"7\"}", false, false, false, -1, 42},
    {"flow id too large", EVENT_FLOW, "{\"flow_id\":18446744073709551615}", false, false, false, -1, 42},
    {"half", EVENT_FLOW, "{\"a\":", true, false, false, -1, 42},
    {"list", EVENT_FLOW, "[]", true, false, false, -1, 42},
    {"empty", EVENT_FLOW, "", true, false, false, -1, 42},
    {"unknown type", 200, "{}", true, false, false, -1, 42},
    {"wrong types everywhere", EVENT_ALERT, "{\"alert\":7,\"gatehouse\":[],\"fileinfo\":\"x\",\"src_ip\":{}}",
     false, false, false, 0, 42},
};

static void test_alert(struct arena *a)
{
    char json[4096], long_text[1200];
    struct record r = {.type = EVENT_ALERT};
    struct json *row;
    struct facts f;

    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    snprintf(json, sizeof(json),
             "{\"src_ip\":\"10.0.0.1\",\"src_port\":5,\"alert\":{\"signature\":\"%s\",\"severity\":9},"
             "\"email\":{\"to\":[\"Lê Lợi "
             "<a@b>\"]},\"gatehouse\":{\"verdict\":{\"rule\":\"r1\",\"action\":\"explode\",\"title\":{\"vi\":"
             "\"<b>\\u0000\"}}}}",
             long_text);
    r.json = span_str(json);
    check_row("alert");
    CHECK(facts_of(a, &r, 42, &f) == 0 && !f.malformed);
    CHECK(f.severity == 4 && span_eq(f.rule, span_str("r1")));
    snprintf(json, sizeof(json), "{%.*s}", (int)f.row.n, (const char *)f.row.p);
    CHECK(json_parse(a, span_str(json), 8, &row, NULL) == 0);
    CHECK_STR(json_cstr(json_get(row, "action"), ""), "alert");
    CHECK(json_get(row, "signature")->s.n == 512);
    CHECK(json_get(json_get(row, "title"), "vi")->s.n == 4);
    CHECK(json_get(row, "file")->type == JSON_NULL);
    CHECK(json_i64(json_path(row, "src.port"), 0) == 5 && json_path(row, "dest.ip")->type == JSON_NULL);
    CHECK(span_find(f.search, span_str("le loi <a@b>"), 0) >= 0 &&
          span_find(f.search, span_str("10.0.0.1"), 0) >= 0);
}

/* Every level of the schema has a bit of its own in the filters. */
static void test_levels(void)
{
    static const char *const schema[] = {
#define EVENT_LEVEL(name, rank, shown) name,
#include "base/event.def"
    };

    check_row("levels");
    CHECK(GH_COUNT(schema) == LEVEL_COUNT);
    for (size_t i = 0; i < GH_COUNT(schema); i++)
        CHECK_STR(level_names[level_number(schema[i])], schema[i]);
}

int main(void)
{
    struct arena *a = arena_new(64u << 20);
    struct json *j;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct record r = {.type = rows[i].type, .json = span_str(rows[i].json)};
        struct facts f;
        check_row(rows[i].name);
        CHECK(facts_of(a, &r, 42, &f) == 0);
        CHECK(f.malformed == rows[i].malformed);
        CHECK(f.has_flow == rows[i].flow);
        CHECK(f.has_sha256 == rows[i].sha256);
        CHECK(f.level == rows[i].level);
        CHECK(f.time == rows[i].time);
        /* what is stored is JSON in every case, also the note about what was none */
        CHECK(json_parse(a, f.json, 64, &j, NULL) == 0);
    }
    test_alert(a);
    test_levels();
    check_row("ledger");
    CHECK(json_parse(a,
                     span_str("{\"a\":{\"lost\":{\"x\":3,\"y\":4}},\"b\":{\"lost\":{\"z\":-5}},\"c\":7,\"d\":"
                              "{\"lost\":[]}}"),
                     8, &j, NULL) == 0);
    CHECK_U64(ledger_lost(j), 7);
    arena_free(a);
    return check_end();
}

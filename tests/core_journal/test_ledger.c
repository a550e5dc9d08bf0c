/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "policy/core/ledger.h"
#include "tests/check.h"

#define SENSOR(events)                                                                                       \
    "{\"packets\":{\"in\":10,\"out\":7,\"lost\":{\"short\":1,\"link\":2}},\"documents\":{\"in\":5,\"out\":"  \
    "4,\"lost\":{\"memory\":1}},"                                                                            \
    "\"events\":" events "}"

static const char *const kinds[] = {"packets", "segments", "flows", "documents", "events"};

/* in = out + what is lost, in every account, whatever comes in. */
static void balanced(const struct json *event)
{
    for (size_t i = 0; i < GH_COUNT(kinds); i++) {
        const struct json *a = json_get(json_path(event, "gatehouse.ledger"), kinds[i]);
        int64_t lost = 0;
        CHECK(a != NULL);
        json_each(l, json_get(a, "lost")) lost += l->i;
        CHECK(json_i64(json_get(a, "in"), -1) == json_i64(json_get(a, "out"), -2) + lost);
    }
}

int main(void)
{
    static const struct {
        const char *name, *sensor;
        struct ledger_own own;
        int64_t in, out;
        const char *reason;
        int64_t lost, documents_out;
    } rows[] = {
        {"all came",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .written = 20},
         20,
         20,
         "",
         0,
         4},
        {"alerts added",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .added = 3, .written = 23},
         23,
         23,
         "",
         0,
         4},
        {"journal full",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .written = 15, .journal_full = 5},
         20,
         15,
         "journal_full",
         5,
         4},
        {"journal nearly full",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .written = 10, .journal_full = 1, .shed = {5, 3, 1}},
         20,
         10,
         "journal_connections",
         5,
         4},
        {"some on the way",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .written = 12},
         12,
         12,
         "",
         0,
         4},
        {"link broke",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 18, .written = 18},
         20,
         18,
         "sensor_link",
         2,
         4},
        {"sensor lost some",
         SENSOR("{\"in\":20,\"out\":19,\"lost\":{\"memory\":1}}"),
         {.received = 19, .written = 19},
         20,
         19,
         "memory",
         1,
         4},
        {"sensor forgot some",
         SENSOR("{\"in\":20,\"out\":19,\"lost\":{}}"),
         {.received = 19, .written = 19},
         20,
         19,
         "unexplained",
         1,
         4},
        {"more than said",
         SENSOR("{\"in\":5,\"out\":5,\"lost\":{}}"),
         {.received = 7, .written = 7},
         7,
         7,
         "",
         0,
         4},
        {"not wanted",
         SENSOR("{\"in\":20,\"out\":20,\"lost\":{}}"),
         {.received = 20, .written = 14, .not_wanted = 6},
         20,
         14,
         "not_wanted",
         6,
         4},
        {"unread",
         SENSOR("{\"in\":4,\"out\":4,\"lost\":{}}"),
         {.received = 4, .written = 4, .scan_queue = 3},
         4,
         4,
         "",
         0,
         1},
        {"no sensor", "", {.received = 9, .written = 9}, 9, 9, "", 0, 0},
        {"odd types",
         "{\"events\":{\"in\":\"x\",\"out\":-4,\"lost\":[1,{}]},\"packets\":3}",
         {.received = 0},
         0,
         0,
         "",
         0,
         0},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct arena *a = arena_new(1 << 20);
        struct writer w;
        struct json *j = NULL;
        const struct json *e;
        check_row(rows[i].name);
        writer_init(&w, 65536);
        CHECK(ledger_event(&w, span_str(rows[i].sensor), &rows[i].own, span_str("now")) == 0);
        CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
        balanced(j);
        e = json_path(j, "gatehouse.ledger.events");
        CHECK(json_i64(json_get(e, "in"), -1) == rows[i].in);
        CHECK(json_i64(json_get(e, "out"), -1) == rows[i].out);
        if (*rows[i].reason)
            CHECK(json_i64(json_get(json_get(e, "lost"), rows[i].reason), 0) == rows[i].lost);
        CHECK(json_i64(json_path(j, "gatehouse.ledger.documents.out"), -1) == rows[i].documents_out);
        writer_done(&w);
        arena_free(a);
    }
    {
        struct ledger_own own = {0};
        struct writer w;
        check_row("nonsense");
        writer_init(&w, 65536);
        CHECK(ledger_event(&w, span_str("{"), &own, span_str("now")) < 0);
        writer_done(&w);
    }
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Clocks of alerts: minutes that count, office hours, plans that are refused; and the checksum of archives.
 */
#include "base/clock.h"
#include "console/store/sla.h"
#include "console/zip.h"
#include "tests/check.h"

/* Office: Monday to Friday 07:30 to 17:00 at UTC+7; severity 1 counts day and night. 2026-11-23 is a Monday.
 */
static const struct {
    const char *name;
    int severity;
    const char *from;
    int64_t minutes;
    const char *want;
} rows[] = {
    {"severity 1 never waits for the morning", 1, "2026-11-21T20:00:00Z", 30, "2026-11-21T20:30:00Z"},
    {"in the office", 2, "2026-11-23T02:00:00Z", 120, "2026-11-23T04:00:00Z"},
    {"to the minute of closing", 2, "2026-11-23T09:00:00Z", 60, "2026-11-23T10:00:00Z"},
    {"over night", 2, "2026-11-23T09:00:00Z", 61, "2026-11-24T00:31:00Z"},
    {"before the office opens", 3, "2026-11-22T23:00:00Z", 30, "2026-11-23T01:00:00Z"},
    {"after it has closed", 3, "2026-11-23T12:00:00Z", 30, "2026-11-24T01:00:00Z"},
    {"on a Friday evening", 3, "2026-11-27T11:00:00Z", 1, "2026-11-30T00:31:00Z"},
    {"on a Sunday", 3, "2026-11-29T05:00:00Z", 570, "2026-11-30T10:00:00Z"},
    {"a week of work", 4, "2026-11-23T00:30:00Z", 5 * 570, "2026-11-27T10:00:00Z"},
    {"and a minute", 4, "2026-11-23T00:30:00Z", 5 * 570 + 1, "2026-11-30T00:31:00Z"},
};
static const char *const refused[] = {
    "{}",
    "{\"severity\":[],\"level\":{},\"business\":{}}",
    "{\"severity\":[{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,"
    "\"close\":525601}],\"level\":{},\"business\":{\"on\":false,\"days\":[1],\"from\":0,\"to\":1440,\"zone\":"
    "0,"
    "\"always\":[]}}",
    "{\"severity\":[{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,"
    "\"close\":1}],\"level\":{\"secretish\":{\"take\":1,\"close\":1}},\"business\":{\"on\":false,\"days\":[1]"
    ","
    "\"from\":0,\"to\":1440,\"zone\":0,\"always\":[]}}",
    "{\"severity\":[{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,\"close\":1},{\"take\":1,"
    "\"close\":1}],\"level\":{},\"business\":{\"on\":true,\"days\":[0],\"from\":0,\"to\":1440,\"zone\":0,"
    "\"always\":[]}}",
};

static int64_t at(const char *text)
{
    uint64_t us = 0;

    CHECK(clock_parse_iso(text, strlen(text), &us));
    return (int64_t)us;
}

static void test_plan(struct arena *a)
{
    struct sla p, back;
    struct json *v;
    struct writer w;
    struct jw j;
    int64_t take, close;

    check_row("a plan comes back as it was written");
    sla_default(&p);
    p.business = true;
    writer_init(&w, 8192);
    jw_init(&j, &w);
    jw_obj(&j);
    sla_put(&j, &p);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 8, &v, NULL) == 0);
    CHECK(sla_read(v, &back) == NULL);
    CHECK(memcmp(&p, &back, sizeof(p)) == 0);
    check_row("of severity and level the shorter time counts");
    p.business = false;
    sla_times(&p, 3, level_number("tuyet_mat"), 0, &take, &close);
    CHECK(take == 15 * 60000000ll && close == 480 * 60000000ll);
    sla_times(&p, 3, level_number("mat"), 0, &take, &close);
    CHECK(take == 480 * 60000000ll);
    sla_times(&p, 9, 99, 0, &take, &close);
    CHECK(take == 1440 * 60000000ll);
    for (size_t i = 0; i < GH_COUNT(refused); i++) {
        check_row(refused[i]);
        CHECK(json_parse(a, span_str(refused[i]), 8, &v, NULL) == 0);
        CHECK(sla_read(v, &back) != NULL);
    }
    writer_done(&w);
}

int main(void)
{
    struct arena *a = arena_new(1 << 20);
    struct sla p;

    sla_default(&p);
    p.business = true;
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        CHECK(sla_after(&p, rows[i].severity, at(rows[i].from), rows[i].minutes) == at(rows[i].want));
    }
    check_row("the longest wait in the shortest office ends");
    p.days = 1;
    p.from = 0;
    p.to = 120;
    CHECK(sla_after(&p, 4, at("2026-11-23T00:00:00Z"), SLA_MINUTES_MAX) > at("2036-11-23T00:00:00Z"));
    test_plan(a);
    check_row("ISO 3309");
    CHECK(zip_crc(span_str("123456789")) == 0xcbf43926u);
    CHECK(zip_crc(span_str("")) == 0);
    arena_free(a);
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outlet.h"
#include "base/event.h"
#include "tests/check.h"

static void test_parse(void)
{
    static const struct {
        const char *text, *path;
        enum outlet_kind kind;
        int rc;
    } rows[] = {
        {"", "", OUTLET_NONE, 0},
        {"-", "", OUTLET_STDOUT, 0},
        {"/var/log/eve.json", "/var/log/eve.json", OUTLET_FILE, 0},
        {"eve.json", "eve.json", OUTLET_FILE, 0},
        {"unix:/run/eve.sock", "/run/eve.sock", OUTLET_STREAM, 0},
        {"unix-dgram:eve.sock", "eve.sock", OUTLET_DGRAM, 0},
        {"unix:", NULL, OUTLET_NONE, ST_USAGE},
        {"unix-dgram:", NULL, OUTLET_NONE, ST_USAGE},
        {"/var/log/", NULL, OUTLET_NONE, ST_USAGE},
        {"unix:/"
         "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456",
         "/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
         "90123456",
         OUTLET_STREAM, 0},
        {"unix:/"
         "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567",
         NULL, OUTLET_NONE, ST_USAGE},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct outlet o = {OUTLET_NONE, NULL};
        uint8_t text[256];
        struct writer err;
        check_row(rows[i].text);
        writer_fixed(&err, text, sizeof(text));
        CHECK(outlet_parse(rows[i].text, &o) == rows[i].rc);
        CHECK_U64(o.kind, rows[i].kind);
        CHECK_STR(o.path ? o.path : "(none)", rows[i].path ? rows[i].path : "(none)");
        CHECK(outlet_check(span_str(rows[i].text), &err) == rows[i].rc);
        CHECK((err.n == 0) == (rows[i].rc == 0) && writer_ok(&err));
    }
}

static void test_types(void)
{
    static const struct {
        const char *list;
        uint64_t want;
        const char *wrong;
    } rows[] = {
        {"", UINT64_MAX, NULL},
        {" \t ", UINT64_MAX, NULL},
        {"alert", 1ull << EVENT_ALERT, NULL},
        {"  alert  flow,stats ", 1ull << EVENT_ALERT | 1ull << EVENT_FLOW | 1ull << EVENT_STATS, NULL},
        {"alert Flow", 0, "Flow"},
        {"al", 0, "al"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct span wrong = {NULL, 0};
        uint64_t types = 0;
        check_row(rows[i].list);
        CHECK(outlet_types(span_str(rows[i].list), &types, &wrong) == !rows[i].wrong);
        CHECK(types == rows[i].want);
        CHECK(!rows[i].wrong || span_eq(wrong, span_str(rows[i].wrong)));
        CHECK((outlet_check_types(span_str(rows[i].list), &(struct writer){.max = 0}) == 0) ==
              !rows[i].wrong);
    }
}

int main(void)
{
    struct outlet file = {OUTLET_FILE, "x"}, nobody = {OUTLET_STREAM, "/nonexistent/socket"};

    test_parse();
    test_types();
    CHECK(outlet_connect(&file) == ST_USAGE);
    CHECK(outlet_connect(&nobody) == ST_CLOSED);
    return check_end();
}

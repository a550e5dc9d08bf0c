/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ranges.h"
#include "tests/check.h"

static void show(const struct ranges *r, char *buf, size_t cap)
{
    size_t n = 0;

    buf[0] = 0;
    for (size_t i = 0; i < r->n && n < cap; i++)
        n += (size_t)snprintf(buf + n, cap - n, "%s%d-%d", i ? " " : "", (int)r->v[i].lo, (int)r->v[i].hi);
}

int main(void)
{
    static const struct {
        const char *name;
        int add[12]; /* 0 ends */
        const char *want;
    } rows[] = {
        {"empty", {0}, ""},
        {"in order", {1, 2, 3, 4}, "1-4"},
        {"backwards", {4, 3, 2, 1}, "1-4"},
        {"hole", {1, 2, 4, 5}, "1-2 4-5"},
        {"hole filled", {1, 2, 4, 5, 3}, "1-5"},
        {"twice", {7, 7, 8, 7, 8}, "7-8"},
        {"apart", {9, 5, 1}, "1-1 5-5 9-9"},
        {"joins left", {1, 5, 2}, "1-2 5-5"},
        {"joins right", {1, 5, 4}, "1-1 4-5"},
        {"mixed", {10, 1, 9, 2, 8, 3, 7, 4, 6, 5}, "1-10"},
    };
    static const struct {
        const char *name;
        uint64_t v[4];
        size_t bytes;
        int want;
    } bad[] = {
        {"cut", {1, 2}, 15, ST_MALFORMED},
        {"turned", {5, 2}, 16, ST_MALFORMED},
        {"overlap", {1, 5, 5, 9}, 32, ST_MALFORMED},
        {"touching", {1, 5, 6, 9}, 32, ST_MALFORMED},
        {"descending", {8, 9, 1, 2}, 32, ST_MALFORMED},
        {"good", {1, 5, 7, 9}, 32, 0},
        {"nothing", {0}, 0, 0},
    };
    char got[256];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct ranges r = {0}, again = {0};
        struct writer w;
        uint64_t distinct = 0;
        check_row(rows[i].name);
        for (size_t k = 0; rows[i].add[k]; k++) {
            bool had = ranges_has(&r, (uint64_t)rows[i].add[k]);
            CHECK(ranges_add(&r, (uint64_t)rows[i].add[k]) == (had ? ST_EXISTS : 0));
            CHECK(ranges_has(&r, (uint64_t)rows[i].add[k]));
            distinct += !had;
        }
        show(&r, got, sizeof(got));
        CHECK_STR(got, rows[i].want);
        CHECK_U64(ranges_count(&r), distinct);
        CHECK(!ranges_has(&r, 100));
        writer_init(&w, 4096);
        ranges_put(&r, &w);
        CHECK(ranges_get(&again, writer_span(&w)) == 0);
        show(&again, got, sizeof(got));
        CHECK_STR(got, rows[i].want);
        writer_done(&w);
        ranges_done(&r);
        ranges_done(&again);
    }
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        struct ranges r = {0};
        struct writer w;
        check_row(bad[i].name);
        writer_init(&w, 64);
        for (size_t k = 0; k < 4; k++)
            writer_le(&w, bad[i].v[k], 8);
        CHECK(ranges_get(&r, span_part(writer_span(&w), 0, bad[i].bytes)) == bad[i].want);
        writer_done(&w);
        ranges_done(&r);
    }
    return check_end();
}

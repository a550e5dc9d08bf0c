/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the JSON writer writes, and that the reader reads the same back; the ceiling of the writer below it.
 */
#include "base/json.h"
#include "tests/check.h"

static const struct {
    uint64_t v;
    const char *want;
} numbers[] = {
    {0, "0"},
    {9, "9"},
    {10, "10"},
    {99, "99"},
    {100, "100"},
    {101, "101"},
    {1000, "1000"},
    {12345, "12345"},
    {999999, "999999"},
    {1000000, "1000000"},
    {UINT32_MAX, "4294967295"},
    {UINT64_MAX, "18446744073709551615"},
};
static const struct {
    const char *name;
    struct span in;
    const char *want;
} strings[] = {
    {"empty", {(const uint8_t *)"", 0}, "\"\""},
    {"plain", {(const uint8_t *)"abc", 3}, "\"abc\""},
    {"escapes", {(const uint8_t *)"a\"b\\c\n\r\t", 8}, "\"a\\\"b\\\\c\\n\\r\\t\""},
    {"control", {(const uint8_t *)"x\0\x1f\x7f", 4}, "\"x\\u0000\\u001f\\u007f\""},
    {"utf-8", {(const uint8_t *)"m\xe1\xba\xadt", 5}, "\"m\xe1\xba\xadt\""},
    {"invalid utf-8",
     {(const uint8_t *)"a\xff"
                       "b\xc3",
      4},
     "\"a\xef\xbf\xbd"
     "b\xef\xbf\xbd\""},
    {"invalid first",
     {(const uint8_t *)"\xff"
                       "a",
      2},
     "\"\xef\xbf\xbd"
     "a\""},
};

static void test_values(void)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        check_row(numbers[i].want);
        writer_clear(&w);
        writer_dec(&w, numbers[i].v);
        CHECK_STR(writer_cstr(&w), numbers[i].want);
    }
    for (size_t i = 0; i < GH_COUNT(strings); i++) {
        check_row(strings[i].name);
        writer_clear(&w);
        jw_init(&j, &w);
        jw_str(&j, strings[i].in);
        CHECK_STR(writer_cstr(&w), strings[i].want);
    }
    writer_done(&w);
}

static void test_object(void)
{
    struct writer w;
    struct jw j;

    check_row("object");
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "n", 7);
    jw_kcstr(&j, "absent", NULL);
    jw_kcstr(&j, "s", "x");
    jw_karr(&j, "a");
    jw_i64(&j, -1);
    jw_bool(&j, true);
    jw_obj(&j);
    jw_end_obj(&j);
    jw_end_arr(&j);
    jw_kobj(&j, "o");
    jw_khex(&j, "h", "\x0a\xff", 2);
    jw_kraw(&j, "r", span_str("[1]"));
    jw_kplain(&j, "p", "10.0.0.1");
    jw_end_obj(&j);
    jw_end_obj(&j);
    CHECK_STR(writer_cstr(&w),
              "{\"n\":7,\"s\":\"x\",\"a\":[-1,true,{}],\"o\":{\"h\":\"0aff\",\"r\":[1],\"p\":\"10.0.0.1\"}}");
    writer_done(&w);
}

/* A list that stays empty leaves no trace, wherever it stands. */
static void test_empty_list(void)
{
    struct writer w;
    struct jw j;

    check_row("empty list");
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_karr(&j, "first");
    jw_end_karr(&j, "first");
    jw_ku64(&j, "n", 7);
    jw_karr(&j, "between");
    jw_end_karr(&j, "between");
    jw_karr(&j, "full");
    jw_u64(&j, 1);
    jw_end_karr(&j, "full");
    jw_kobj(&j, "o");
    jw_karr(&j, "only");
    jw_end_karr(&j, "only");
    jw_end_obj(&j);
    jw_karr(&j, "last");
    jw_end_karr(&j, "last");
    jw_end_obj(&j);
    CHECK_STR(writer_cstr(&w), "{\"n\":7,\"full\":[1],\"o\":{}}");
    writer_done(&w);
    check_row("empty list past the ceiling");
    writer_init(&w, 4);
    jw_init(&j, &w);
    jw_karr(&j, "long");
    jw_end_karr(&j, "long");
    CHECK(!writer_ok(&w) && j.depth == 0);
    writer_done(&w);
}

/* Too long is a sticky failure, at whatever byte the ceiling falls, and nothing is written past it. */
static void test_ceiling(void)
{
    struct arena *a = arena_new(1 << 20);
    struct json *tree;

    check_row("ceiling");
    for (size_t max = 0; max < 40; max++) {
        struct writer w;
        struct jw j;
        writer_init(&w, max);
        jw_init(&j, &w);
        jw_obj(&j);
        jw_kcstr(&j, "key", "some text");
        jw_ku64(&j, "number", 1234567);
        jw_end_obj(&j);
        CHECK(w.n <= max && writer_ok(&w) == (max >= 36));
        if (writer_ok(&w))
            CHECK(json_parse(a, writer_span(&w), 4, &tree, NULL) == 0 &&
                  json_i64(json_get(tree, "number"), 0) == 1234567);
        writer_done(&w);
    }
    arena_free(a);
}

struct members {
    size_t n;
    char text[256];
};

static int on_member(void *arg, struct span name, struct span value)
{
    struct members *m = arg;
    size_t at = strlen(m->text);

    m->n++;
    snprintf(m->text + at, sizeof(m->text) - at, "%.*s=%.*s;", (int)name.n, (const char *)name.p,
             (int)value.n, (const char *)value.p);
    return span_eq(name, span_str("stop")) ? ST_DENIED : 0;
}

static void test_scan(void)
{
    struct members m = {0};

    check_row("members");
    CHECK_U64(
        json_scan(span_str("{\"a\":1,\"b\" : {\"c\":[true,{}]} ,\"\\u0061\":\"x\\\"\"}"), 8, on_member, &m),
        0);
    CHECK_STR(m.text, "a=1;b={\"c\":[true,{}]};\\u0061=\"x\\\"\";");
    check_row("the caller ends it");
    CHECK(json_scan(span_str("{\"a\":1,\"stop\":2,\"b\":3}"), 8, on_member, &m) == ST_DENIED);
    CHECK_U64(m.n, 5);
    check_row("depth");
    CHECK(json_scan(span_str("{\"a\":[[]]}"), 3, NULL, NULL) == 0);
    CHECK(json_scan(span_str("{\"a\":[[]]}"), 2, NULL, NULL) == ST_LIMIT);
    check_row("only a whole object");
    CHECK(json_scan(span_str("[1]"), 8, NULL, NULL) == ST_MALFORMED);
    CHECK(json_scan(span_str(" {}"), 8, NULL, NULL) == ST_MALFORMED);
    CHECK(json_scan(span_str("{}\n"), 8, NULL, NULL) == ST_MALFORMED);
    CHECK(json_scan(span_str(""), 8, NULL, NULL) == ST_MALFORMED);
}

/* What one reader takes the other takes: of a good text every byte is replaced by every other, and it is cut
 * everywhere. */
static void test_scan_agrees(void)
{
    static const char good[] =
        "{\"a\":-10.5e+3,\"\\n\\u00e1\xc3\xa1\":[true,false,null,{\"x\":[]}],\"z\":0 , \"y\":\"\\\\\",\"long "
        "enough for more than one word\":\"0123456789abcdef~\xe1\xba\xad\"}";
    struct arena *a = arena_new(1 << 20);
    char text[sizeof(good)];
    struct json *j;

    gh_check(a);
    check_row("both readers agree");
    for (size_t i = 0; i < sizeof(good); i++)
        for (unsigned c = 0; c < 257; c++) {
            struct span s = span_of(text, c == 256 ? i : sizeof(good) - 1);
            bool one, other;
            memcpy(text, good, sizeof(good));
            if (c < 256)
                text[i] = (char)c;
            arena_reset(a);
            one = s.n && s.p[0] == '{' && s.p[s.n - 1] == '}' && json_parse(a, s, 8, &j, NULL) == 0;
            other = json_scan(s, 8, NULL, NULL) == 0;
            if (one != other)
                fprintf(stderr, "%.*s\n", (int)s.n, (const char *)s.p);
            CHECK(one == other);
        }
    arena_free(a);
}

int main(void)
{
    test_scan();
    test_scan_agrees();
    test_values();
    test_object();
    test_empty_list();
    test_ceiling();
    return check_end();
}

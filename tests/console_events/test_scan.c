/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writer.h"
#include "console/query/tsquery.h"
#include "sound.h"
#include "tests/check.h"

/* want: what stands in the condition, without the brackets around it; NULL: no expression of ours. */
static const struct {
    const char *match, *like, *click;
} table[] = {
    {"words : \"tai lieu\"", "words LIKE '% tai lieu %'", "words LIKE '% tai lieu %'"},
    {"words : \"tai lieu\" *", "words LIKE '% tai lieu%'", "words LIKE '% tai lieu%'"},
    {"words : \"Tai, LIEU!\"", "words LIKE '% tai lieu %'", "words LIKE '% tai lieu %'"},
    {"{file host} : \"a\"", "file LIKE '% a %' OR host LIKE '% a %'",
     "file LIKE '% a %' OR host LIKE '% a %'"},
    {"keys : k00000000000000ff", "keys LIKE '% k00000000000000ff %'", "has(keys, 255)"},
    {"keys : kffffffffffffffff", "keys LIKE '% kffffffffffffffff %'", "has(keys, 18446744073709551615)"},
    {"keys : kff", "keys LIKE '% kff %'", "1 = 0"},
    {"words : \"' OR 1=1 --\"", "words LIKE '% or 1 1 %'", "words LIKE '% or 1 1 %'"},
    {"words : \"100% a_b \\\"", "words LIKE '% 100 a b %'", "words LIKE '% 100 a b %'"},
    {"words : \"{0} ?1\"", "words LIKE '% 0 1 %'", "words LIKE '% 0 1 %'"},
    {"words : \"...\"", "1 = 0", "1 = 0"},
    {"words : \"công điện\"", "words LIKE '% công điện %'", "words LIKE '% công điện %'"},
    {"words : \"\xe1\xba\"", "1 = 0", "1 = 0"},
    {"words : \"a", NULL, NULL},
    {"other : \"a\"", NULL, NULL},
    {"words : \"a\" words : \"b\"", NULL, NULL},
    {"(words : \"a\"", NULL, NULL},
    {"{} : \"a\"", NULL, NULL},
    {"keys : (k1 OR )", NULL, NULL},
    {"", NULL, NULL},
    {"NOT words : \"a\"", NULL, NULL},
};

static bool holds(struct span s, const char *want)
{
    return span_find(s, span_str(want), 0) >= 0;
}

static void every(enum scan_form form)
{
    struct writer w;

    writer_init(&w, 1 << 20);
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        const char *want = form == SCAN_LIKE ? table[i].like : table[i].click;
        int rc;
        check_row(table[i].match);
        writer_clear(&w);
        rc = scan_put(span_str(table[i].match), form, &w);
        CHECK(rc == (want ? 0 : ST_MALFORMED));
        if (rc)
            continue;
        CHECK(holds(writer_span(&w), want) && sound(writer_span(&w)));
    }
    check_row("what binds closest");
    writer_clear(&w);
    CHECK(scan_put(span_str("file : \"a\" OR host : \"b\" AND mail : \"c\" NOT words : \"d\""), form, &w) ==
          0);
    CHECK_STR(writer_cstr(&w),
              "(((file LIKE '% a %'))) OR (((host LIKE '% b %')) AND ((mail LIKE '% c %') AND NOT "
              "(words LIKE '% d %')))");
    check_row("too deep");
    writer_clear(&w);
    for (int i = 0; i < 1000; i++)
        writer_u8(&w, '(');
    {
        struct writer out;
        writer_init(&out, 1 << 20);
        CHECK(scan_put(writer_span(&w), form, &out) == ST_MALFORMED);
        writer_done(&out);
    }
    check_row("no room");
    {
        uint8_t small[16];
        struct writer out;
        writer_fixed(&out, small, sizeof(small));
        CHECK(scan_put(span_str("words : \"tai lieu\""), form, &out) == ST_MALFORMED);
    }
    writer_done(&w);
}

int main(void)
{
    struct writer w;

    every(SCAN_LIKE);
    every(SCAN_CLICK);
    writer_init(&w, 4096);
    check_row("words of a column");
    scan_words_put(span_str("Báo_cáo 'x' 100%.docx"), &w);
    CHECK_STR(writer_cstr(&w), " báo cáo x 100 docx ");
    writer_done(&w);
    return check_end();
}

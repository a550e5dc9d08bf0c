/* SPDX-License-Identifier: GPL-3.0-or-later
 * The pieces of the mail reader: transfer encodings, fields, encoded words, parameters. */
#include "rules/charset.h"
#include "rules/x_eml_code.h"
#include "rules/x_eml_head.h"
#include "tests/check.h"

static const struct {
    const char *in, *want;
} base64[] = {
    {"aGVsbG8=", "hello"},
    {"aGVs\r\nbG8", "hello"},
    {"aGVsbG8=aGVsbG8=", "hellohello"},
    {"a*G.V sbG8", "hello"},
    {"", ""},
    {"=", ""},
    {"a", ""},
    {"aGVsbA==\n", "hell"},
    {"w6k=", "\xc3\xa9"},
};
static const struct {
    const char *in, *want, *word;
} quoted[] = {
    {"a=3Db", "a=b", "a=b"},
    {"soft=\r\nbreak", "softbreak", NULL},
    {"soft= \t\nbreak", "softbreak", NULL},
    {"bad=ZZ", "bad=ZZ", "bad=ZZ"},
    {"end=", "end", "end="},
    {"a_b", "a_b", "a b"},
    {"=e1=BA=ac", "\xe1\xba\xac", "\xe1\xba\xac"},
};
static const struct {
    const char *in, *want;
} words[] = {
    {"plain", "plain"},
    {" folded\r\n\tline ", "folded line"},
    {"=?utf-8?B?VOG7kEkgTeG6rFQ=?=", "TỐI MẬT"},
    {"=?UTF-8?Q?T=E1=BB=90I_M=E1=BA=ACT?= x", "TỐI MẬT x"},
    {"=?utf-8?Q?T=E1=BB?=\r\n =?utf-8?Q?=90I?=", "TỐI"}, /* a letter split over two words */
    {"=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=", "a\xc3\xa9"},
    {"=?iso-8859-1*fr?q?=E9t=E9?=", "\xc3\xa9t\xc3\xa9"},
    {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
    {"=?broken", "=?broken"},
    {"a =?x?b?", "a =?x?b?"},
    {"Tr\xe1\xba\xa7n", "Trần"}, /* RFC 6532 */
    {"caf\xe9", "caf\xc3\xa9"},
};
static const struct {
    const char *value, *name, *want; /* NULL: absent */
} parameters[] = {
    {"text/plain; charset=utf-8", "charset", "utf-8"},
    {"text/plain;charset = \"a b\" ; x=y", "charset", "a b"},
    {"text/plain; x=\"a;charset=no\"; charset=yes", "charset", "yes"},
    {"text/plain", "charset", NULL},
    {"text/plain; xcharset=no", "charset", NULL},
    {"attachment; filename=\"a\\\"b.txt\"", "filename", "a\"b.txt"},
    {"attachment; filename*=UTF-8'vi'T%E1%BB%91i.txt", "filename", "Tối.txt"},
    {"attachment; filename=plain.txt; filename*=UTF-8''better.txt", "filename", "better.txt"},
    {"attachment; filename*0=\"long-\"; filename*1=name.txt", "filename", "long-name.txt"},
    {"attachment; filename*0*=utf-8''%C3%A9-; filename*1=b; filename*2*=%C3%A9", "filename", "é-bé"},
    {"attachment; filename=\"=?utf-8?B?VOG7kEk=?=.doc\"", "filename", "TỐI.doc"},
    {"attachment; filename=\"never closed", "filename", "never closed"},
    {"attachment; filename=", "filename", ""},
    {"attachment; filename*=utf-8''%4", "filename", "%4"},
};

static void test_fields(void)
{
    struct reader r = reader_of("A: 1\r\n 2\r\nB:\nbad line\nC: 3\n\nbody", 34);
    struct head_field f;

    check_row("fields");
    CHECK(head_next(&r, &f) && span_eq(f.name, span_str("A")) &&
          span_eq(span_trim(f.value), span_str("1\r\n 2")));
    CHECK(head_next(&r, &f) && span_eq(f.name, span_str("B")) && !span_trim(f.value).n);
    CHECK(!head_next(&r, &f)); /* no field: the body begins here */
    CHECK(span_starts(reader_rest(&r), "bad line"));
    r = reader_of("A: 1\n\nbody", 10);
    CHECK(head_next(&r, &f) && !head_next(&r, &f));
    CHECK(span_eq(reader_rest(&r), span_str("body")));
    r = reader_of("", 0);
    CHECK(!head_next(&r, &f));
}

int main(void)
{
    struct writer w;
    struct span name;

    CHECK(charset_warm_up() == 0);
    writer_init(&w, 4096);
    for (size_t i = 0; i < GH_COUNT(base64); i++) {
        check_row(base64[i].in);
        writer_clear(&w);
        base64_decode(span_str(base64[i].in), &w);
        CHECK_STR(writer_cstr(&w), base64[i].want);
    }
    for (size_t i = 0; i < GH_COUNT(quoted); i++) {
        check_row(quoted[i].in);
        writer_clear(&w);
        quoted_decode(span_str(quoted[i].in), false, &w);
        CHECK_STR(writer_cstr(&w), quoted[i].want);
        writer_clear(&w);
        quoted_decode(span_str(quoted[i].in), true, &w);
        if (quoted[i].word)
            CHECK_STR(writer_cstr(&w), quoted[i].word);
    }
    for (size_t i = 0; i < GH_COUNT(words); i++) {
        check_row(words[i].in);
        writer_clear(&w);
        head_text(span_str(words[i].in), &w);
        CHECK_STR(writer_cstr(&w), words[i].want);
    }
    for (size_t i = 0; i < GH_COUNT(parameters); i++) {
        bool found;
        check_row(parameters[i].value);
        writer_clear(&w);
        found = head_parameter(span_str(parameters[i].value), parameters[i].name, &w);
        CHECK(found == (parameters[i].want != NULL));
        if (found && parameters[i].want)
            CHECK_STR(writer_cstr(&w), parameters[i].want);
    }
    check_row("uuencode");
    writer_clear(&w);
    CHECK(uu_decode(span_str("x\nbegin 644 a.txt\n%:&5L;&\\\n`\nend\n"), &w, &name));
    CHECK_STR(writer_cstr(&w), "hello");
    CHECK(span_eq(name, span_str("a.txt")));
    CHECK(!uu_decode(span_str("nothing\n"), &w, &name));
    writer_done(&w);
    test_fields();
    return check_end();
}

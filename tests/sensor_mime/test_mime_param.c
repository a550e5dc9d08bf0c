/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_param.h"
#include "sensor/decode/mime_word.h"
#include "tests/check.h"

static const struct {
    const char *field, *name, *want; /* want NULL: absent */
} params[] = {
    {"a/b; boundary=xyz", "boundary", "xyz"},
    {"a/b; BOUNDARY = \"x y\" ; c=d", "boundary", "x y"},
    {"a/b;boundary=\"x;y\";c=d", "c", "d"},
    {"a/b; name=my file.doc; x=y", "name", "my file.doc"},
    {"a/b; name=\"never ends", "name", "never ends"},
    {"a/b; name=\"q\\\"uote\\\\\"", "name", "q\"uote\\"},
    {"a/b; name", "name", NULL},
    {"a/b; names=x", "name", NULL},
    {"a/b; name=", "name", ""},
    {"boundary=x", "boundary", NULL},
    {"a; x=\"name=no\"; name=yes", "name", "yes"},
    {"a; filename*=UTF-8''%e2%82%ac%20rates", "filename", "\xe2\x82\xac rates"},
    {"a; filename=plain; filename*=utf-8''better", "filename", "better"},
    {"a; filename*=iso-8859-1'en'%A3%20rates", "filename", "\xc2\xa3 rates"},
    {"a; filename*=windows-1258''B%ED%20m%E2%F2t", "filename", "B\xc3\xad m\xc3\xa2\xcc\xa3t"},
    {"a; filename*=klingon''%41b", "filename", "Ab"},
    {"a; filename*=no-quotes%41", "filename", "no-quotesA"},
    {"a; filename*1*=%42; filename*0*=utf-8''%41; filename*2=\"C\"; filename*4=x", "filename", "ABC"},
    {"a; filename*0=\"long\"; filename*1=\"er.txt\"", "filename", "longer.txt"},
    {"a; filename*999=x; filename=y", "filename", "y"},
    {"a; filename*=utf-8''%4", "filename", "%4"},
    {"a; filename=\"=?utf-8?B?w6k=?=.txt\"", "filename", "\xc3\xa9.txt"},
    {"", "name", NULL},
    {";;;=;=;", "name", NULL},
};

static const struct {
    const char *field, *want;
} files[] = {
    {"a; filename=\"C:\\dir\\a.doc\"", "a.doc"},
    {"a; filename=\"../../etc/passwd\"", "passwd"},
    {"a; filename=\" a.doc \"", "a.doc"},
    {"a; filename=\"dir/\"", ""},
};

static const struct {
    const char *in, *want;
} words[] = {
    {"plain", "plain"},
    {" two\r\n lines ", "two lines"},
    {"=?utf-8?q?a=5Fb_c?=", "a_b c"},
    {"x =?utf-8?Q?a?= =?utf-8?Q?b?= y =?utf-8?Q?c?=", "x ab y c"},
    {"=?utf-8?B?4bs=?= =?utf-8?B?hw==?=", "\xe1\xbb\x87"}, /* a letter across two words */
    {"=?utf-8*vi?Q?a?=", "a"},
    {"=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=", "a\xc3\xa9"},
    {"=?windows-1251?Q?=C1?=", "\xd0\x91"},
    {"=?x-unknown?Q?=E9?=", "=?x-unknown?Q?=E9?="},
    {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
    {"=?utf-8?Q?never", "=?utf-8?Q?never"},
    {"=?=?utf-8?Q?a?=", "=?a"},
    {"=?utf-8?Q?=FF?=", "\xef\xbf\xbd"},
    {"", ""},
};

int main(void)
{
    struct writer w;

    writer_init(&w, 4096);
    for (size_t i = 0; i < GH_COUNT(params); i++) {
        check_row(params[i].field);
        writer_clear(&w);
        bool found = mime_param(span_str(params[i].field), params[i].name, &w);
        CHECK(found == (params[i].want != NULL));
        CHECK_STR(writer_cstr(&w), params[i].want ? params[i].want : "");
    }
    for (size_t i = 0; i < GH_COUNT(files); i++) {
        check_row(files[i].field);
        writer_clear(&w);
        CHECK(mime_param_file(span_str(files[i].field), "filename", &w));
        CHECK_STR(writer_cstr(&w), files[i].want);
    }
    for (size_t i = 0; i < GH_COUNT(words); i++) {
        check_row(words[i].in);
        writer_clear(&w);
        mime_words_put(&w, span_str(words[i].in));
        CHECK_STR(writer_cstr(&w), words[i].want);
    }
    CHECK(span_eq(mime_value(span_str(" text/plain ; x")), span_str("text/plain")));
    writer_done(&w);
    return check_end();
}

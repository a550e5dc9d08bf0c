/* SPDX-License-Identifier: GPL-3.0-or-later
 * Mail stores and help files. */
#include "tests/rules_extract/examine.h"
#include "tests/rules_stores/stores_make.h"

static void test_pst(bool wide)
{
    struct writer w;
    struct examined e;
    const struct json *m;

    check_row(wide ? "pst: 64-bit" : "pst: 32-bit");
    writer_init(&w, 1 << 20);
    pst_make(&w, wide, "Plan", "TOP SECRET\r\n\r\nThe plan in words.\r\n", "list.txt",
             span_str("names of people\n"));
    e = examine(writer_span(&w), "a.pst", NULL);
    m = member_at(e.json, 0);
    CHECK_STR(json_text(e.json, "kind"), "pst");
    CHECK_STR(json_text(e.json, "read"), "full");
    CHECK_STR(json_text(e.json, "level"), "top_secret");
    CHECK(contains(json_text(e.json, "text"), "Plan\n"));
    CHECK(contains(json_text(e.json, "text"), "The plan in words."));
    CHECK(contains((const char *)e.out.p,
                   "\"kind\":\"header\",\"key\":\"X-Classification\",\"value\":\"RESTRICTED\""));
    CHECK_STR(json_text(m, "file"), "Inbox/Plan/list.txt");
    CHECK(contains(json_text(m, "text"), "names of people"));
    examine_done(&e);

    check_row(wide ? "pst: 64-bit, cut anywhere" : "pst: 32-bit, cut anywhere");
    for (size_t n = 40; n < w.n; n += 977) {
        e = examine(span_part(writer_span(&w), 0, n), "a.pst", NULL);
        if (n < 2048)
            CHECK_STR(json_text(e.json, "read"), "none");
        else
            CHECK(strcmp(json_text(e.json, "read"), "full") != 0 || n > 2048 + 5 * 4096);
        examine_done(&e);
    }
    writer_done(&w);
}

/* Block tables that point at themselves, and a store of a version that nobody here reads. */
static void test_pst_hostile(void)
{
    struct writer w;
    struct examined e;

    writer_init(&w, 1 << 20);
    pst_make(&w, true, "Plan", "words", "list.txt", span_str("names"));
    check_row("pst: a tree that is its own child");
    w.p[1024 + 491] =
        1; /* the page of nodes becomes an index of pages: its entries' third number is a place */
    w.p[1024 + 16] = 0;
    w.p[1024 + 17] = 4;
    e = examine(writer_span(&w), "a.pst", NULL);
    CHECK_STR(json_text(e.json, "read"), "none");
    CHECK_STR(json_text(e.json, "unread_reason"), "corrupt");
    examine_done(&e);
    check_row("pst: pages of 4 KiB");
    w.p[10] = 36;
    e = examine(writer_span(&w), "a.ost", NULL);
    CHECK_STR(json_text(e.json, "read"), "none");
    CHECK_STR(json_text(e.json, "unread_reason"), "unsupported");
    examine_done(&e);
    writer_done(&w);
}

static void test_chm(void)
{
    struct writer w;
    struct examined e;

    check_row("chm: a page");
    writer_init(&w, 1 << 20);
    chm_make(&w, "/start.htm", span_str("<html><body><p>SECRET</p><p>How it works.</p></body></html>"));
    e = examine(writer_span(&w), "a.chm", NULL);
    CHECK_STR(json_text(e.json, "kind"), "chm");
    CHECK_STR(json_text(e.json, "read"), "full");
    CHECK_STR(json_text(e.json, "level"), "secret");
    CHECK_STR(json_text(member_at(e.json, 0), "file"), "start.htm");
    CHECK(contains(json_text(member_at(e.json, 0), "text"), "How it works."));
    examine_done(&e);
    check_row("chm: cut in the directory, cut in the page");
    e = examine(span_part(writer_span(&w), 0, 300), "a.chm", NULL);
    CHECK_STR(json_text(e.json, "read"), "none");
    CHECK_STR(json_text(e.json, "unread_reason"), "corrupt");
    examine_done(&e);
    e = examine(span_part(writer_span(&w), 0, w.n - 5), "a.chm", NULL);
    CHECK(strcmp(json_text(e.json, "read"), "full") != 0);
    CHECK_STR(json_text(e.json, "unread_reason"), "corrupt");
    examine_done(&e);
    writer_done(&w);
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    test_pst(true);
    test_pst(false);
    test_pst_hostile();
    test_chm();
    return check_end();
}

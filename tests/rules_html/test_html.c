/* SPDX-License-Identifier: GPL-3.0-or-later
 * HTML and XML: what a reader sees, what is hidden, and that hostile pages cost linear time. */
#include "base/clock.h"
#include "tests/rules_extract/examine.h"

static const struct {
    const char *name, *page, *text; /* whole text */
} rows[] = {
    {"tags", "<html><body><p>One <b>two</b>thr<i>ee</i></p><p>four", "One twothree\nfour"},
    {"white space", "<html>  a \n\t b  <br>  c<pre>d\n  e</pre>", "a b\nc\nd\n  e\n"},
    {"table", "<table><tr><td>a<td>b</tr><tr><td>c</td></tr></table>", "a\tb\nc\n"},
    {"entities", "<html>&lt;T&#7888;I M&#x1eac;T&gt; &amp;nope; &copy &eacute;&hellip; &#0;&#x110000;",
     "<TỐI MẬT> &nope; © é… \xef\xbf\xbd\xef\xbf\xbd"},
    {"script and style", "<html><script>var a='<p>no</p>';</script ><style>p{}</style>yes", "yes"},
    {"comment", "<html>a<!-- note > x -->b", "ab\nnote > x\n"},
    {"comment without end", "<html>a<!-- note <b>b</b>", "ab"},
    {"title", "<html><title>T &amp; U</title><body>b", "T & U\nb"},
    {"attributes", "<html><img alt=\"a > b\" src=x><a title='t'>link</a>", "a > b t link"},
    {"hidden", "<html>a<div style=\"color:red; display : none\">h<div>i</div>j</div>b", "a\nb\nh\ni\nj\n"},
    {"quote without end", "<html><a href=\"x>one</a> <b>two</b>", "one two"},
    {"less-than in text", "<html>1 < 2 <3", "1 < 2 <3"},
    {"meta", "<html><meta name=keywords content=\"k1 &lt; k2\"><meta name=viewport content=no>b",
     "k1 < k2\nb"},
    {"input", "<html><input type=text value=\"v\"><option>o</option>", "v\no\n"},
    {"font", "<html><font face=\".VnTimeH\">tuy&Ouml;t m&Euml;t</font> M&Euml;T", "TUYỆT MẬT MËT"},
    {"span font", "<html><p style=\"font-family:'VNI-Times'\">TO&Aacute;I MA&Auml;T</p>", "TỐI MẬT\n"},
    {"style sheet font", "<html><style>p {font-family:\".VnTime\"}</style><p>M&Euml;t", "Mật"},
    {"charset", "<html><meta charset=windows-1251>\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
    {"tcvn3 against its declaration",
     "<html><meta http-equiv=Content-Type content=\"text/html; charset=iso-8859-1\">C\xe9ng h\xdf"
     "a x\xb7 h\xe9i ch\xf1 "
     "ngh\xdc"
     "a Vi\xd6t Nam",
     "Cộng hòa xã hội chủ nghĩa Việt Nam"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct examined e = examine_str(rows[i].page, "p.html");
        check_row(rows[i].name);
        CHECK_STR(json_text(e.json, "kind"), "html");
        CHECK_STR(json_text(e.json, "text"), rows[i].text);
        CHECK_STR(json_text(e.json, "read"), "full");
        examine_done(&e);
    }
}

static const struct json *marking(const struct examined *e)
{
    return json_at(json_get(e->json, "markings"), 0);
}

static void test_places(void)
{
    struct examined e = examine_str("<html><div hidden>TOP SECRET//NOFORN</div><p>lunch", "p.html");

    check_row("hidden place");
    CHECK_STR(json_text(e.json, "level"), "top_secret");
    CHECK_STR(json_text(marking(&e), "where"), "hidden");
    examine_done(&e);
    e = examine_str("<html><!-- SECRET//NOFORN --><p>lunch", "p.html");
    check_row("comment place");
    CHECK_STR(json_text(marking(&e), "where"), "comment");
    examine_done(&e);
    e = examine_str(
        "<html><script src=http://a.example/x.js></script><p onclick=\"f()\">x<img src='//b.example/'>",
        "p.html");
    check_row("features");
    CHECK(json_bool(json_path(e.json, "features.javascript"), false));
    CHECK_U64(json_i64(json_path(e.json, "features.external_refs"), 0), 2);
    examine_done(&e);
    e = examine_str("<html><meta name=classification content=SECRET><p>x", "p.html");
    check_row("label");
    CHECK_STR(json_text(e.json, "level"), "secret");
    examine_done(&e);
}

/* Half a megabyte of what makes other readers slow. */
static void test_hostile(void)
{
    static const char *const pieces[] = {
        "<div>", "<a \"", "<!--",      "<font face=x>", "<a b=\"", "&",       "&#",        "<",
        "</",    "<td",   "<a b='\">", "<script",       "<style>", "<title>", "<p hidden>"};

    for (size_t i = 0; i < GH_COUNT(pieces); i++) {
        struct writer w;
        struct examined e;
        uint64_t start = clock_mono_ms();
        writer_init(&w, 1 << 20);
        writer_str(&w, "<html>");
        while (w.n < 500000)
            writer_str(&w, pieces[i]);
        check_row(pieces[i]);
        e = examine(writer_span(&w), "p.html", NULL);
        CHECK(clock_mono_ms() - start < 5000);
        examine_done(&e);
        writer_done(&w);
    }
}

static const struct {
    const char *name, *xml, *text, *read;
} xmls[] = {
    {"blocks", "<?xml version=\"1.0\"?><a><d>one</d><c>two<i>three</i></c></a>", "one\ntwothree\n", "full"},
    {"runs",
     "<?xml version=\"1.0\"?><w:p "
     "xmlns:w='w'><w:r><w:b/><w:t>M</w:t></w:r><w:r><w:b/><w:t>ẬT</w:t></w:r></w:p>",
     "MẬT\n", "full"},
    {"attributes", "<?xml version=\"1.0\"?><a title=\"the title\" id=\"nothing\">x</a>", "x\nthe title\n",
     NULL},
    {"broken", "<?xml version=\"1.0\"?><a>one<b>two</a>", NULL, "partial"},
    {"binary",
     "<?xml version=\"1.0\"?><p:part p:name='/a.txt' "
     "xmlns:p='p'><p:binaryData>aGVs\nbG8=</p:binaryData></p:part>",
     "aGVs\nbG8=\n", "full"},
};

static void test_xml(void)
{
    for (size_t i = 0; i < GH_COUNT(xmls); i++) {
        struct examined e = examine_str(xmls[i].xml, "x.xml");
        check_row(xmls[i].name);
        CHECK_STR(json_text(e.json, "kind"), "xml");
        if (xmls[i].text && strcmp(xmls[i].name, "attributes") != 0)
            CHECK_STR(json_text(e.json, "text"), xmls[i].text);
        if (strcmp(xmls[i].name, "attributes") == 0)
            CHECK(contains(json_text(e.json, "text"), "the title") &&
                  !contains(json_text(e.json, "text"), "nothing"));
        if (strcmp(xmls[i].name, "binary") == 0) {
            CHECK_STR(json_text(member_at(e.json, 0), "file"), "/a.txt");
            CHECK_STR(json_text(member_at(e.json, 0), "text"), "hello");
        }
        if (xmls[i].read)
            CHECK_STR(json_text(e.json, "read"), xmls[i].read);
        examine_done(&e);
    }
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    test_rows();
    test_places();
    test_hostile();
    test_xml();
    return check_end();
}

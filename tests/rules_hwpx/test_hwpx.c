/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/formats.h"
#include "rules/kind.h"
#include "tests/check.h"
#include "tests/rules_ooxml/zipper.h"
#include "tests/rules_pdf/recorder.h"

#define SECTION(body)                                                                                        \
    "<hs:sec xmlns:hs='http://www.hancom.co.kr/hwpml/2011/section' "                                         \
    "xmlns:hp='http://www.hancom.co.kr/hwpml/2011/paragraph'>" body "</hs:sec>"
#define T(text) "<hp:run charPrIDRef='0'><hp:t>" text "</hp:t></hp:run>"
#define P(text) "<hp:p id='1'>" T(text) "</hp:p>"
#define SUB(body) "<hp:subList>" body "</hp:subList>"
#define CTRL(name, body) "<hp:run><hp:ctrl><hp:" name ">" SUB(body) "</hp:" name "></hp:ctrl></hp:run>"
#define TC(body) "<hp:tc>" SUB(body) "<hp:cellAddr colAddr='0'/></hp:tc>"
#define TBL(rows) "<hp:run><hp:tbl>" rows "</hp:tbl><hp:t/></hp:run>"

static const struct row {
    const char *name, *section;
    struct {
        enum place place;
        const char *text; /* all of that place */
    } wants[4];
    enum unread unread;
} rows[] = {
    {"paragraphs and what lies between letters",
     SECTION(P("a<hp:tab width='1'/>b<hp:nbSpace/>c<hp:lineBreak/>d") P("e")),
     {{PLACE_BODY, "a\tb c\nd\ne\n"}},
     0},
    {"numbers outside of texts are layout",
     SECTION("<hp:p><hp:run><hp:secPr>9</hp:secPr>" T(
         "x") "</hp:run><hp:linesegarray>7</hp:linesegarray></hp:p>"),
     {{PLACE_BODY, "x\n"}},
     0},
    {"rows of a table",
     SECTION("<hp:p>" T("before") TBL("<hp:tr>" TC(P("a")) TC(P("b") P("c")) "</hp:tr><hp:tr>" TC(P("d"))
                                          TC(P("")) TC(P("e")) "</hp:tr>") T("after") "</hp:p>"),
     {{PLACE_BODY, "before\na\tb\nc\nd\t\te\nafter\n"}},
     0},
    {"a table in a cell",
     SECTION("<hp:p>" TBL("<hp:tr>" TC("<hp:p>" TBL("<hp:tr>" TC(P("1")) TC(P("2")) "</hp:tr>") "</hp:p>")
                              TC(P("3")) "</hp:tr>") "</hp:p>"),
     {{PLACE_BODY, "1\t2\n\t3\n"}},
     0},
    {"headers, notes, comments",
     SECTION("<hp:p>" CTRL("header", P("top")) CTRL("footNote", P("note")) CTRL("hiddenComment", P("remark"))
                 T("body") "</hp:p>"),
     {{PLACE_BODY, "body\n"}, {PLACE_HEADER, "top\n"}, {PLACE_NOTES, "note\n"}, {PLACE_COMMENT, "remark\n"}},
     0},
    {"a memo, a picture's description, a formula",
     SECTION("<hp:p><hp:run><hp:ctrl><hp:fieldBegin type='MEMO'>" SUB(
         P("memo")) "</hp:fieldBegin></hp:ctrl>"
                    "<hp:pic><hp:shapeComment>map of the base</hp:shapeComment></hp:pic>"
                    "<hp:equation><hp:script>E = m c^2</hp:script></hp:equation></hp:run></hp:p>"),
     {{PLACE_COMMENT, "memo\n"}, {PLACE_METADATA, "map of the base\n"}, {PLACE_BODY, "E = m c^2\n"}},
     0},
    {"deleted by a tracked change",
     SECTION(P("keep<hp:deleteBegin Id='1'/>gone<hp:deleteEnd Id='1'/>stay")),
     {{PLACE_BODY, "keepstay\n"}, {PLACE_HIDDEN, "gone"}},
     0},
    {"damaged", "<s>" P("before") "<hp:p><hp:t>aft", {{PLACE_BODY, ""}}, UNREAD_CORRUPT},
};

static void check_rows(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct zipper z;
        struct extract x;
        check_row(rows[i].name);
        zipper_init(&z);
        zipper_add(&z, "Contents/section0.xml", span_str(rows[i].section));
        recorder_init(&x);
        x_hwpx(&x, zipper_end(&z));
        for (size_t k = 0; k < GH_COUNT(rows[i].wants) && rows[i].wants[k].text; k++)
            CHECK_STR(recorder_text(&x, rows[i].wants[k].place), rows[i].wants[k].text);
        CHECK_U64(x.unread, rows[i].unread);
        recorder_done(&x);
        zipper_done(&z);
    }
}

static void check_package(void)
{
    struct zipper z;
    struct extract x;
    struct kind k;

    check_row("a package");
    zipper_init(&z);
    zipper_add(&z, "mimetype", span_str("application/hwp+zip"));
    zipper_add(&z, "Contents/section1.xml", span_str(SECTION(P("two"))));
    zipper_add(&z, "Contents/section0.xml", span_str(SECTION(P("one"))));
    zipper_add(&z, "Contents/masterpage0.xml", span_str(SECTION(P("대외비"))));
    zipper_add(&z, "Contents/content.hpf",
               span_str("<p:package xmlns:p='http://www.idpf.org/2007/opf/'><p:metadata><p:title>T</p:title>"
                        "<p:meta name='creator' content='text'>Kim</p:meta></p:metadata><p:manifest>"
                        "<p:item href='BinData/i.png' isEmbeded='1'/>"
                        "<p:item href='http://e.example/i.png' isEmbeded='0'/></p:manifest></p:package>"));
    zipper_add(&z, "BinData/i.png", span_str("png"));
    zipper_add(&z, "Scripts/headerScripts", span_str("function OnDocument_Open() {}"));
    zipper_add(&z, "Preview/PrvText.txt", span_str("preview"));
    zipper_add(&z, "Contents/header.xml", span_str("<h/>"));
    k = kind_of(zipper_end(&z));
    CHECK_STR(k.kind, "hwpx");
    CHECK_STR(k.mime, "application/hwp+zip");
    recorder_init(&x);
    x_hwpx(&x, zipper_end(&z));
    CHECK_STR(recorder_text(&x, PLACE_BODY), "one\ntwo\n");
    CHECK_STR(recorder_text(&x, PLACE_HEADER), "대외비\n");
    CHECK(recorder_has(&x, PLACE_HIDDEN, "OnDocument_Open"));
    CHECK(recorder_label(&x, "property title=T\n"));
    CHECK(recorder_label(&x, "property creator=Kim\n"));
    CHECK(recorder_child(&x, "BinData/i.png 3\n"));
    CHECK(!recorder_child(&x, "Contents"));
    CHECK_U64(x.features[FEATURE_EXTERNAL_REFS], 1);
    CHECK_U64(x.unread, UNREAD_NONE);
    recorder_done(&x);
    zipper_done(&z);
}

static void check_secret(void)
{
    struct zipper z;
    struct extract x;

    check_row("encrypted: what the preview says, and that it is");
    zipper_init(&z);
    zipper_add(&z, "mimetype", span_str("application/hwp+zip"));
    zipper_add(
        &z, "META-INF/manifest.xml",
        span_str("<o:manifest xmlns:o='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>"
                 "<o:file-entry o:full-path='Contents/section0.xml'><o:encryption-data/></o:file-entry>"
                 "<o:file-entry o:full-path='BinData/i.png'><o:encryption-data/></o:file-entry>"
                 "</o:manifest>"));
    zipper_add(&z, "Contents/section0.xml", span_str("\x8f\x12noise"));
    zipper_add(&z, "BinData/i.png", span_str("noise"));
    zipper_add(&z, "Preview/PrvText.txt", span_str("what everybody may see"));
    recorder_init(&x);
    x_hwpx(&x, zipper_end(&z));
    CHECK_STR(recorder_text(&x, PLACE_BODY), "what everybody may see\n");
    CHECK(recorder_child(&x, "BinData/i.png !encrypted\n"));
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    CHECK(x.features[FEATURE_ENCRYPTED] > 0);
    recorder_done(&x);

    check_row("no zip");
    recorder_init(&x);
    x_hwpx(&x, span_str("PK\x03\x04 and nothing more"));
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    recorder_done(&x);
    zipper_done(&z);
}

static void check_depth(void)
{
    struct zipper z;
    struct extract x;
    struct writer w;

    check_row("tables in tables without end");
    writer_init(&w, 1 << 20);
    writer_str(&w, "<s xmlns:hp='p'>");
    for (int i = 0; i < 200; i++)
        writer_str(&w, "<hp:tbl><hp:tr><hp:tc>" P("x"));
    zipper_init(&z);
    zipper_add(&z, "Contents/section0.xml", writer_span(&w));
    recorder_init(&x);
    x_hwpx(&x, zipper_end(&z));
    CHECK_U64(x.unread, UNREAD_TOO_DEEP);
    CHECK(recorder_has(&x, PLACE_BODY, "x"));
    recorder_done(&x);
    zipper_done(&z);
    writer_done(&w);
}

int main(void)
{
    check_rows();
    check_package();
    check_secret();
    check_depth();
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packages made here, part by part, and what must be said of them. */
#include "rules/formats.h"
#include "tests/check.h"
#include "tests/rules_ooxml/zipper.h"
#include "tests/rules_pdf/recorder.h"

#define PARTS 10
#define WANTS 8

#define TYPES(rows)                                                                                          \
    "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>" rows "</Types>"
#define TYPE(path, type)                                                                                     \
    "<Override PartName='" path "' ContentType='application/vnd.openxmlformats-officedocument." type "+xml'" \
                                                                                                     "/>"
#define RELS(rows)                                                                                           \
    "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>" rows              \
    "</Relationships>"
#define REL(id, type, target) "<Relationship Id='" id "' Type='http://x/" type "' Target='" target "'/>"
#define REL_OUT(type, target)                                                                                \
    "<Relationship Id='o' Type='http://x/" type "' Target='" target "' TargetMode='External'/>"
#define W(name, body)                                                                                        \
    "<w:" name " xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' "                    \
    "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' "                                \
    "xmlns:v='urn:schemas-microsoft-com:vml'>" body "</w:" name ">"
#define P(runs) "<w:p>" runs "</w:p>"
#define R(text) "<w:r><w:t>" text "</w:t></w:r>"
#define RF(font, text)                                                                                       \
    "<w:r><w:rPr><w:rFonts w:ascii='" font "' w:hAnsi='" font "'/></w:rPr><w:t>" text "</w:t></w:r>"
#define S(name, body)                                                                                        \
    "<" name " xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' "                           \
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'>" body "</" name ">"
#define D(name, body)                                                                                        \
    "<p:" name " xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' "                      \
    "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' "                                       \
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'>" body "</p:" name ">"
#define WORD_TYPES TYPES(TYPE("/word/document.xml", "wordprocessingml.document.main"))

struct want {
    enum place place;
    const char *text; /* must be there; beginning with '!' must not */
};
static const struct row {
    const char *name;
    struct {
        const char *path, *xml;
    } parts[PARTS];
    struct want wants[WANTS];
    const char *label, *child;
    enum unread unread;
    unsigned external, macros;
} rows[] = {
    {.name = "split runs are one word",
     .parts = {{"[Content_Types].xml", WORD_TYPES},
               {"word/document.xml",
                W("document", "<w:body>" P(R("TUY") R("ỆT") R(" MẬT")) P(R("x")) "</w:body>")}},
     .wants = {{PLACE_BODY, "TUYỆT MẬT\nx\n"}}},
    {.name = "no content types at all: paths tell",
     .parts = {{"word/document.xml", W("document", P(R("body")))},
               {"word/header1.xml", W("hdr", P(R("top")))}},
     .wants = {{PLACE_BODY, "body"}, {PLACE_HEADER, "top"}}},
    {.name = "a main part under any name",
     .parts = {{"[Content_Types].xml", TYPES(TYPE("/a/b.xml", "wordprocessingml.document.main"))},
               {"a/b.xml", W("document", P(R("found")))}},
     .wants = {{PLACE_BODY, "found"}}},
    {.name = "strict namespaces",
     .parts = {{"[Content_Types].xml", WORD_TYPES},
               {"word/document.xml",
                "<w:document xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'>" P(
                    R("strict")) "</w:document>"}},
     .wants = {{PLACE_BODY, "strict"}}},
    {.name = "places of a document's parts",
     .parts = {{"word/document.xml", W("document", P(R("b")))},
               {"word/header1.xml", W("hdr", P(R("h")))},
               {"word/footer1.xml", W("ftr", P(R("f")))},
               {"word/footnotes.xml", W("footnotes", P(R("fn")))},
               {"word/endnotes.xml", W("endnotes", P(R("en")))},
               {"word/comments.xml", W("comments", P(R("c")))}},
     .wants = {{PLACE_BODY, "b\n"},
               {PLACE_HEADER, "h\n"},
               {PLACE_FOOTER, "f\n"},
               {PLACE_NOTES, "fn\n"},
               {PLACE_NOTES, "en\n"},
               {PLACE_COMMENT, "c\n"}}},
    {.name = "deleted, moved away and hidden text",
     .parts = {{"word/document.xml",
                W("document",
                  P("<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
                    "<w:moveFrom>" R("moved") "</w:moveFrom><w:ins>" R(
                        "new") "</w:ins>"
                               "<w:r><w:rPr><w:vanish/></w:rPr><w:t>ghost</w:t></w:r>"
                               "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r>"))}},
     .wants = {{PLACE_HIDDEN, "gonemovedghost"}, {PLACE_BODY, "newseen\n"}}},
    {.name = "the mark of a deleted paragraph deletes no text",
     .parts = {{"word/document.xml",
                W("document", P("<w:pPr><w:rPr><w:del/><w:vanish/></w:rPr></w:pPr>" R("kept")))}},
     .wants = {{PLACE_BODY, "kept"}}},
    {.name = "alternatives are not doubled",
     .parts = {{"word/document.xml", W("document", P("<w:r><mc:AlternateContent><mc:Choice>"
                                                     "<w:t>once</w:t></mc:Choice><mc:Fallback><w:t>twice"
                                                     "</w:t></mc:Fallback></mc:AlternateContent></w:r>"))}},
     .wants = {{PLACE_BODY, "once"}, {PLACE_BODY, "!twice"}}},
    {.name = "an empty choice leaves it to the fallback",
     .parts = {{"word/document.xml",
                W("document",
                  P("<w:r><mc:AlternateContent><mc:Choice/><mc:Fallback><w:t>old</w:t></mc:Fallback>"
                    "</mc:AlternateContent></w:r>") P(R("after")))}},
     .wants = {{PLACE_BODY, "old\nafter"}}},
    {.name = "fonts of runs and of styles",
     .parts = {{"word/styles.xml",
                W("styles",
                  "<w:style w:type='paragraph' w:default='1' w:styleId='N'><w:rPr><w:rFonts "
                  "w:hAnsi='.VnTime'/></w:rPr>"
                  "</w:style><w:style w:type='paragraph' w:styleId='H'><w:basedOn w:val='N'/></w:style>"
                  "<w:style w:type='character' w:styleId='C'><w:rPr><w:rFonts "
                  "w:hAnsi='VNI-Times'/></w:rPr></w:style>")},
               {"word/document.xml",
                W("document", P(R("a")) P("<w:pPr><w:pStyle w:val='H'/></w:pPr>" R("b") RF("Arial", "c"))
                                  P("<w:r><w:rPr><w:rStyle w:val='C'/></w:rPr><w:t>d</w:t></w:r>"))}},
     .wants = {{PLACE_BODY, "{.VnTime}a\n{.VnTime}b{Arial}c\n{VNI-Times}d\n"}}},
    {.name = "a text box inside a paragraph",
     .parts = {{"word/document.xml", W("document", P(R("before") "<w:r><w:txbxContent>" P(
                                                       R("MẬT")) "</w:txbxContent></w:r>" R("after")))}},
     .wants = {{PLACE_BODY, "before\nMẬT\nafter"}}},
    {.name = "a watermark in word art",
     .parts = {{"word/header1.xml", W("hdr", P("<w:r><v:textpath string='TOP SECRET'/></w:r>"))}},
     .wants = {{PLACE_HEADER, "TOP SECRET"}}},
    {.name = "field instructions are hidden text",
     .parts = {{"word/document.xml",
                W("document", P("<w:r><w:instrText>DDEAUTO c</w:instrText></w:r>" R("result")))}},
     .wants = {{PLACE_HIDDEN, "DDEAUTO c"}, {PLACE_BODY, "result"}, {PLACE_BODY, "!DDE"}}},
    {.name = "labels of Microsoft and of others",
     .parts = {{"docProps/custom.xml",
                "<Properties><property name='MSIP_Label_1_Name'><lpwstr>Secret</lpwstr></property>"
                "<property name='Độ mật'><lpwstr>Mật</lpwstr></property></Properties>"}},
     .wants = {{PLACE_METADATA, "Độ mật: Mật"}},
     .label = "msip MSIP_Label_1_Name=Secret\nproperty Độ mật=Mật\n"},
    {.name = "a label list has GUIDs only",
     .parts =
         {{"docMetadata/LabelInfo.xml",
           "<l:labelList xmlns:l='http://schemas.microsoft.com/office/2020/mipLabelMetadata'>"
           "<l:label id='{G1}' enabled='1'/><l:label id='{G2}' enabled='1' removed='1'/></l:labelList>"}},
     .label = "msip LabelInfo={G1}\n"},
    {.name = "a STANAG 4774 label in custom XML",
     .parts = {{"customXml/item1.xml", "<c:l "
                                       "xmlns:c='urn:nato:stanag:4774:confidentialitymetadatalabel:1:0'><c:"
                                       "Classification>SECRET</c:Classification>"
                                       "</c:l>"}},
     .wants = {{PLACE_METADATA, "SECRET"}},
     .label = "stanag4774 Classification=SECRET\n"},
    {.name = "core properties",
     .parts = {{"docProps/core.xml",
                "<c xmlns:d='http://purl.org/dc/elements/1.1/'><d:title>T</d:title><d:subject>S</d:subject>"
                "<revision>77</revision></c>"}},
     .wants = {{PLACE_METADATA, "T\nS\n"}, {PLACE_METADATA, "!77"}}},
    {.name = "references out of the package",
     .parts = {{"word/_rels/document.xml.rels",
                RELS(REL_OUT("attachedTemplate", "http://e.example/t.dotm")
                         REL_OUT("hyperlink", "https://e.example/") REL_OUT("hyperlink", "file:///s/x"))}},
     .wants = {{PLACE_HIDDEN, "http://e.example/t.dotm\nhttps://e.example/\nfile:///s/x\n"}},
     .external = 2},
    {.name = "macros, embedded files, and what no part is",
     .parts = {{"word/vbaProject.bin", "VBA"},
               {"word/embeddings/oleObject1.bin", "OLE"},
               {"odd/file.txt", "hello"}},
     .child = "odd/file.txt 5\n",
     .macros = 1},
    {.name = "sheets: shared, inline and formula strings, order, hidden ones",
     .parts =
         {{"xl/workbook.xml",
           S("workbook", "<sheets><sheet name='Second' r:id='b'/><sheet name='Secret' state='veryHidden' "
                         "r:id='a'/></sheets>")},
          {"xl/_rels/workbook.xml.rels", RELS(REL("a", "worksheet", "worksheets/sheet1.xml") REL(
                                             "b", "worksheet", "/xl/worksheets/../worksheets/sheet2.xml"))},
          {"xl/sharedStrings.xml",
           S("sst", "<si><t>zero</t></si><si><r><t>o</t></r><r><rPr><rFont val='.VnTime'/></rPr>"
                    "<t>ne</t></r></si><si><t>unused</t></si>")},
          {"xl/worksheets/sheet1.xml",
           S("worksheet", "<sheetData><row><c t='s'><v>0</v></c></row></sheetData>")},
          {"xl/worksheets/sheet2.xml",
           S("worksheet",
             "<sheetData><row><c t='s'><v>1</v></c><c t='inlineStr'><is><t>in</t></is></c><c "
             "t='str'><f>\"x\"</f>"
             "<v>calc</v></c><c><v>4.5</v></c></row><row hidden='1'><c t='s'><v>0</v></c></row></sheetData>"
             "<headerFooter><oddHeader>&amp;L&amp;\"Arial,Bold\"&amp;12MẬT&amp;R&amp;P &amp;&amp; "
             "co</oddHeader>"
             "</headerFooter>")}},
     .wants = {{PLACE_BODY, "Second\no{.VnTime}ne\tin\tcalc\t4.5\n"},
               {PLACE_HIDDEN, "Secret\n"},
               {PLACE_HIDDEN, "zero\n"},
               {PLACE_HIDDEN, "unused\n"},
               {PLACE_HEADER, "{Arial}MẬT\n{Arial} {Arial}&{Arial} co\n"},
               {PLACE_BODY, "!zero"}}},
    {.name = "fonts of cell formats",
     .parts =
         {{"xl/styles.xml",
           S("styleSheet", "<fonts><font><name val='Arial'/></font><font><name val='.VnTime'/></font></fonts>"
                           "<cellXfs><xf fontId='0'/><xf fontId='1'/></cellXfs>")},
          {"xl/worksheets/sheet1.xml",
           S("worksheet", "<sheetData><row><c s='1' t='inlineStr'><is><t>x</t></is></c></row></sheetData>")}},
     .wants = {{PLACE_BODY, "{.VnTime}x"}}},
    {.name = "a string number that is not there",
     .parts = {{"xl/worksheets/sheet1.xml",
                S("worksheet", "<sheetData><row><c t='s'><v>7</v></c></row></sheetData>")}},
     .unread = UNREAD_CORRUPT},
    {.name = "slides in order, notes, a hidden one, masters without prompts",
     .parts = {{"ppt/presentation.xml",
                D("presentation", "<p:sldIdLst><p:sldId r:id='s2'/><p:sldId r:id='s1'/></p:sldIdLst>")},
               {"ppt/_rels/presentation.xml.rels",
                RELS(REL("s1", "slide", "slides/slide1.xml") REL("s2", "slide", "slides/slide2.xml"))},
               {"ppt/slides/slide1.xml", D("sld", "<a:p><a:r><a:t>last</a:t></a:r></a:p>")},
               {"ppt/slides/slide2.xml",
                D("sld", "<a:p><a:r><a:t>fir</a:t></a:r><a:r><a:t>st</a:t></a:r></a:p>")},
               {"ppt/slides/slide3.xml",
                "<p:sld show='0' xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' "
                "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'><a:p><a:t>ghost</a:t></"
                "a:p></p:sld>"},
               {"ppt/notesSlides/notesSlide1.xml", D("notes", "<a:p><a:t>note</a:t></a:p>")},
               {"ppt/slideMasters/slideMaster1.xml",
                D("sldMaster", "<p:sp><p:nvSpPr><p:nvPr><p:ph "
                               "type='title'/></p:nvPr></p:nvSpPr><a:p><a:t>Click</a:t></a:p></p:sp>"
                               "<p:sp><a:p><a:t>SECRET</a:t></a:p></p:sp>")}},
     .wants = {{PLACE_HIDDEN, "ghost"},
               {PLACE_BODY, "first\nlast\n"},
               {PLACE_NOTES, "note"},
               {PLACE_HEADER, "SECRET"},
               {PLACE_HEADER, "!Click"},
               {PLACE_HIDDEN, "Click"}}},
    {.name = "damaged XML gives what came before it",
     .parts = {{"word/document.xml",
                "<w:document xmlns:w='w'><w:p><w:r><w:t>before</w:t></w:r></w:p><w:p><oops"}},
     .wants = {{PLACE_BODY, "before"}},
     .unread = UNREAD_CORRUPT},
    {.name = "entities do not explode",
     .parts = {{"word/document.xml",
                "<!DOCTYPE x [<!ENTITY a "
                "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"
                "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c "
                "'&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
                "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e "
                "'&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
                "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]><w:t xmlns:w='w'>&f;&f;&f;&f;</w:t>"}},
     .unread = UNREAD_TOO_LARGE},
    {.name = "pages of XPS: runs that touch are one word",
     .parts =
         {{"Documents/1/Pages/1.fpage",
           "<FixedPage><Glyphs OriginX='0' OriginY='10' FontRenderingEmSize='10' Indices=',50;,50' "
           "UnicodeString='MẬ'/>"
           "<Glyphs OriginX='10.2' OriginY='10' FontRenderingEmSize='10' Indices=',50' UnicodeString='T'/>"
           "<Glyphs OriginX='30' OriginY='10' FontRenderingEmSize='10' UnicodeString='x'/>"
           "<Glyphs OriginX='0' OriginY='30' FontRenderingEmSize='10' UnicodeString='{}{y'/></FixedPage>"}},
     .wants = {{PLACE_BODY, "MẬT x\n{y\n"}}},
    {.name = "a chart's titles and a Visio page",
     .parts = {{"xl/charts/chart1.xml",
                "<c:c xmlns:c='c' xmlns:a='a'><a:p><a:t>Title</a:t></a:p><c:pt><c:v>12</c:v></c:pt></c:c>"},
               {"visio/pages/page1.xml",
                "<P><Shapes><Text>box<cp/> two</Text><Other>no</Other></Shapes></P>"}},
     .wants = {{PLACE_BODY, "Title\n12\n"}, {PLACE_BODY, "box two\n"}, {PLACE_BODY, "!no"}}},
};

static void check_one(const struct row *row)
{
    struct zipper z;
    struct extract x;

    check_row(row->name);
    zipper_init(&z);
    for (size_t i = 0; i < PARTS && row->parts[i].path; i++)
        zipper_add(&z, row->parts[i].path, span_str(row->parts[i].xml));
    recorder_init(&x);
    x_ooxml(&x, zipper_end(&z));
    for (size_t i = 0; i < WANTS && row->wants[i].text; i++) {
        const struct want *w = &row->wants[i];
        bool not = w->text[0] == '!', has = recorder_has(&x, w->place, w->text + not );
        CHECK(has != not );
        if (has == not )
            fprintf(stderr, "  %s: \"%s\" in \"%s\"\n", place_name(w->place), w->text,
                    recorder_text(&x, w->place));
    }
    CHECK(!row->label || recorder_label(&x, row->label));
    CHECK(!row->child || recorder_child(&x, row->child));
    CHECK_U64(x.unread, row->unread);
    CHECK_U64(x.features[FEATURE_EXTERNAL_REFS], row->external);
    CHECK_U64(x.features[FEATURE_MACROS], row->macros);
    recorder_done(&x);
    zipper_done(&z);
}

/* Time runs out: said so, and no more is read. */
static void check_expiry(void)
{
    struct zipper z;
    struct extract x;

    check_row("time runs out");
    zipper_init(&z);
    zipper_add(&z, "word/document.xml", span_str(W("document", P(R("late")))));
    recorder_init(&x);
    x.expire_after = 1;
    x_ooxml(&x, zipper_end(&z));
    CHECK_U64(x.unread, UNREAD_TIMEOUT);
    CHECK(!recorder_has(&x, PLACE_BODY, "late"));
    recorder_done(&x);
    zipper_done(&z);
}

static void check_depth(void)
{
    struct zipper z;
    struct extract x;
    struct writer w;

    check_row("deep XML");
    writer_init(&w, 1 << 20);
    for (int i = 0; i < 30000; i++)
        writer_str(&w, "<a>");
    zipper_init(&z);
    zipper_add(&z, "word/document.xml", writer_span(&w));
    recorder_init(&x);
    x_ooxml(&x, zipper_end(&z));
    CHECK_U64(x.unread, UNREAD_TOO_DEEP);
    recorder_done(&x);
    zipper_done(&z);
    writer_done(&w);
}

int main(void)
{
    struct extract x;

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_one(&rows[i]);
    check_expiry();
    check_depth();
    check_row("no zip");
    recorder_init(&x);
    x_ooxml(&x, span_str("PK\3\4 nothing"));
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    CHECK(x.all);
    recorder_done(&x);
    return check_end();
}

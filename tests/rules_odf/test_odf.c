/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/formats.h"
#include "tests/check.h"
#include "tests/rules_ooxml/zipper.h"
#include "tests/rules_pdf/recorder.h"

#define WANTS 6
#define NS                                                                                                   \
    " xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "                                      \
    "xmlns:text='urn:oasis:names:tc:opendocument:"                                                           \
    "xmlns:text:1.0' xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "                         \
    "xmlns:style='urn:oasis:names:tc:"                                                                       \
    "opendocument:xmlns:style:1.0' xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' "          \
    "xmlns:meta='urn:"                                                                                       \
    "oasis:names:tc:opendocument:xmlns:meta:1.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xlink="   \
    "'http://www.w3.org/1999/xlink' xmlns:script='urn:oasis:names:tc:opendocument:xmlns:script:1.0' "        \
    "xmlns:form="                                                                                            \
    "'urn:oasis:names:tc:opendocument:xmlns:form:1.0' "                                                      \
    "xmlns:presentation='urn:oasis:names:tc:opendocument:xmlns:"                                             \
    "presentation:1.0'"
#define DOC(body) "<office:document-content" NS ">" body "</office:document-content>"
#define P(body) "<text:p>" body "</text:p>"

static const struct row {
    const char *name;
    const char *xml; /* content of a flat document */
    struct {
        enum place place;
        const char *text; /* must be there; beginning with '!' must not */
    } wants[WANTS];
    const char *label, *child;
    enum unread unread;
    unsigned external, macros;
} rows[] = {
    {.name = "paragraphs, spans, blanks, tabs, line breaks",
     .xml = DOC("<text:h>Head</text:h>" P(
         "a<text:span>b</text:span>  \n c<text:s text:c='3'/>d<text:tab/>e<text:line-break/>f")),
     .wants = {{PLACE_BODY, "Head\nab c   d\te\nf\n"}}},
    {.name = "text outside of paragraphs is layout",
     .xml = DOC("stray" P("x") "stray"),
     .wants = {{PLACE_BODY, "x\n"}, {PLACE_BODY, "!stray"}}},
    {.name = "notes, comments, headers, footers, deletions",
     .xml = DOC("<text:tracked-changes>" P("gone") "</text:tracked-changes><style:header>" P(
         "top") "</style:header><style:footer>" P("bottom") "</style:footer>" P("body<text:note><text:note-"
                                                                                "citation>1</"
                                                                                "text:note-citation><text:"
                                                                                "note-body>" P("note") "</"
                                                                                                       "text:"
                                                                                                       "note-"
                                                                                                       "body>"
                                                                                                       "</"
                                                                                                       "text:"
                                                                                                       "note>"
                                                                                                       " on<"
                                                                                                       "offic"
                                                                                                       "e:"
                                                                                                       "annot"
                                                                                                       "ation"
                                                                                                       "><dc:"
                                                                                                       "creat"
                                                                                                       "or>"
                                                                                                       "me</"
                                                                                                       "dc:"
                                                                                                       "creat"
                                                                                                       "or"
                                                                                                       ">" P("remark") "</office:annotation>")),
     .wants = {{PLACE_HIDDEN, "gone"},
               {PLACE_HEADER, "top\n"},
               {PLACE_FOOTER, "bottom\n"},
               {PLACE_BODY, "body on\n"},
               {PLACE_NOTES, "note"},
               {PLACE_COMMENT, "remark"}}},
    {.name = "fonts of styles, and of their parents",
     .xml = DOC(
         "<style:default-style style:family='paragraph'><style:text-properties "
         "style:font-name='Arial'/></style:default-style>"
         "<style:style style:name='P0' style:family='paragraph'><style:text-properties "
         "style:font-name='.VnTime'/></style:style>"
         "<style:style style:name='P1' style:parent-style-name='P0' style:family='paragraph'/>"
         "<style:style style:name='T1' style:family='text'><style:text-properties "
         "style:font-name='VNI-Times'/></style:style>" P(
             "a") "<text:p text:style-name='P1'>b<text:span text:style-name='T1'>c</text:span>d</text:p>"),
     .wants = {{PLACE_BODY, "{Arial}a\n{.VnTime}b{VNI-Times}c{.VnTime}d\n"}}},
    {.name = "hidden text: by style, section, row, field",
     .xml = DOC("<style:style style:name='H' style:family='text'><style:text-properties "
                "text:display='none'/></style:style>" P("a<text:span text:style-name='H'>ghost</text:span>") "<text:section text:display='none'>" P(
                    "secret") "</text:section>"
                              "<table:table><table:table-row "
                              "table:visibility='collapse'><table:table-cell>" P(
                                  "row") "</table:table-cell>"
                                         "</table:table-row></table:table>" P(
                                             "<text:hidden-text text:string-value='field'/>")),
     .wants = {{PLACE_BODY, "a\n"},
               {PLACE_HIDDEN, "ghost"},
               {PLACE_HIDDEN, "secret"},
               {PLACE_HIDDEN, "row"},
               {PLACE_HIDDEN, "field"}}},
    {.name = "sheets: names, cells, rows, a hidden one",
     .xml = DOC("<style:style style:name='ta' style:family='table'><style:table-properties "
                "table:display='false'/></style:style>"
                "<office:spreadsheet><table:table table:name='One'><table:table-row><table:table-cell>" P(
                    "a") "</table:table-cell>"
                         "<table:table-cell/><table:table-cell>" P("b")
                             P("c") "</table:table-cell></table:table-row><table:table-row>"
                                    "<table:table-cell>" P(
                                        "d") "</table:table-cell></table:table-row></"
                                             "table:table><table:table table:name='Two' "
                                             "table:style-name='ta'><table:table-row><table:table-cell>" P(
                                                 "e") "</table:table-cell></table:table-row>"
                                                      "</table:table></office:spreadsheet>"),
     .wants = {{PLACE_BODY, "One\na\tb\nc\nd\n"}, {PLACE_HIDDEN, "Two\ne\n"}}},
    {.name = "slides, their notes, a master with a prompt",
     .xml = DOC("<style:master-page><draw:frame presentation:placeholder='true'>" P(
         "Click") "</draw:frame><draw:frame>" P("SECRET") "</draw:frame></style:master-page>"
                                                          "<draw:page>" P("one") "<presentation:notes>" P(
                                                              "note") "</presentation:notes></"
                                                                      "draw:page><presentation:footer-decl>"
                                                                      "foot</presentation:footer-decl>"),
     .wants = {{PLACE_BODY, "one\n"},
               {PLACE_NOTES, "note"},
               {PLACE_HEADER, "SECRET"},
               {PLACE_HEADER, "!Click"},
               {PLACE_HIDDEN, "Click"},
               {PLACE_FOOTER, "foot"}}},
    {.name = "metadata and the owner's fields",
     .xml = DOC("<office:meta><dc:title>T</dc:title><meta:user-defined meta:name='Độ "
                "mật'>Mật</meta:user-defined></office:meta>" P("x")),
     .wants = {{PLACE_METADATA, "T\n"}, {PLACE_BODY, "x"}},
     .label = "property Độ mật=Mật\n"},
    {.name = "macros and references",
     .xml = DOC("<script:module script:name='M'>Sub Main\n  Shell\nEnd Sub</script:module>" P(
         "<text:a xlink:href='https://e.example/'>link</text:a>") "<draw:image "
                                                                  "xlink:href='http://e.example/i.png'/>"),
     .wants = {{PLACE_HIDDEN, "Sub Main\n  Shell\nEnd Sub"},
               {PLACE_BODY, "link"},
               {PLACE_HIDDEN, "http://e.example/i.png"}},
     .external = 1,
     .macros = 1},
    {.name = "an object in a flat document",
     .xml = DOC("<draw:image><office:binary-data>\n aGVs\n bG8=\n</office:binary-data></draw:image>" P("x")),
     .wants = {{PLACE_BODY, "x"}},
     .child = "embedded 5\n"},
    {.name = "form fields",
     .xml = DOC("<form:text form:current-value='typed'/>"),
     .wants = {{PLACE_BODY, "typed"}}},
    {.name = "damaged",
     .xml = "<office:document" NS ">" P("before") "<text:p>aft",
     .wants = {{PLACE_BODY, "before\naft"}},
     .unread = UNREAD_CORRUPT},
};

static void check_one(const struct row *row, struct extract *x)
{
    for (size_t i = 0; i < WANTS && row->wants[i].text; i++) {
        const char *text = row->wants[i].text;
        bool not = text[0] == '!', has = recorder_has(x, row->wants[i].place, text + not );
        CHECK(has != not );
        if (has == not )
            fprintf(stderr, "  %s: \"%s\" in \"%s\"\n", place_name(row->wants[i].place), text,
                    recorder_text(x, row->wants[i].place));
    }
    CHECK(!row->label || recorder_label(x, row->label));
    CHECK(!row->child || recorder_child(x, row->child));
    CHECK_U64(x->unread, row->unread);
    CHECK_U64(x->features[FEATURE_EXTERNAL_REFS], row->external);
    CHECK_U64(x->features[FEATURE_MACROS], row->macros);
}

#define ENTRY(path, more) "<m:file-entry m:full-path='" path "'>" more "</m:file-entry>"
#define MANIFEST(rows)                                                                                       \
    "<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>" rows "</m:manifest>"

static void check_package(void)
{
    struct zipper z;
    struct extract x;

    check_row("a package: styles first, objects and macros behind");
    zipper_init(&z);
    zipper_add(&z, "mimetype", span_str("application/vnd.oasis.opendocument.text"));
    zipper_add(&z, "Object 1/content.xml", span_str(DOC(P("object"))));
    zipper_add(&z, "content.xml", span_str(DOC("<text:p text:style-name='S'>body</text:p>")));
    zipper_add(&z, "styles.xml",
               span_str(DOC("<style:style style:name='S' style:family='paragraph'><style:text-properties "
                            "style:font-name='.VnTime'/></style:style>")));
    zipper_add(&z, "Basic/Standard/M.xml",
               span_str("<script:module xmlns:script='urn:script' script:name='M'>Sub</script:module>"));
    zipper_add(&z, "Pictures/p.png", span_str("png"));
    zipper_add(&z, "Thumbnails/thumbnail.png", span_str("png"));
    recorder_init(&x);
    x_odf(&x, zipper_end(&z));
    CHECK_STR(recorder_text(&x, PLACE_BODY), "{.VnTime}body\nobject\n");
    CHECK_STR(recorder_text(&x, PLACE_HIDDEN), "Sub\n");
    CHECK_U64(x.features[FEATURE_MACROS], 1);
    CHECK_U64(x.unread, UNREAD_NONE);
    CHECK(recorder_child(&x, "Pictures/p.png 3\n"));
    CHECK(!recorder_child(&x, "Thumbnails"));
    recorder_done(&x);
    zipper_done(&z);
}

static void check_encrypted(void)
{
    struct zipper z;
    struct extract x;

    check_row("an encrypted package");
    zipper_init(&z);
    zipper_add(&z, "META-INF/manifest.xml",
               span_str(MANIFEST(ENTRY("content.xml", "<m:encryption-data/>") ENTRY("meta.xml", ""))));
    zipper_add(&z, "content.xml", span_str("\x13\x37 cipher"));
    zipper_add(&z, "meta.xml", span_str(DOC("<office:meta><dc:title>open</dc:title></office:meta>")));
    recorder_init(&x);
    x_odf(&x, zipper_end(&z));
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    CHECK(x.all);
    CHECK(x.features[FEATURE_ENCRYPTED] > 0);
    CHECK(recorder_has(&x, PLACE_METADATA, "open"));
    recorder_done(&x);
    zipper_done(&z);
    check_row("no content");
    zipper_init(&z);
    zipper_add(&z, "mimetype", span_str("application/vnd.oasis.opendocument.text"));
    recorder_init(&x);
    x_odf(&x, zipper_end(&z));
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    recorder_done(&x);
    zipper_done(&z);
}

int main(void)
{
    struct extract x;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        recorder_init(&x);
        x_odf_flat(&x, span_str(rows[i].xml));
        check_one(&rows[i], &x);
        recorder_done(&x);
    }
    check_package();
    check_encrypted();
    return check_end();
}

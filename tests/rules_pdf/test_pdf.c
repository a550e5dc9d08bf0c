/* SPDX-License-Identifier: GPL-3.0-or-later
 * PDFs written here as objects; poppler finds its way through the missing cross-reference table. */
#include "rules/charset.h"
#include "rules/formats.h"
#include "tests/check.h"
#include "tests/rules_pdf/recorder.h"

#define WANTS 6
#define HEAD "%PDF-1.7\n"
#define TAIL "trailer<</Root 1 0 R/Size 30"
#define CATALOG(more) "1 0 obj<</Type/Catalog/Pages 2 0 R" more ">>endobj\n"
#define PAGES "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
#define PAGE(more)                                                                                           \
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 "        \
    "R>>>>" more ">>"                                                                                        \
    "endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
#define CONTENT(s) "4 0 obj<</Length 9999>>stream\nBT /F 10 Tf " s " ET\nendstream endobj\n"
#define AT(x, y, text) "1 0 0 1 " x " " y " Tm (" text ") Tj "
#define DOC(content, more) HEAD CATALOG("") PAGES PAGE("") CONTENT(content) more TAIL ">>\n%%EOF\n"

static const struct row {
    const char *name, *in;
    struct {
        enum place place;
        const char *text; /* must be there; beginning with '!' must not */
    } wants[WANTS];
    const char *label, *child;
    enum unread unread;
    bool all;
    unsigned external, javascript;
} rows[] = {
    {.name = "text",
     .in = DOC(AT("100", "400", "Hello world"), ""),
     .wants = {{PLACE_BODY, "Hello world\n"}}},
    {.name = "margins are header and footer",
     .in = DOC(AT("100", "780", "TOP SECRET") AT("100", "400", "body") AT("100", "20", "page 1"), ""),
     .wants = {{PLACE_HEADER, "TOP SECRET\n"},
               {PLACE_BODY, "body\n"},
               {PLACE_FOOTER, "page 1\n"},
               {PLACE_BODY, "!SECRET"}}},
    {.name = "columns are read one after the other",
     .in = DOC(AT("100", "400", "left") AT("300", "400", "right") AT("100", "388", "left")
                   AT("300", "388", "right"),
               ""),
     .wants = {{PLACE_BODY, "left\nleft\nright\nright\n"}}},
    {.name = "letter-spaced text is words",
     .in = DOC("1.6 Tc " AT("100", "400", "Here is formatted text") AT("100", "380", "TOP SECRET"), ""),
     .wants = {{PLACE_BODY, "Here is formatted text\n"}, {PLACE_BODY, "TOP SECRET\n"}}},
    {.name = "annotations",
     .in = HEAD CATALOG("") PAGES PAGE("/Annots[6 0 R]")
         CONTENT(AT("100", "400", "x")) "6 0 obj<</Type/Annot/Subtype/Text/Rect[9 9 20 20]/T(me)"
                                        "/Contents(a remark)>>endobj\n" TAIL ">>\n%%EOF\n",
     .wants = {{PLACE_COMMENT, "a remark\nme\n"}}},
    {.name = "form fields",
     .in = HEAD CATALOG("/AcroForm<</Fields[6 0 R]/DA(/F 9 Tf)/DR<</Font<</F 5 0 R>>>>>>")
         PAGES PAGE("/Annots[6 0 R]")
             CONTENT(AT("100", "400", "x")) "6 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(f)/V(typed "
                                            "in)/Rect[9 9 90 20]/DA(/F 9 Tf)>>endobj\n" TAIL ">>\n%%EOF\n",
     .wants = {{PLACE_BODY, "typed in"}}},
    {.name = "information, outline and labels",
     .in = HEAD CATALOG("/Outlines 7 0 R") PAGES PAGE("") CONTENT(
         AT("100", "400",
            "x")) "6 0 obj<</Title(The title)/Subject(S\\344)"
                  "/MSIP_Label_1_Name(Top \\(very\\) Secret)/MSIP_Label_2_Name <FEFF1EAC0054>>>endobj\n"
                  "7 0 obj<</Type/Outlines/First 8 0 R/Last 8 0 R>>endobj\n8 0 obj<</Title(Chapter)/Parent 7 "
                  "0 R/Dest[3 0 R/Fit]>>endobj\n" TAIL "/Info 6 0 R>>\n%%EOF\n",
     .wants = {{PLACE_METADATA, "The title\n"}, {PLACE_METADATA, "Sä"}, {PLACE_METADATA, "Chapter\n"}},
     .label = "msip MSIP_Label_1_Name=Top (very) Secret\nmsip MSIP_Label_2_Name=ẬT\n"},
    {.name = "XMP",
     .in = HEAD CATALOG("/Metadata 6 0 R") PAGES PAGE("") CONTENT(
         AT("100", "400", "x")) "6 0 obj<</Type/Metadata/Subtype/XML/Length 400>>stream\n"
                                "<x xmlns:r='r' xmlns:p='http://ns.adobe.com/pdfx/1.3/' "
                                "xmlns:dc='http://purl.org/dc/elements/1.1/'><p:MSIP_Label_3_Name>Secret"
                                "</p:MSIP_Label_3_Name><p:K>v</p:K><dc:title><r:li>T</r:li></"
                                "dc:title><r:other>no</r:other></x>\nendstream endobj\n" TAIL ">>\n%%EOF\n",
     .wants = {{PLACE_METADATA, "T\n"}, {PLACE_METADATA, "!no"}},
     .label = "msip MSIP_Label_3_Name=Secret\nproperty K=v\n"},
    {.name = "attachments",
     .in = HEAD CATALOG("/Names<</EmbeddedFiles<</Names[(a.txt)6 0 R]>>>>") PAGES PAGE("") CONTENT(
         AT("100", "400", "x")) "6 0 obj<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>endobj\n7 0 "
                                "obj<</Type/EmbeddedFile/Length 5>>stream\nhello\nendstream endobj\n" TAIL
                                ">>\n%%EOF\n",
     .wants = {{PLACE_BODY, "x"}},
     .child = "a.txt "},
    {.name = "JavaScript",
     .in = HEAD CATALOG("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>") PAGES PAGE("")
         CONTENT(AT("100", "400", "x")) TAIL ">>\n%%EOF\n",
     .javascript = 1},
    {.name = "a link that starts a program",
     .in = HEAD CATALOG("") PAGES PAGE("/Annots[6 0 R]")
         CONTENT(AT("100", "400", "x")) "6 0 obj<</Type/Annot/Subtype/Link/Rect[9 9 20 20]"
                                        "/A<</S/Launch/F(calc.exe)>>>>endobj\n" TAIL ">>\n%%EOF\n",
     .external = 1},
    {.name = "a page that is a picture",
     .in = HEAD CATALOG("") PAGES
     "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</I 5 0 "
     "R>>>>>>endobj\n"
     "4 0 obj<</Length 30>>stream\nq 600 0 0 800 0 0 cm /I Do Q  \nendstream endobj\n5 0 "
     "obj<</Type/XObject/Subtype/Image/Width 2/Height 1/"
     "BitsPerComponent 8/ColorSpace/DeviceGray/Length 2>>stream\nab\nendstream endobj\n" TAIL ">>\n%%EOF\n",
     .child = "page-1-image-1.png "},
    {.name = "a password is needed",
     .in = HEAD CATALOG("") PAGES PAGE("") CONTENT(AT("100", "400", "x")) TAIL
     "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]/Encrypt<</Filter/Standard/V "
     "1/R 2/P -4/O(01234567890123456789012345678901)"
     "/U(01234567890123456789012345678901)>>>>\n%%EOF\n",
     .unread = UNREAD_ENCRYPTED,
     .all = true},
    {.name = "a page tree that is its own child",
     .in = HEAD CATALOG("") "2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\n" TAIL ">>\n%%EOF\n",
     .unread = UNREAD_CORRUPT},
    {.name = "not even a catalogue", .in = HEAD "nothing here\n", .unread = UNREAD_CORRUPT, .all = true},
};

static void check_one(const struct row *row)
{
    struct extract x;

    check_row(row->name);
    recorder_init(&x);
    x_pdf(&x, span_str(row->in));
    for (size_t i = 0; i < WANTS && row->wants[i].text; i++) {
        const char *text = row->wants[i].text;
        bool not = text[0] == '!', has = recorder_has(&x, row->wants[i].place, text + not );
        CHECK(has != not );
        if (has == not )
            fprintf(stderr, "  %s: \"%s\" in \"%s\"\n", place_name(row->wants[i].place), text,
                    recorder_text(&x, row->wants[i].place));
    }
    CHECK(!row->label || recorder_label(&x, row->label));
    if (row->label && !recorder_label(&x, row->label))
        fprintf(stderr, "  labels: %s\n", writer_cstr(&x.labels));
    CHECK(!row->child || recorder_child(&x, row->child));
    CHECK_U64(x.unread, row->unread);
    CHECK_U64(x.all, row->all);
    CHECK_U64(x.features[FEATURE_EXTERNAL_REFS] > 0, row->external);
    CHECK_U64(x.features[FEATURE_JAVASCRIPT], row->javascript);
    recorder_done(&x);
}

int main(void)
{
    struct extract x;

    charset_warm_up();
    x_pdf_warm_up();
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_one(&rows[i]);
    check_row("time runs out");
    recorder_init(&x);
    x.expire_after = 1;
    x_pdf(&x, span_str(rows[0].in));
    CHECK_U64(x.unread, UNREAD_TIMEOUT);
    recorder_done(&x);
    return check_end();
}

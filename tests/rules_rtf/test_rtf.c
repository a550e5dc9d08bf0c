/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/charset.h"
#include "rules/formats.h"
#include "tests/check.h"
#include "tests/rules_pdf/recorder.h"

#define WANTS 5

static const struct row {
    const char *name, *in;
    struct {
        enum place place;
        const char *text; /* must be there; beginning with '!' must not */
    } wants[WANTS];
    const char *label, *child;
    enum unread unread;
    unsigned external;
} rows[] = {
    {.name = "plain", .in = "{\\rtf1\\ansi Hello\\par world}", .wants = {{PLACE_BODY, "Hello\nworld\n"}}},
    {.name = "bytes in the document's code page",
     .in = "{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8}",
     .wants = {{PLACE_BODY, "При"}}},
    {.name = "bytes in a font's code page",
     .in = "{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset0 A;}{\\f7\\fcharset204 B;}}\\f0\\'e9\\f7\\'e9}",
     .wants = {{PLACE_BODY, "{A}é"}, {PLACE_BODY, "{B}й"}}},
    {.name = "two bytes make a letter",
     .in = "{\\rtf1{\\fonttbl{\\f1\\fcharset128 M;}}\\f1\\'83\\'65\\'83X}",
     .wants = {{PLACE_BODY, "テス"}}},
    {.name = "a Vietnamese font keeps its Latin-1 letters, whatever its character set",
     .in = "{\\rtf1{\\fonttbl{\\f3\\fcharset163 .VnTime;}}\\f3 TUY\\'d6T M\\'cbT}",
     .wants = {{PLACE_BODY, "{.VnTime}TUYÖT MËT"}}},
    {.name = "\\u and what stands for it",
     .in = "{\\rtf1\\uc1 \\u7852?T\\uc2 \\u-3913\\'3f\\'3fx\\uc0 \\u65}",
     .wants = {{PLACE_BODY, "ẬT\xEF\x82\xB7xA"}}},
    {.name = "surrogates", .in = "{\\rtf1 \\u-10240?\\u-8374?}", .wants = {{PLACE_BODY, "\xF0\x90\x8D\x8A"}}},
    {.name = "\\uc ends with its group", .in = "{\\rtf1{\\uc0\\u65}\\u66?}", .wants = {{PLACE_BODY, "AB\n"}}},
    {.name = "characters by name",
     .in = "{\\rtf1 a\\emdash b\\tab c\\~d\\_e\\-f\\{\\}\\\\}",
     .wants = {{PLACE_BODY, "a—b\tc\xC2\xA0"
                            "d\xE2\x80\x91"
                            "ef{}\\"}}},
    {.name = "headers, footers, notes, comments",
     .in =
         "{\\rtf1{\\header top\\par}{\\footerr bottom\\par}body{\\footnote note}{\\*\\annotation remark} on}",
     .wants = {{PLACE_HEADER, "top\n"},
               {PLACE_FOOTER, "bottom\n"},
               {PLACE_BODY, "body on"},
               {PLACE_NOTES, "note"},
               {PLACE_COMMENT, "remark"}}},
    {.name = "hidden and deleted text",
     .in = "{\\rtf1 a{\\v ghost}{\\deleted gone}\\v on\\v0 b\\v c\\plain d}",
     .wants = {{PLACE_BODY, "abd"}, {PLACE_HIDDEN, "ghostgoneonc"}}},
    {.name = "properties",
     .in = "{\\rtf1\\ansicpg932{\\info{\\title T\\u7852?}{\\author A}{\\creatim\\yr2000}}x}",
     .wants = {{PLACE_METADATA, "TẬ\nA\n"}, {PLACE_BODY, "x"}, {PLACE_BODY, "!T"}}},
    {.name = "properties of the owner",
     .in = "{\\rtf1{\\*\\userprops{\\propname MSIP_Label_1_Name}\\proptype30{\\staticval Secret}}x}",
     .wants = {{PLACE_BODY, "x"}},
     .label = "msip MSIP_Label_1_Name=Secret\n"},
    {.name = "the same twice, once in Unicode",
     .in = "{\\rtf1{\\upr{old}{\\*\\ud{new}}}x}",
     .wants = {{PLACE_BODY, "newx"}, {PLACE_BODY, "!old"}}},
    {.name = "unknown destinations are skipped",
     .in = "{\\rtf1{\\*\\generator G;}{\\colortbl;\\red0;}{\\stylesheet{S;}}x}",
     .wants = {{PLACE_BODY, "x\n"}, {PLACE_BODY, "!G"}, {PLACE_BODY, "!S"}}},
    {.name = "fields",
     .in = "{\\rtf1{\\field{\\*\\fldinst INCLUDETEXT \"http://e.example/x\"}{\\fldrslt shown}}}",
     .wants = {{PLACE_HIDDEN, "INCLUDETEXT"}, {PLACE_BODY, "shown"}},
     .external = 1},
    {.name = "a plain link is no reference that is fetched",
     .in = "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://e\"}{\\fldrslt x}}}",
     .wants = {{PLACE_BODY, "x"}}},
    {.name = "a template from elsewhere",
     .in = "{\\rtf1{\\*\\template http://e.example/t}x}",
     .wants = {{PLACE_HIDDEN, "http://e.example/t"}},
     .external = 1},
    {.name = "a watermark in word art",
     .in = "{\\rtf1{\\header{\\shp{\\*\\shpinst{\\sp{\\sn gtextUNICODE}{\\sv TOP SECRET}}}}}x}",
     .wants = {{PLACE_HEADER, "TOP SECRET"}}},
    {.name = "text boxes, and not again for old programs",
     .in = "{\\rtf1 a{\\shp{\\*\\shpinst{\\shptxt box\\par}}{\\shprslt{\\*\\do{\\dptxbxtext again}}}}b}",
     .wants = {{PLACE_BODY, "a\nbox\nb"}, {PLACE_BODY, "!again"}}},
    {.name = "table cells", .in = "{\\rtf1 a\\cell b\\cell\\row c}", .wants = {{PLACE_BODY, "a\tb\t\nc"}}},
    {.name = "\\bin is not text",
     .in = "{\\rtf1 a{\\pict\\pngblip\\bin4 }}}}}b}",
     .wants = {{PLACE_BODY, "ab"}},
     .child = "picture-1.png 4\n"},
    {.name = "a picture in digits",
     .in = "{\\rtf1{\\pict\\jpegblip FFd8 ff\r\n0}x}",
     .wants = {{PLACE_BODY, "x"}},
     .child = "picture-1.jpeg 3\n"},
    {.name = "an embedded file of Packager",
     .in = "{\\rtf1{\\object\\objemb{\\*\\objdata 01050000 02000000 08000000 5061636b61676500 00000000 "
           "00000000 "
           "1d000000 "
           "0200 612e747874 00 00 0000 0300 01000000 00 05000000 68656c6c6f 0000}}x}",
     .wants = {{PLACE_BODY, "x"}},
     .child = "a.txt 5\n"},
    {.name = "an object that follows no specification is looked at as it is",
     .in = "{\\rtf1{\\object{\\*\\objdata d0cf11e0a1b11ae1}}}",
     .wants = {{PLACE_BODY, ""}},
     .child = "object-1 8\n"},
    {.name = "an object that is linked",
     .in = "{\\rtf1{\\object\\objautlink{\\result x}}}",
     .wants = {{PLACE_BODY, "x"}},
     .external = 1},
    {.name = "what follows the document is no part of it",
     .in = "{\\rtf1 a}{\\rtf1 b}",
     .wants = {{PLACE_BODY, "a"}, {PLACE_BODY, "!b"}}},
    {.name = "groups that never end", .in = "{\\rtf1 a{{b", .wants = {{PLACE_BODY, "ab"}}},
    {.name = "an escape that is cut",
     .in = "{\\rtf1 a\\'4",
     .wants = {{PLACE_BODY, "a"}},
     .unread = UNREAD_CORRUPT},
};

int main(void)
{
    struct extract x;
    struct writer w;

    charset_warm_up();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        recorder_init(&x);
        x_rtf(&x, span_str(rows[i].in));
        for (size_t k = 0; k < WANTS && rows[i].wants[k].text; k++) {
            const char *text = rows[i].wants[k].text;
            bool not = text[0] == '!', has = recorder_has(&x, rows[i].wants[k].place, text + not );
            CHECK(has != not );
            if (has == not )
                fprintf(stderr, "  \"%s\" in \"%s\"\n", text, recorder_text(&x, rows[i].wants[k].place));
        }
        CHECK(!rows[i].label || recorder_label(&x, rows[i].label));
        CHECK(!rows[i].child || recorder_child(&x, rows[i].child));
        CHECK_U64(x.unread, rows[i].unread);
        CHECK_U64(x.features[FEATURE_EXTERNAL_REFS], rows[i].external);
        recorder_done(&x);
    }
    check_row("groups without end are too deep");
    writer_init(&w, 1 << 20);
    writer_str(&w, "{\\rtf1 top ");
    for (int i = 0; i < 100000; i++)
        writer_u8(&w, '{');
    writer_str(&w, "bottom");
    recorder_init(&x);
    x_rtf(&x, writer_span(&w));
    CHECK_U64(x.unread, UNREAD_TOO_DEEP);
    CHECK(recorder_has(&x, PLACE_BODY, "top"));
    recorder_done(&x);
    check_row("time runs out");
    writer_clear(&w);
    writer_str(&w, "{\\rtf1 ");
    for (int i = 0; i < 100000; i++)
        writer_str(&w, "a ");
    recorder_init(&x);
    x.expire_after = 1;
    x_rtf(&x, writer_span(&w));
    CHECK_U64(x.unread, UNREAD_TIMEOUT);
    recorder_done(&x);
    writer_done(&w);
    return check_end();
}

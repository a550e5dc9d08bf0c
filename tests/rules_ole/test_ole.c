/* SPDX-License-Identifier: GPL-3.0-or-later
 * Compound files made here: the container, and each kind of document that lies in one. */
#include "rules/charset.h"
#include "rules/formats.h"
#include "rules/x_msg_rtf.h"
#include "rules/x_ole_cfb.h"
#include "tests/check.h"
#include "tests/rules_ole/cfb_make.h"
#include "tests/rules_pdf/recorder.h"

static void utf16(struct writer *w, const char *s)
{
    for (; *s; s++)
        writer_le(w, (uint8_t)*s, 2);
}

static void set(struct writer *w, size_t at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        w->p[at + i] = (uint8_t)(v >> (8 * i));
}

/* ---- container ---- */

static void check_container(void)
{
    struct cfb_make m;
    struct cfb *c;
    struct extract x;
    struct writer big, out;
    unsigned folder;

    check_row("streams small and big, in storages");
    writer_init(&big, 1 << 16);
    for (int i = 0; i < 5000; i++)
        writer_u8(&big, (uint8_t)i);
    cfb_make_init(&m);
    folder = cfb_make_storage(&m, 0, "Folder");
    cfb_make_stream(&m, folder, "small", span_str("hello"));
    cfb_make_stream(&m, 0, "big", writer_span(&big));
    cfb_make_stream(&m, folder, "second", span_str("of two"));
    recorder_init(&x);
    CHECK_U64(cfb_open(x.arena, cfb_make_end(&m), &c), 0);
    CHECK(!cfb_damaged(c));
    CHECK_U64(cfb_find(c, CFB_ROOT, "small"), CFB_NONE);
    CHECK_U64(cfb_find(c, CFB_ROOT, "FOLDER"), folder);
    writer_init(&out, 1 << 16);
    CHECK_U64(cfb_read(&x, c, cfb_find(c, folder, "second"), &out), 0);
    CHECK(span_eq(writer_span(&out), span_str("of two")));
    writer_clear(&out);
    CHECK_U64(cfb_read(&x, c, cfb_find(c, CFB_ROOT, "big"), &out), 0);
    CHECK(span_eq(writer_span(&out), writer_span(&big)));
    CHECK(cfb_read(&x, c, folder, &out) == ST_NOT_FOUND);

    check_row("a file that is cut gives the beginning of its stream");
    writer_clear(&out);
    CHECK_U64(cfb_open(x.arena, span_part(writer_span(&m.out), 0, m.out.n - 1000), &c), 0);
    CHECK(cfb_read(&x, c, cfb_find(c, CFB_ROOT, "big"), &out) == ST_MALFORMED);
    CHECK(out.n > 1000 && out.n < 5000);

    check_row("a chain that bites its tail ends");
    writer_clear(&out);
    for (size_t i = 0; i < 128; i++) /* every sector is followed by itself */
        set(&m.out, 512 + 4 * i, i, 4);
    CHECK_U64(cfb_open(x.arena, writer_span(&m.out), &c), 0);
    cfb_read(&x, c, cfb_find(c, CFB_ROOT, "big"), &out);
    CHECK(out.n <= 5000);
    recorder_done(&x);
    writer_done(&out);
    writer_done(&big);
    cfb_make_done(&m);
}

/* ---- documents ---- */

static void read_ole(struct cfb_make *m, struct extract *x)
{
    recorder_init(x);
    x_ole(x, cfb_make_end(m));
    cfb_make_done(m);
}

/* A Word 97 document: body in an 8-bit piece, a header in UTF-16. */
static void make_word(struct writer *doc, struct writer *table, uint16_t flags)
{
    writer_init(doc, 1 << 16);
    writer_init(table, 1 << 16);
    for (int i = 0; i < 0x600; i++)
        writer_u8(doc, 0);
    set(doc, 0, 0xA5EC, 2);
    set(doc, 2, 0xC1, 2);
    set(doc, 0x0A, 0x200 | flags, 2); /* 1Table */
    set(doc, 0x4C, 20, 4);            /* body */
    set(doc, 0x54, 4, 4);             /* headers */
    memcpy(doc->p + 0x400,
           "a\x13PAGE\x14"
           "5\x15\x07"
           "b\x07\x07"
           "c\xE9\r\r..",
           20);
    for (unsigned i = 0; i < 4; i++)
        set(doc, 0x500 + 2 * i, (const uint16_t[]){'T', 0x1ED0, 'I', '\r'}[i], 2);
    writer_u8(table, 2); /* Pcdt */
    writer_le(table, 3 * 4 + 2 * 8, 4);
    writer_le(table, 0, 4);
    writer_le(table, 20, 4);
    writer_le(table, 24, 4);
    writer_le(table, 0, 2);
    writer_le(table, 0x40000000u | 0x400 * 2, 4);
    writer_le(table, 0, 4);
    writer_le(table, 0x500, 4);
    writer_le(table, 0, 2);
    set(doc, 0x1A2, 0, 4);
    set(doc, 0x1A6, table->n, 4);
}

static void check_word(void)
{
    struct cfb_make m;
    struct extract x;
    struct writer doc, table;

    check_row("Word: pieces, fields, cells, headers");
    make_word(&doc, &table, 0);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "WordDocument", writer_span(&doc));
    cfb_make_stream(&m, 0, "1Table", writer_span(&table));
    read_ole(&m, &x);
    CHECK_STR(recorder_text(&x, PLACE_BODY), "a5\tb\t\ncé\n\n..\n");
    CHECK_STR(recorder_text(&x, PLACE_HIDDEN), "PAGE\n");
    CHECK_STR(recorder_text(&x, PLACE_HEADER), "TỐI\n");
    CHECK_U64(x.unread, UNREAD_NONE);
    recorder_done(&x);

    check_row("Word: a piece that lies outside");
    set(&table, 5 + 12 + 2, 0x7FFFFFF0, 4);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "WordDocument", writer_span(&doc));
    cfb_make_stream(&m, 0, "1Table", writer_span(&table));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    CHECK(recorder_has(&x, PLACE_HEADER, "TỐI"));
    recorder_done(&x);
    writer_done(&doc);
    writer_done(&table);

    check_row("Word: encrypted");
    make_word(&doc, &table, 0x100);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "WordDocument", writer_span(&doc));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    CHECK(x.all);
    recorder_done(&x);
    writer_done(&doc);
    writer_done(&table);
}

static void record(struct writer *w, unsigned type, const void *body, size_t n)
{
    writer_le(w, type, 2);
    writer_le(w, n, 2);
    writer_bytes(w, body, n);
}
#define RECORD(w, type, bytes) record(w, type, bytes, sizeof(bytes) - 1)

static void check_sheet(void)
{
    struct cfb_make m;
    struct extract x;
    struct writer w;

    check_row("Excel: names, strings over a border, fonts, numbers, formulas, a hidden sheet");
    writer_init(&w, 1 << 16);
    RECORD(&w, 0x809, "\0\6\5\0\0\0\0\0\0\0\0\0\0\0\0\0");
    RECORD(&w, 0x31, "\xC8\0\0\0\xFF\x7F\x90\1\0\0\0\0\0\0\7\0.VnTime");
    RECORD(&w, 0xE0, "\0\0\0\0");
    size_t sheets = w.n;
    RECORD(&w, 0x85, "\0\0\0\0\0\0\3\0One");
    RECORD(&w, 0x85, "\0\0\0\0\2\0\3\0Two");
    RECORD(&w, 0xFC,
           "\2\0\0\0\2\0\0\0"
           "\5\0\0he" /* cut within the text: the next part goes on in UTF-16 */);
    RECORD(&w, 0x3C,
           "\1l\0l\0o\0"
           "\2\0\x08\1\0ok"
           "\0\0\0\0");
    RECORD(&w, 0x0A, "");
    set(&w, sheets + 4, w.n, 4);
    RECORD(&w, 0x809, "\0\6\x10\0\0\0\0\0\0\0\0\0\0\0\0\0");
    RECORD(&w, 0xFD, "\0\0\0\0\0\0\0\0\0\0");
    RECORD(&w, 0x27E, "\0\0\1\0\0\0\x02\x80\0\0"); /* integer -> 8192 */
    RECORD(&w, 0x06, "\1\0\0\0\0\0\0\0\0\0\0\0\xFF\xFF");
    RECORD(&w, 0x207, "\4\0\0calc");
    RECORD(&w, 0x14, "\6\0\0&LMAT&");
    RECORD(&w, 0x5D, "\x15\0\x12\0\x19\0\0\0");
    RECORD(&w, 0x1B6, "\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0");
    RECORD(&w, 0x3C, "\0note");
    RECORD(&w, 0x0A, "");
    set(&w, sheets + 4 + 11 + 4, w.n, 4);
    RECORD(&w, 0x809, "\0\6\x10\0\0\0\0\0\0\0\0\0\0\0\0\0");
    RECORD(&w, 0xFD, "\0\0\0\0\0\0\1\0\0\0");
    RECORD(&w, 0xFD, "\0\0\0\0\0\0\x63\0\0\0");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "Workbook", writer_span(&w));
    read_ole(&m, &x);
    CHECK_STR(recorder_text(&x, PLACE_BODY), "One\n{.VnTime}hello\t{.VnTime}8192\n{.VnTime}calc\n");
    CHECK_STR(recorder_text(&x, PLACE_HIDDEN), "Two\n{.VnTime}ok\n");
    CHECK_STR(recorder_text(&x, PLACE_HEADER), "MAT\n");
    CHECK_STR(recorder_text(&x, PLACE_COMMENT), "note\n");
    CHECK_U64(x.unread, UNREAD_CORRUPT); /* string 99 is not there */
    recorder_done(&x);

    check_row("Excel: encrypted");
    writer_clear(&w);
    RECORD(&w, 0x809, "\0\6\5\0\0\0\0\0");
    RECORD(&w, 0x2F, "\1\0\1\0\1\0");
    RECORD(&w, 0x85, "cipher text");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "Workbook", writer_span(&w));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    recorder_done(&x);

    check_row("Excel 4: records alone, strings in the code page");
    writer_clear(&w);
    RECORD(&w, 0x409, "\0\0\x10\0\0\0");
    RECORD(&w, 0x42, "\xE3\4"); /* 1251 */
    RECORD(&w, 0x204, "\0\0\0\0\0\0\3\0\xCF\xF0\xE8");
    recorder_init(&x);
    x_biff(&x, writer_span(&w));
    CHECK_STR(recorder_text(&x, PLACE_BODY), "При\n");
    recorder_done(&x);
    writer_done(&w);
}

static void atom(struct writer *w, unsigned head, unsigned type, const void *body, size_t n)
{
    writer_le(w, head, 2);
    writer_le(w, type, 2);
    writer_le(w, n, 4);
    writer_bytes(w, body, n);
}

static void check_slides(void)
{
    struct cfb_make m;
    struct extract x;
    struct writer w, user;

    check_row("PowerPoint: slides, notes, headers, comments");
    writer_init(&w, 1 << 16);
    writer_init(&user, 1 << 16);
    atom(&w, 0x0F, 0x03EE, NULL, 0); /* an empty slide */
    writer_le(&w, 0x0F, 2);          /* a slide with two texts */
    writer_le(&w, 0x03EE, 2);
    writer_le(&w, 8 + 5 + 8 + 4, 4);
    atom(&w, 0, 0x0FA8,
         "a\rb\xE9"
         "c",
         5);
    atom(&w, 0, 0x0FA0, "\xA0\x1ET\0", 4);
    writer_le(&w, 0x0F, 2);
    writer_le(&w, 0x03F0, 2);
    writer_le(&w, 8 + 4, 4);
    atom(&w, 0, 0x0FA8, "note", 4);
    writer_le(&w, 0x3F, 2);
    writer_le(&w, 0x0FD9, 2);
    writer_le(&w, 8 + 6, 4);
    atom(&w, 0x20, 0x0FBA, "M\0\xAC\x1ET\0", 6);
    writer_le(&w, 0x0F, 2);
    writer_le(&w, 0x2EE0, 2);
    writer_le(&w, 8 + 4, 4);
    atom(&w, 0x10, 0x0FBA, "h\0i\0", 4);
    atom(&w, 0x10, 0x1011, "\5\0\0\0packed", 10);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "PowerPoint Document", writer_span(&w));
    read_ole(&m, &x);
    CHECK_STR(recorder_text(&x, PLACE_BODY), "a\nbéc\nẠT\n");
    CHECK_U64(x.page[PLACE_BODY], 2);
    CHECK_STR(recorder_text(&x, PLACE_NOTES), "note\n");
    CHECK_STR(recorder_text(&x, PLACE_FOOTER), "MẬT\n");
    CHECK_STR(recorder_text(&x, PLACE_COMMENT), "hi\n");
    CHECK(recorder_child(&x, "object-1 6\n"));
    recorder_done(&x);

    check_row("PowerPoint: encrypted");
    writer_le(&user, 0x00000FF6, 8);
    writer_le(&user, 20, 4);
    writer_le(&user, 0xF3D1C4DF, 4);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "PowerPoint Document", writer_span(&w));
    cfb_make_stream(&m, 0, "Current User", writer_span(&user));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    recorder_done(&x);
    writer_done(&w);
    writer_done(&user);
}

static void check_message(void)
{
    struct cfb_make m;
    struct extract x;
    struct writer props, subject, header, inner;
    unsigned attach, recipient, object;

    check_row("Outlook: body, subject, recipients, attachments, an embedded message, labels");
    writer_init(&props, 4096);
    writer_init(&subject, 4096);
    writer_init(&header, 4096);
    writer_init(&inner, 4096);
    for (int i = 0; i < 32; i++)
        writer_u8(&props, 0);
    writer_le(&props, 0x3FFD0003, 4); /* code page of strings */
    writer_le(&props, 0, 4);
    writer_le(&props, 1251, 8);
    utf16(&subject, "Subject line");
    utf16(&header, "From: a\r\nX-Classification: NATO\r\n SECRET\r\nX-Other: y\r\n");
    utf16(&inner, "inner body");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "__properties_version1.0", writer_span(&props));
    cfb_make_stream(&m, 0, "__substg1.0_0037001F", writer_span(&subject));
    cfb_make_stream(&m, 0, "__substg1.0_1000001E", span_str("\xCF\xF0\xE8"));
    cfb_make_stream(&m, 0, "__substg1.0_10130102", span_str("<html>"));
    cfb_make_stream(&m, 0, "__substg1.0_007D001F", writer_span(&header));
    recipient = cfb_make_storage(&m, 0, "__recip_version1.0_#00000000");
    cfb_make_stream(&m, recipient, "__substg1.0_3001001E", span_str("Bob"));
    attach = cfb_make_storage(&m, 0, "__attach_version1.0_#00000000");
    cfb_make_stream(&m, attach, "__substg1.0_3707001E", span_str("a.txt"));
    cfb_make_stream(&m, attach, "__substg1.0_37010102", span_str("hello"));
    attach = cfb_make_storage(&m, 0, "__attach_version1.0_#00000001");
    object = cfb_make_storage(&m, attach, "__substg1.0_3701000D");
    cfb_make_stream(&m, object, "__properties_version1.0", span_str("12345678901234567890123456"));
    cfb_make_stream(&m, object, "__substg1.0_1000001F", writer_span(&inner));
    read_ole(&m, &x);
    CHECK_STR(recorder_text(&x, PLACE_BODY), "При\ninner body\n");
    CHECK(recorder_has(&x, PLACE_METADATA, "Subject line\n"));
    CHECK(recorder_has(&x, PLACE_METADATA, "Bob\n"));
    CHECK(recorder_child(&x, "body.html 6\n"));
    CHECK(recorder_child(&x, "a.txt 5\n"));
    CHECK(recorder_label(&x, "header X-Classification=NATO SECRET\n"));
    CHECK(!recorder_label(&x, "X-Other"));
    CHECK_U64(x.features[FEATURE_EMBEDDED], 1);
    recorder_done(&x);
    writer_done(&props);
    writer_done(&subject);
    writer_done(&header);
    writer_done(&inner);
}

static void check_rtf(void)
{
    static const uint8_t
        packed[] = {0x2d, 0,    0,    0,    0x2b, 0,    0,    0,    0x4c, 0x5a, 0x46, 0x75, 0xf1,
                    0xc5, 0xc7, 0xa7, 3,    0,    0x0a, 0,    0x72, 0x63, 0x70, 0x67, 0x31, 0x32,
                    0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0,    0x20, 0x62,
                    0x77, 5,    0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0}; /* MS-OXRTFCP 4.1 */
    struct extract x;
    struct writer w;

    check_row("compressed RTF: the specification's example");
    recorder_init(&x);
    writer_init(&w, 4096);
    CHECK(msg_rtf_unpack(&x, span_of(packed, sizeof(packed)), &w));
    CHECK_STR(writer_cstr(&w), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    writer_done(&w);
    recorder_done(&x);
}

static void check_others(void)
{
    static const uint8_t set_bytes[] = "\xFE\xFF\0\0\0\0\0\0"
                                       "0123456789abcdef"
                                       "\1\0\0\0"
                                       "0123456789abcdef"
                                       "\x30\0\0\0"
                                       "\x40\0\0\0\2\0\0\0"
                                       "\1\0\0\0\x18\0\0\0"
                                       "\2\0\0\0\x20\0\0\0"
                                       "\2\0\0\0\xE3\4\0\0"
                                       "\x1E\0\0\0\4\0\0\0\xCF\xF0\xE8\0";
    static const uint8_t module[] = "\1\x09\xB0\x08Sub Main"; /* one chunk: flag byte and eight letters */
    struct cfb_make m;
    struct extract x;
    unsigned vba, storage;
    struct writer dir;

    check_row("properties in their code page");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "\5SummaryInformation", span_of(set_bytes, sizeof(set_bytes) - 1));
    cfb_make_stream(&m, 0, "\1Ole10Native", span_str("\x1d\0\0\0\2\0a.txt\0"));
    m.entries[2].bytes = span_of("\x1b\0\0\0\2\0a.txt\0\0\0\0\3\0\1\0\0\0\0\5\0\0\0hello", 31);
    read_ole(&m, &x);
    CHECK_STR(recorder_text(&x, PLACE_METADATA), "При\n");
    CHECK(recorder_child(&x, "a.txt 5\n"));
    recorder_done(&x);

    check_row("macros: source text of a module");
    writer_init(&dir, 4096);
    writer_str(&dir, "\1");
    writer_le(&dir, 0x3000 | (4096 - 1), 2); /* a chunk that is not packed */
    writer_le(&dir, 0x0009, 2);
    writer_le(&dir, 4, 4);
    writer_le(&dir, 0, 6);
    writer_le(&dir, 0x001A, 2);
    writer_le(&dir, 3, 4);
    writer_str(&dir, "Mod");
    writer_le(&dir, 0x0031, 2);
    writer_le(&dir, 4, 4);
    writer_le(&dir, 2, 4);
    cfb_make_init(&m);
    storage = cfb_make_storage(&m, 0, "Macros");
    vba = cfb_make_storage(&m, storage, "VBA");
    cfb_make_stream(&m, vba, "dir", writer_span(&dir));
    static uint8_t code[2 + sizeof(module)];
    memcpy(code + 2, module, sizeof(module) - 1);
    code[3] = 8;    /* chunk of nine bytes, */
    code[4] = 0xB0; /* packed */
    code[5] = 0;    /* eight letters follow */
    memcpy(code + 6, "Sub Main", 8);
    cfb_make_stream(&m, vba, "Mod", span_of(code, 14));
    cfb_make_stream(&m, storage, "PROJECT", span_str("ID={}"));
    read_ole(&m, &x);
    CHECK_U64(x.features[FEATURE_MACROS], 1);
    CHECK_STR(recorder_text(&x, PLACE_HIDDEN), "Sub Main\n");
    CHECK(!recorder_child(&x, "PROJECT"));
    recorder_done(&x);
    writer_done(&dir);

    check_row("an encrypted package tells its label");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "EncryptedPackage", span_str("cipher"));
    storage = cfb_make_storage(&m, 0, "\6DataSpaces");
    cfb_make_stream(
        &m, storage, "LabelInfo",
        span_str("<l:labelList xmlns:l='http://s/mipLabelMetadata'><l:label id='{G}'/></l:labelList>"));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_ENCRYPTED);
    CHECK(x.all);
    CHECK(recorder_label(&x, "msip LabelInfo={G}\n"));
    recorder_done(&x);

    check_row("what is not known says so");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "Something", span_str("else"));
    read_ole(&m, &x);
    CHECK_U64(x.unread, UNREAD_UNSUPPORTED);
    CHECK(x.all);
    recorder_done(&x);

    check_row("no compound file");
    recorder_init(&x);
    x_ole(&x, span_str("\xD0\xCF\x11\xE0 short"));
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    recorder_done(&x);
}

static void emf_record(struct writer *w, unsigned type, const void *body, size_t n)
{
    writer_le(w, type, 4);
    writer_le(w, 8 + n, 4);
    writer_bytes(w, body, n);
}

/* Text of one letter advance 10 at x, y. */
static void emf_text(struct writer *w, int x, int y, const char *s)
{
    size_t n = strlen(s);

    writer_le(w, 84, 4);
    writer_le(w, 76 + n * 2 + n % 2 * 2 + n * 4, 4);
    for (int i = 0; i < 28; i++)
        writer_u8(w, 0);
    writer_le(w, (uint64_t)x, 4);
    writer_le(w, (uint64_t)y, 4);
    writer_le(w, n, 4);
    writer_le(w, 76, 4);
    for (int i = 0; i < 20; i++)
        writer_u8(w, 0);
    writer_le(w, 76 + n * 2 + n % 2 * 2, 4);
    utf16(w, s);
    if (n % 2)
        writer_le(w, 0, 2);
    for (size_t i = 0; i < n; i++)
        writer_le(w, 10, 4);
}

static void check_metafile(void)
{
    struct extract x;
    struct writer w;

    check_row("metafile: runs that touch, a gap, a line");
    writer_init(&w, 1 << 16);
    emf_record(&w, 1, "header..", 8);
    emf_text(&w, 0, 0, "SEC");
    emf_text(&w, 30, 0, "RET");
    emf_text(&w, 70, 0, "x");
    emf_text(&w, 0, 50, "next");
    emf_record(&w, 14, "", 0);
    recorder_init(&x);
    x_emf(&x, writer_span(&w));
    CHECK_STR(recorder_text(&x, PLACE_BODY), "SECRET x\nnext\n");
    CHECK_U64(x.unread, UNREAD_NONE);
    recorder_done(&x);

    check_row("metafile: a bitmap, and an end that is missing");
    w.n -= 8;
    emf_record(&w, 81, "bitmap..", 8);
    recorder_init(&x);
    x_emf(&x, writer_span(&w));
    CHECK_U64(x.unread, UNREAD_CORRUPT);
    recorder_done(&x);
    emf_record(&w, 14, "", 0);
    recorder_init(&x);
    x_emf(&x, writer_span(&w));
    CHECK_U64(x.unread, UNREAD_UNSUPPORTED);
    CHECK(!x.all);
    recorder_done(&x);
    writer_done(&w);
}

int main(void)
{
    charset_warm_up();
    check_container();
    check_word();
    check_sheet();
    check_slides();
    check_message();
    check_rtf();
    check_others();
    check_metafile();
    return check_end();
}

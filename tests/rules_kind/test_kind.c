/* SPDX-License-Identifier: GPL-3.0-or-later
 * First bytes and looks inside: one row, one kind. */
#include "rules/charset.h"
#include "rules/kind.h"
#include "tests/rules_extract/examine.h"

#define ROW(bytes, kind, mime)                                                                               \
    {                                                                                                        \
        sizeof(bytes) - 1, bytes, kind, mime                                                                 \
    }

static const struct {
    size_t n;
    const char *bytes, *kind, *mime;
} rows[] = {
    {0, "", "empty", "application/x-empty"},
    ROW("%PDF-1.7\n", "pdf", "application/pdf"),
    ROW("\n\n junk %PDF-1.4\n", "pdf", "application/pdf"),
    ROW("{\\rtf1\\ansi hello}", "rtf", "text/rtf"),
    ROW("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image", "image/png"),
    ROW("\xff\xd8\xff\xe0\0\x10JFIF", "image", "image/jpeg"),
    ROW("RIFF\x10\0\0\0WEBPVP8 ", "image", "image/webp"),
    ROW("\x1f\x8b\x08\0\0\0\0\0", "gzip", "application/gzip"),
    ROW("7z\xbc\xaf\x27\x1c\0\4", "7z", "application/x-7z-compressed"),
    ROW("Rar!\x1a\x07\0", "rar", "application/x-rar"),
    ROW("!<arch>\nfile/   ", "ar", "application/x-archive"),
    ROW("\x78\x9f\x3e\x22\1\0", "tnef", "application/vnd.ms-tnef"),
    ROW("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00\x31\x80", "cms",
        "application/pkcs7-mime"),
    /* two letters prove nothing when the rest is text */
    ROW("MZ is a postal code prefix nowhere.\n", "text", "text/plain"),
    ROW("BZhang wrote this.\n", "text", "text/plain"),
    ROW("MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0", "exe", "application/vnd.microsoft.portable-executable"),
    /* text and its kinds */
    ROW("just words\n", "text", "text/plain"),
    ROW("\xff\xfe\x41\0\x42\0", "text", "text/plain"),
    ROW("\0\1\2\3\4\5\6\7\10\16\17\20", "data", "application/octet-stream"),
    ROW("{\"a\": [1, 2], \"b\":true}", "text", "application/json"),
    ROW("<!DOCTYPE html><p>x", "html", "text/html"),
    ROW("\xef\xbb\xbf<HTML>", "html", "text/html"),
    ROW("<!-- c --> <html>", "html", "text/html"),
    ROW("<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"/>", "html",
        "application/xhtml+xml"),
    ROW("<?xml version=\"1.0\"?><a><b/></a>", "xml", "text/xml"),
    ROW("<?xml version='1.0'?><!-- x --><svg:svg/>", "xml", "image/svg+xml"),
    ROW("\xff\xfe<\0h\0t\0m\0l\0>\0", "html", "text/html"),
    ROW("<?xml version=\"1.0\"?><office:document "
        "office:mimetype=\"application/vnd.oasis.opendocument.text\">",
        "fod", "application/vnd.oasis.opendocument.text-flat-xml"),
    ROW("From: a@b.example\nTo: c@d.example\nSubject: x\n\nbody\n", "eml", "message/rfc822"),
    ROW("Content-Type: text/html\n\n<p>x", "eml", "message/rfc822"),
    ROW("To: nobody in particular\n\nA note, not a mail.\n", "text", "text/plain"),
    ROW("From a@b.example Mon Jun 01 10:00:00 2009\nSubject: x\n\nbody\n", "mbox", "application/mbox"),
    ROW("From here on: nothing.\n", "text", "text/plain"),
    ROW("-----BEGIN PGP MESSAGE-----\n\nhQ==\n", "pgp", "application/pgp-encrypted"),
    ROW("\x78\x9c\x4b\x4c\x4a\x06\0\2\x4d\1\x27", "zlib", "application/zlib"),
};

static const struct {
    const char *member, *content, *kind, *mime;
} packages[] = {
    {"a.txt", "x", "zip", "application/zip"},
    {"mimetype", "application/vnd.oasis.opendocument.text", "odf", "application/vnd.oasis.opendocument.text"},
    {"mimetype", "application/epub+zip\n", "epub", "application/epub+zip"},
    {"mimetype", "application/unheard-of", "zip", "application/zip"},
    {"[Content_Types].xml",
     "<Override "
     "ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>",
     "ooxml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"[content_types].XML",
     "<Override ContentType=\"application/vnd.ms-excel.sheet.macroEnabled.main+xml\"/>", "ooxml",
     "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"word/document.xml", "<w/>", "ooxml",
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"META-INF/MANIFEST.MF", "", "zip", "application/java-archive"},
    {"index.xml", "", "zip", "application/zip"},
};

/* A compound file of one directory sector whose root has one child of that name. */
static void make_ole(struct writer *w, const char *child)
{
    writer_bytes(w, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    while (w->n < 30)
        writer_u8(w, 0);
    writer_le(w, 9, 2);
    while (w->n < 48)
        writer_u8(w, 0);
    writer_le(w, 1, 4); /* directory in sector 1 */
    while (w->n < 76)
        writer_u8(w, 0);
    writer_le(w, 0, 4); /* allocation table in sector 0 */
    while (w->n < 512)
        writer_u8(w, 0xff);
    for (unsigned i = 0; i < 128; i++)
        writer_le(w, i == 1 ? 0xfffffffe : 0xffffffff, 4);
    for (unsigned entry = 0; entry < 4; entry++) {
        size_t end = w->n + 128;
        const char *name = entry == 0 ? "Root Entry" : entry == 1 ? child : "";
        for (size_t i = 0; name[i]; i++)
            writer_le(w, (uint8_t)name[i], 2);
        while (w->n < end - 128 + 68)
            writer_u8(w, 0);
        writer_le(w, entry == 1 ? 1 : 0xffffffff, 4); /* a sibling that is its own sibling: a loop */
        writer_le(w, 0xffffffff, 4);
        writer_le(w, entry == 0 ? 1 : 0xffffffff, 4);
        while (w->n < end)
            writer_u8(w, 0);
    }
}

int main(void)
{
    static const struct {
        const char *name, *mime;
    } streams[] = {{"WordDocument", "application/msword"},
                   {"Workbook", "application/vnd.ms-excel"},
                   {"PowerPoint Document", "application/vnd.ms-powerpoint"},
                   {"__properties_version1.0", "application/vnd.ms-outlook"},
                   {"EncryptedPackage", "application/encrypted"},
                   {"Unknown", "application/x-ole-storage"}};

    CHECK(charset_warm_up() == 0);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct kind k = kind_of(span_of(rows[i].bytes, rows[i].n));
        check_row(rows[i].n ? rows[i].bytes : "empty");
        CHECK_STR(k.kind, rows[i].kind);
        CHECK_STR(k.mime, rows[i].mime);
    }
    for (size_t i = 0; i < GH_COUNT(packages); i++) {
        struct zip_maker z = {.n = 0};
        struct kind k;
        zip_put(&z, span_str(packages[i].member), span_str(packages[i].content), NULL);
        k = kind_of(zip_end(&z));
        check_row(packages[i].member);
        CHECK_STR(k.kind, packages[i].kind);
        CHECK_STR(k.mime, packages[i].mime);
        zip_free(&z);
    }
    for (size_t i = 0; i < GH_COUNT(streams); i++) {
        struct writer w;
        writer_init(&w, 8192);
        make_ole(&w, streams[i].name);
        check_row(streams[i].name);
        CHECK_STR(kind_of(writer_span(&w)).kind, "ole");
        CHECK_STR(kind_of(writer_span(&w)).mime, streams[i].mime);
        writer_done(&w);
    }
    return check_end();
}

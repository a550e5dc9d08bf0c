/* SPDX-License-Identifier: GPL-3.0-or-later
 * Plain text: whatever its encoding, it comes out as NFC, and its marking is found. */
#include "tests/rules_extract/examine.h"

#define ROW(name, bytes, encoding, level, text)                                                              \
    {                                                                                                        \
        name, bytes, sizeof(bytes) - 1, encoding, level, text                                                \
    }

static const struct {
    const char *name, *bytes;
    size_t n;
    const char *encoding, *level, *text;
} rows[] = {
    ROW("ascii", "TLP:RED\nplain\n", "", "none", "TLP:RED\nplain\n"),
    ROW("bom", "\xef\xbb\xbfxin ch\xc3\xa0o\n", "utf-8", "none", "xin chào\n"),
    ROW("utf-16le with bom",
        "\xff\xfe"
        "c\0h\0\xe0\0o\0",
        "utf-16le", "none", "chào"),
    ROW("utf-16be without bom", "\0x\0i\0n\0 \0c\0h\0\xe0\0o\0 \0b\0\xa1\0n", "utf-16be", "none",
        "xin chào b¡n"),
    ROW("utf-16le of ascii", "p\0l\0a\0i\0n\0", "utf-16le", "none", "plain"),
    ROW("nfd becomes nfc", "m\xc3\xa2\xcc\xa3t ong\n", "utf-8", "none", "mật ong\n"),
    ROW("tcvn3", "C\xe9ng h\xdf\x61 x\xb7 h\xe9i chñ nghÜa ViÖt Nam", "", "none", NULL),
    ROW("invalid byte", "Gr\xc3\xbc\xc3\x9f\x65 aus K\xc3\xb6ln, sch\xc3\xb6ne gr\xc3\xbc\xc3\x9f\x65 \xff\n",
        NULL, "none", NULL),
    ROW("zero bytes in text",
        "a\0b and some more words that make a text of it, long enough for one slip of a thousand bytes. "
        "It goes on and on, until the zero is less than one in a thousand, which takes a while and many "
        "words. It goes on and "
        "on, until the zero is less than one in a thousand, which takes a while and many words. It goes on "
        "and on, until the "
        "zero is less than one in a thousand, which takes a while and many words. It goes on and on, until "
        "the zero is less "
        "than one in a thousand, which takes a while and many words. It goes on and on, until the zero is "
        "less than one in a "
        "thousand, which takes a while and many words. It goes on and on, until the zero is less than one in "
        "a thousand, which "
        "takes a while and many words. It goes on and on, until the zero is less than one in a thousand, "
        "which takes a while "
        "and many words. It goes on and on, until the zero is less than one in a thousand, which takes a "
        "while and words.\n",
        NULL, "none", NULL),
};

static void test_rows(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct examined e = examine(span_of(rows[i].bytes, rows[i].n), "t.txt", NULL);
        check_row(rows[i].name);
        CHECK_STR(json_text(e.json, "kind"), "text");
        CHECK_STR(json_text(e.json, "level"), rows[i].level);
        CHECK_STR(json_text(e.json, "read"), "full");
        if (rows[i].encoding && rows[i].encoding[0])
            CHECK_STR(json_text(e.json, "encoding"), rows[i].encoding);
        if (rows[i].text)
            CHECK_STR(json_text(e.json, "text"), rows[i].text);
        examine_done(&e);
    }
}

/* Size does not matter: a marking on the first line of a long text is found, and the text is whole. */
static void test_long(void)
{
    struct writer w;
    struct examined e;

    writer_init(&w, 8 << 20);
    writer_str(&w, "TUYE\xc3\x82\xcc\xa3T MA\xc3\x82\xcc\xa3T\n"); /* no such letters: nothing is made up */
    writer_str(&w, "TUY\xc3\x8a\xcc\xa3T M\xc3\x82\xcc\xa3T\n");
    while (w.n < 4 << 20)
        writer_str(&w, "Nội dung văn bản thử nghiệm, không có gì đặc biệt.\n");
    e = examine(writer_span(&w), "long.txt", NULL);
    check_row("long");
    CHECK_STR(json_text(e.json, "level"), "tuyet_mat");
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
    writer_done(&w);
}

/* Formats that nobody reads give their strings, and say that this is no reading. */
static void test_strings(void)
{
    static const char doc[] = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3\x80"
                              "APPENDIX\x80"
                              "one\xd0\1\0T\0\xd0\x1e\x49\0 \0M\0\xac\x1e"
                              "T\0\0\0";
    struct examined e = examine(span_of(doc, sizeof(doc) - 1), "a.one", NULL);

    check_row("strings");
    CHECK_STR(json_text(e.json, "kind"), "onenote");
    CHECK(contains(json_text(e.json, "text"), "APPENDIX"));
    CHECK(contains(json_text(e.json, "text"), "TỐI MẬT"));
    CHECK_STR(json_text(e.json, "read"), "partial");
    CHECK_STR(json_text(e.json, "unread_reason"), "unsupported");
    examine_done(&e);
    e = examine_str("Dear all,\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "a.txt");
    check_row("pgp inside");
    CHECK_STR(json_text(e.json, "read"), "partial");
    CHECK_STR(json_text(e.json, "unread_reason"), "encrypted");
    examine_done(&e);
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    test_rows();
    test_long();
    test_strings();
    return check_end();
}

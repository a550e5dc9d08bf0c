/* SPDX-License-Identifier: GPL-3.0-or-later
 * WordPerfect, Hangul, Publisher and Works, workbooks under Excel's own password. */
#include "base/text.h"
#include "rules/x_ole_crypt.h"
#include "tests/rules_extract/examine.h"
#include "tests/rules_ole/cfb_make.h"

static void utf16(struct writer *w, const char *s)
{
    for (size_t pos = 0, n = strlen(s); pos < n;)
        writer_le(w, text_next(span_of(s, n), &pos), 2);
}

static void test_wpd(void)
{
    static const struct {
        const char *name;
        const char *bytes; /* behind the prefix of 16 bytes */
        size_t n;
        uint8_t major, key;
        const char *read, *text;
    } rows[] = {
#define B(s) s, sizeof(s) - 1
        {"5: lines, accents, a group", B("TOP SECRET\nna\xC0\x37\x01\xC0ve\rword\xD1\x01\x05\0xxxxxmore\n"),
         0, 0, "full", "TOP SECRET\nnaìve wordmore\n"},
        {"5: a note", B("body\xD6\0\x12\0......noted\0\0\0\0\0\0\0\0end\n"), 0, 0, "full", "noted"},
        {"6: blanks, dashes, quotes", B("TOP\x80SECRET\xCC\xF0\x1D\x04\xF0\x41\xF0\x1C\x04\xF0\x84z\xCC"), 2,
         0, "full",
         "TOP SECRET\n\xE2\x80\x98"
         "A\xE2\x80\x99-z\n"},
        {"6: deleted text is hidden", B("a\xF1\0\x7F\x02\xF1gone\xF1\1\x80\x02\xF1z\xCC"), 2, 0, "full",
         "gone"},
        {"6: a group that claims too much", B("word\xD4\x10\xFF\xFFmore"), 2, 0, "full", "word"},
        {"under a password", B("TOP SECRET"), 2, 7, "none", ""},
#undef B
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct writer w;
        struct examined e;
        check_row(rows[i].name);
        writer_init(&w, 4096);
        writer_bytes(&w, "\xFFWPC\x10\0\0\0\1\x0A", 10);
        writer_u8(&w, rows[i].major);
        writer_u8(&w, 0);
        writer_le(&w, rows[i].key, 2);
        writer_le(&w, 0xFFFF, 2);
        writer_bytes(&w, rows[i].bytes, rows[i].n);
        e = examine(writer_span(&w), "a.wpd", NULL);
        CHECK_STR(json_text(e.json, "kind"), "wpd");
        CHECK_STR(json_text(e.json, "read"), rows[i].read);
        CHECK(contains(json_text(e.json, "text"), rows[i].text));
        if (rows[i].key)
            CHECK_STR(json_text(e.json, "unread_reason"), "encrypted");
        examine_done(&e);
        writer_done(&w);
    }
}

static void test_hwp(uint32_t flags, const char *read, const char *text)
{
    struct cfb_make m;
    struct writer head, body, preview;
    struct examined e;

    writer_init(&head, 1024);
    writer_init(&body, 1024);
    writer_init(&preview, 1024);
    writer_str(&head, "HWP Document File");
    while (head.n < 36)
        writer_u8(&head, 0);
    writer_le(&head, flags, 4);
    writer_le(&body, 66u | 0u << 20, 4); /* a paragraph's head, empty here */
    writer_le(&body, 67u | (2u * (8 + 2 + 10)) << 20, 4);
    writer_le(&body, 2, 2); /* a control of eight units */
    for (unsigned i = 0; i < 7; i++)
        writer_le(&body, 'x', 2);
    writer_le(&body, 0xAE30, 2);
    writer_le(&body, 0xBC00, 2);
    utf16(&body, "TOP SECRET");
    utf16(&preview, "preview only");
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "FileHeader", writer_span(&head));
    cfb_make_stream(&m, 0, "DocInfo", span_str("x"));
    cfb_make_stream(&m, 0, "PrvText", writer_span(&preview));
    cfb_make_stream(&m, cfb_make_storage(&m, 0, "BodyText"), "Section0", writer_span(&body));
    e = examine(cfb_make_end(&m), "a.hwp", NULL);
    CHECK_STR(json_text(e.json, "mime"), "application/x-hwp");
    CHECK_STR(json_text(e.json, "read"), read);
    CHECK(contains(json_text(e.json, "text"), text));
    CHECK(!contains(json_text(e.json, "text"), "xxx"));
    examine_done(&e);
    cfb_make_done(&m);
    writer_done(&head);
    writer_done(&body);
    writer_done(&preview);
}

/* The directory of chunks, then two stories. */
static void story(struct writer *w, const char *magic, const char *text)
{
    struct writer t;

    writer_init(&t, 4096);
    utf16(&t, text);
    writer_str(w, magic);
    while (w->n < 0x20)
        writer_u8(w, 0);
    writer_le(w, 0x18, 2);
    writer_str(w, "TEXT");
    writer_le(w, 0, 6);
    writer_str(w, "TEXT");
    writer_le(w, 0x40, 4);
    writer_le(w, t.n, 4);
    while (w->n < 0x40)
        writer_u8(w, 0);
    writer_put(w, writer_span(&t));
    writer_done(&t);
}

static void test_chunks(bool works)
{
    struct cfb_make m;
    struct writer w;
    struct examined e;

    check_row(works ? "works: a letter" : "publisher: a story");
    writer_init(&w, 4096);
    story(&w, works ? "CHNKWKS " : "CHNKINK ", "T\xE1\xBB\x90I M\xE1\xBA\xACT\rNews of the day");
    cfb_make_init(&m);
    if (works) {
        cfb_make_stream(&m, 0, "CONTENTS", writer_span(&w));
        cfb_make_stream(&m, 0, "MatOST", span_str("x"));
    } else {
        cfb_make_stream(&m, cfb_make_storage(&m, cfb_make_storage(&m, 0, "Quill"), "QuillSub"), "CONTENTS",
                        writer_span(&w));
    }
    e = examine(cfb_make_end(&m), "a.bin", NULL);
    CHECK_STR(json_text(e.json, "mime"), works ? "application/vnd.ms-works" : "application/x-mspublisher");
    CHECK_STR(json_text(e.json, "level"), "toi_mat");
    CHECK(contains(json_text(e.json, "text"), "News of the day"));
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
    cfb_make_done(&m);
    writer_done(&w);
}

/* ---- RC4: written here once more, from the specification ---- */

struct rc4 {
    uint8_t s[256];
    unsigned i, j;
};

static void rc4_start(struct rc4 *c, const uint8_t *key)
{
    unsigned j = 0;

    c->i = c->j = 0;
    for (unsigned i = 0; i < 256; i++)
        c->s[i] = (uint8_t)i;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t t = c->s[i];
        j = (j + t + key[i % 16]) & 255;
        c->s[i] = c->s[j];
        c->s[j] = t;
    }
}

static void rc4_run(struct rc4 *c, uint8_t *p, size_t n, bool keep)
{
    for (size_t k = 0; k < n; k++) {
        c->i = (c->i + 1) & 255;
        c->j = (c->j + c->s[c->i]) & 255;
        uint8_t t = c->s[c->i];
        c->s[c->i] = c->s[c->j];
        c->s[c->j] = t;
        if (!keep)
            p[k] ^= c->s[(c->s[c->i] + t) & 255];
    }
}

/* Key of block 0 by Office 97's scheme. */
static void key_of(const char *password, const uint8_t salt[16], uint8_t out[OLE_CRYPT_HASH_MAX])
{
    uint8_t many[16 * 21], h[OLE_CRYPT_HASH_MAX];
    struct writer w;

    writer_init(&w, 256);
    utf16(&w, password);
    ole_crypt_hash(false, writer_span(&w), span_of(NULL, 0), h);
    writer_done(&w);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(many + (size_t)i * 21, h, 5);
        memcpy(many + (size_t)i * 21 + 5, salt, 16);
    }
    ole_crypt_hash(false, span_of(many, sizeof(many)), span_of(NULL, 0), h);
    ole_crypt_hash(false, span_of(h, 5), span_of("\0\0\0\0", 4), out);
}

static void test_rc4(const char *password, bool opens)
{
    static const uint8_t salt[16] = "0123456789abcde";
    uint8_t key[OLE_CRYPT_HASH_MAX], verifier[16] = "sixteen letters", hash[OLE_CRYPT_HASH_MAX];
    struct writer w;
    struct cfb_make m;
    struct examined e;
    struct rc4 c;
    size_t label;

    check_row(opens ? "xls under Excel's own password" : "xls under another password");
    key_of(password, salt, key);
    ole_crypt_hash(false, span_of(verifier, 16), span_of(NULL, 0), hash);
    rc4_start(&c, key);
    rc4_run(&c, verifier, 16, false);
    rc4_run(&c, hash, 16, false);
    writer_init(&w, 4096);
    writer_bytes(&w, "\x09\x08\x10\0\0\6\x10\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    writer_bytes(&w, "\x2F\0\x36\0\1\0\1\0\1\0", 10);
    writer_bytes(&w, salt, 16);
    writer_bytes(&w, verifier, 16);
    writer_bytes(&w, hash, 16);
    writer_bytes(&w, "\x04\x02\x13\0", 4); /* LABEL */
    label = w.n;
    writer_bytes(&w, "\0\0\0\0\0\0\x0A\0\0TOP SECRET", 19);
    writer_bytes(&w, "\x0A\0\0\0", 4);
    rc4_start(&c, key);
    rc4_run(&c, NULL, label, true);
    rc4_run(&c, w.p + label, 19, false);
    cfb_make_init(&m);
    cfb_make_stream(&m, 0, "Workbook", writer_span(&w));
    e = examine(cfb_make_end(&m), "a.xls", NULL);
    CHECK_STR(json_text(e.json, "read"), opens ? "full" : "none");
    CHECK_STR(json_text(e.json, "level"), opens ? "top_secret" : "none");
    CHECK(json_bool(json_get(json_get(e.json, "features"), "encrypted"), false));
    examine_done(&e);
    cfb_make_done(&m);
    writer_done(&w);
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    test_wpd();
    check_row("hwp: plain");
    test_hwp(0, "full", "\xEA\xB8\xB0\xEB\xB0\x80TOP SECRET");
    check_row("hwp: under a password: the preview");
    test_hwp(2, "partial", "preview only");
    test_chunks(true);
    test_chunks(false);
    test_rc4("VelvetSweatshop", true);
    test_rc4("hunter2", false);
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whole mails: what is body, what is a member, what says that it was not read. */
#include "tests/rules_extract/examine.h"

#define HEAD "From: =?utf-8?B?VHLhuqdu?= <a@b.example>\nTo: c@d.example\nSubject: Test\nMIME-Version: 1.0\n"

static struct examined mail(const char *rest)
{
    struct writer w;
    struct examined e;

    writer_init(&w, 1 << 20);
    writer_str(&w, HEAD);
    writer_str(&w, rest);
    e = examine(writer_span(&w), "m.eml", NULL);
    writer_done(&w);
    CHECK_STR(json_text(e.json, "kind"), "eml");
    return e;
}

static void test_bodies(void)
{
    static const struct {
        const char *name, *mail, *want;
    } rows[] = {
        {"plain", "\nhello there\n", "hello there\n"},
        {"latin-1", "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9\n", "café\n"},
        {"tcvn3 declared as latin-1",
         "Content-Type: text/plain; charset=iso-8859-1\n\nC\xe9ng h\xdf"
         "a x\xb7 h\xe9i ch\xf1 ngh\xdc"
         "a Vi\xd6t Nam\n",
         "Cộng hòa xã hội chủ nghĩa Việt Nam\n"},
        {"quoted-printable",
         "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; "
         "charset=utf-8\n\nT=E1=BB=91=\ni\n",
         "Tối\n"},
        {"base64", "Content-Transfer-Encoding: base64\n\naGVsbG8K\n", "hello\n"},
        {"html", "Content-Type: text/html\n\n<p>one<script>no</script><p>two", "one\ntwo\n"},
        {"alternative",
         "Content-Type: multipart/alternative; boundary=\"x y\"\n\npreamble\n--x y\n\none\n--x "
         "y\nContent-Type: text/html\n\n<b>two</b>\n"
         "--x y--\nepilogue\n",
         "one\ntwo\n"},
        {"longer boundary beside",
         "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--xy\ntwo\n--x--\n", "one\n--xy\ntwo\n"},
        {"no end", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none", "one\n"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct examined e = mail(rows[i].mail);
        check_row(rows[i].name);
        CHECK(contains(json_text(e.json, "text"), rows[i].want));
        CHECK_STR(json_text(e.json, "read"), "full");
        CHECK(json_get(e.json, "members")->count == 0);
        CHECK(contains(json_text(e.json, "text"), "Trần"));
        CHECK(contains(json_text(e.json, "text"), "Test"));
        examine_done(&e);
    }
}

static void test_members(void)
{
    struct examined e =
        mail("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nbody\n--x\nContent-Type: text/plain; "
             "name=\"a.txt\"\n\n"
             "attached\n--x\nContent-Type: message/rfc822\n\nFrom: x@y.example\nTo: z@y.example\nSubject: "
             "inner\n\n"
             "TOP SECRET//NOFORN\n--x\nContent-Disposition: attachment; filename*=utf-8''%C3%A9.html\n"
             "Content-Transfer-Encoding: base64\n\nPHA+aGVsbG8=\n--x--\n");

    check_row("members");
    CHECK(json_get(e.json, "members")->count == 3);
    CHECK_STR(json_text(member_at(e.json, 0), "file"), "a.txt");
    CHECK_STR(json_text(member_at(e.json, 0), "text"), "attached");
    CHECK_STR(json_text(member_at(e.json, 1), "kind"), "eml");
    CHECK_STR(json_text(member_at(e.json, 1), "level"), "top_secret");
    CHECK_STR(json_text(member_at(e.json, 2), "file"), "é.html");
    CHECK_STR(json_text(member_at(e.json, 2), "text"), "hello");
    CHECK_STR(json_text(e.json, "level"), "top_secret");
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
}

static void test_unread(void)
{
    static const struct {
        const char *name, *mail, *why;
    } rows[] = {
        {"boundary never comes", "Content-Type: multipart/mixed; boundary=x\n\nonly this\n", "corrupt"},
        {"no boundary", "Content-Type: multipart/mixed\n\nonly this\n", "corrupt"},
        {"pgp/mime",
         "Content-Type: multipart/encrypted; boundary=x; "
         "protocol=\"application/pgp-encrypted\"\n\n--x\nContent-Type: "
         "application/pgp-encrypted\n\nVersion: 1\n--x\nContent-Type: application/octet-stream\n\n-----BEGIN "
         "PGP MESSAGE-----\n--x--\n",
         "encrypted"},
        {"inline pgp", "\nhello\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
         "encrypted"},
        {"s/mime enveloped",
         "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
         "MIAGCSqGSIb3DQEHA6CAMIACAQAxgDAAAAAAAAAAAAAAAAA=\n",
         "encrypted"},
        {"binary attachment",
         "Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: "
         "base64\n\nAAECAwQFBgcICQ==\n",
         "unsupported"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct examined e = mail(rows[i].mail);
        check_row(rows[i].name);
        CHECK_STR(json_text(e.json, "read"), "partial");
        CHECK_STR(json_text(e.json, "unread_reason"), rows[i].why);
        examine_done(&e);
    }
}

static void test_labels(void)
{
    struct examined e = mail("Sensitivity: Company-Confidential\nmsip_labels: "
                             "MSIP_Label_a_Enabled=True;MSIP_Label_a_Name=Secret;\n\nx\n");

    check_row("labels");
    CHECK(json_get(e.json, "labels")->count == 2);
    CHECK_STR(json_text(e.json, "level"), "secret");
    CHECK_STR(json_text(e.json, "level_source"), "label");
    examine_done(&e);
    e = examine_str("Subject: TOP SECRET//NOFORN\nFrom: a@b.example\nTo: c@d.example\n\nx\n", "s.eml");
    check_row("subject");
    CHECK_STR(json_text(json_at(json_get(e.json, "markings"), 0), "where"), "header");
    examine_done(&e);
}

/* Three hundred multiparts one in the other, and one part ten thousand times. */
static void test_hostile(void)
{
    struct writer w;
    struct examined e;

    writer_init(&w, 4 << 20);
    writer_str(&w, HEAD);
    for (unsigned i = 0; i < 300; i++)
        writer_printf(&w, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    writer_str(&w, "\nTOP SECRET//NOFORN\n");
    e = examine(writer_span(&w), "deep.eml", NULL);
    check_row("deep");
    CHECK(strcmp(json_text(e.json, "read"), "full") != 0);
    CHECK_STR(json_text(e.json, "unread_reason"), "too_deep");
    examine_done(&e);
    writer_clear(&w);
    writer_str(&w, HEAD "Content-Type: multipart/mixed; boundary=b\n\n");
    for (unsigned i = 0; i < 12000; i++)
        writer_str(&w, "--b\n\nx\n");
    e = examine(writer_span(&w), "wide.eml", NULL);
    check_row("wide");
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    examine_done(&e);
    writer_clear(&w);
    writer_str(&w, HEAD);
    for (unsigned i = 0; i < 3000; i++)
        writer_str(&w, "X-A: b\n");
    writer_str(&w, "\nbody\n");
    e = examine(writer_span(&w), "head.eml", NULL);
    check_row("head");
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    examine_done(&e);
    writer_done(&w);
}

static void test_mailbox(void)
{
    struct examined e =
        examine_str("From a@b.example Mon Jun 01 10:00:00 2009\nSubject: one\nFrom: a@b.example\n\nbody "
                    "one\n>From x\n\nFrom c@d.example Mon Jun "
                    "01 10:00:01 2009\nSubject: two\nTo: x@b.example\n\nbody two\nFrom here on no new mail\n",
                    "box.mbox");

    check_row("mailbox");
    CHECK(json_get(e.json, "members")->count == 2);
    CHECK_STR(json_text(member_at(e.json, 0), "kind"), "eml");
    CHECK(contains(json_text(member_at(e.json, 1), "text"), "From here on"));
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
}

/* One attribute of winmail.dat. */
static void tnef_put(struct writer *w, uint32_t id, struct span v)
{
    writer_u8(w, id == 0x00018004 ? 1 : 2);
    writer_le(w, id, 4);
    writer_le(w, v.n, 4);
    writer_put(w, v);
    writer_le(w, 0, 2);
}

static void test_tnef(void)
{
    struct writer w;
    struct examined e;

    writer_init(&w, 65536);
    writer_le(&w, 0x223e9f78, 4);
    writer_le(&w, 1, 2);
    tnef_put(&w, 0x00018004, span_of("subject\0", 8));
    tnef_put(&w, 0x0002800c, span_str("the body"));
    tnef_put(&w, 0x00069002, span_of("\0\0\0\0", 4));
    tnef_put(&w, 0x00018010, span_of("a.txt\0", 6));
    tnef_put(&w, 0x0006800f, span_str("TOP SECRET//NOFORN"));
    e = examine(writer_span(&w), "winmail.dat", NULL);
    check_row("tnef");
    CHECK_STR(json_text(e.json, "kind"), "tnef");
    CHECK(contains(json_text(e.json, "text"), "subject") && contains(json_text(e.json, "text"), "the body"));
    CHECK_STR(json_text(member_at(e.json, 0), "file"), "a.txt");
    CHECK_STR(json_text(e.json, "level"), "top_secret");
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
    e = examine(span_part(writer_span(&w), 0, w.n - 10), "winmail.dat", NULL);
    check_row("tnef cut");
    CHECK_STR(json_text(e.json, "unread_reason"), "corrupt");
    examine_done(&e);
    writer_done(&w);
}

/* SignedData around a text, by hand: DER, then the same with indefinite lengths and the string in two pieces.
 */
static void test_cms(void)
{
    static const char der[] =
        "\x30\x29\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x1c\x30\x1a\x02\x01\x01\x31\x00\x30\x13"
        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x06\x04\x04text";
    static const char ber[] =
        "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x02te\x04\x02xt\0\0\0\0\0\0\0\0\0\0"
        "\0\0";
    static const struct {
        const char *name;
        struct span in;
    } rows[] = {{"der", {(const uint8_t *)der, sizeof(der) - 1}},
                {"ber", {(const uint8_t *)ber, sizeof(ber) - 1}}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct examined e = examine(rows[i].in, "letter.txt.p7m", NULL);
        check_row(rows[i].name);
        CHECK_STR(json_text(e.json, "kind"), "cms");
        CHECK_STR(json_text(member_at(e.json, 0), "file"), "letter.txt");
        CHECK_STR(json_text(member_at(e.json, 0), "text"), "text");
        CHECK_STR(json_text(e.json, "read"), "full");
        examine_done(&e);
        e = examine(span_part(rows[i].in, 0, rows[i].in.n - 14), "x.p7m", NULL);
        CHECK_STR(json_text(e.json, "unread_reason"), "corrupt");
        examine_done(&e);
    }
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    test_bodies();
    test_members();
    test_unread();
    test_labels();
    test_hostile();
    test_mailbox();
    test_tnef();
    test_cms();
    return check_end();
}

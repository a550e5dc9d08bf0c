/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each session as it happens, in small pieces, and with one side seen before the other: the same documents in
 * each; items of FETCH; the probe; ceilings. */
#include "sensor/decode/imap.h"
#include "sensor/decode/imap_line.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_imap/imap_case.h"

static void play(struct proto_host *h, const struct imap_case *c, size_t step, char only)
{
    for (size_t i = 0; i < GH_COUNT(c->step) && c->step[i].text; i++) {
        const struct imap_step *s = &c->step[i];
        enum direction dir = s->who == 'c' || s->who == 'G' ? TO_SERVER : TO_CLIENT;
        if (only && s->who != only)
            continue;
        if (s->who == 'g' || s->who == 'G')
            fake_gap(h, dir, s->n);
        else
            fake_say(h, dir, s->text, step);
    }
}

static bool said(const struct proto_host *h, const char *text)
{
    for (size_t i = 0; i < fake_events(h, EVENT_IMAP); i++)
        if (strstr(fake_event(h, EVENT_IMAP, i)->json, text))
            return true;
    return false;
}

/* first: who is seen first, all of it; 0: as it happens. */
static void run(const struct imap_case *c, size_t step, char first)
{
    struct proto_host *h = fake_new(&imap_proto, NULL);
    size_t n = 0;

    check_row(c->name);
    play(h, c, step, first);
    if (first)
        play(h, c, step, first == 'c' ? 's' : 'c');
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    for (; n < GH_COUNT(c->doc) && c->doc[n].text; n++) {
        /* Zeros at the end of a hole that nothing follows are not written. */
        CHECK(fake_doc_is(h, n, c->doc[n].name, c->doc[n].text, c->doc[n].n));
        CHECK(fake_has(h, EVENT_FILEINFO, n, c->doc[n].truncated ? "TRUNCATED" : "CLOSED"));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"imap\":{\"command\":"));
    }
    CHECK_U64(h->n_doc, n);
    for (size_t i = 0; i < GH_COUNT(c->has) && c->has[i]; i++) {
        if (!said(h, c->has[i]))
            fprintf(stderr, "missing: %s\n", c->has[i]);
        CHECK(said(h, c->has[i]));
    }
    CHECK(!c->not || !said(h, c->not ));
    CHECK_STR(h->anomalies, c->anomaly ? c->anomaly : "");
    fake_free(h);
}

/* Text as a deflate stream that is not compressed: blocks of at most 60 bytes. */
static struct span packed(const char *text, uint8_t *buf, size_t cap)
{
    size_t n = strlen(text);
    struct writer w;

    writer_fixed(&w, buf, cap);
    for (size_t at = 0; at < n; at += 60) {
        uint16_t part = (uint16_t)(n - at < 60 ? n - at : 60);
        writer_u8(&w, 0);
        writer_u8(&w, (uint8_t)part);
        writer_u8(&w, 0);
        writer_be(&w, 0xFF00u ^ (uint32_t)part << 8 ^ 0xFF, 2);
        writer_bytes(&w, text + at, part);
    }
    gh_check(writer_ok(&w));
    return writer_span(&w);
}

#define COMPRESS "a2 COMPRESS DEFLATE\r\n"
#define FETCHED "* 1 FETCH (BODY[] {23}\r\nSubject: hi\r\n\r\ninside\r\n)\r\na4 OK done\r\n"

/* What is inside is read as if nobody had packed it; in which pieces it comes does not matter. */
static void test_compressed(size_t step)
{
    struct proto_host *h = fake_new(&imap_proto, NULL);
    uint8_t client[2048], server[2048], first[256];
    struct span c, s, f;

    check_row("compressed");
    fake_say(h, TO_CLIENT, "* OK IMAP4rev1 ready\r\n", step);
    fake_say(h, TO_SERVER, COMPRESS, step);
    /* The first bytes of the stream may stand in the segment of the reply. */
    f = packed("* 1 EXISTS\r\n", first, sizeof(first));
    memcpy(server, "a2 OK packed from now on\r\n", 26);
    memcpy(server + 26, f.p, f.n);
    fake_feed(h, TO_CLIENT, server, 26 + f.n, step);
    c = packed(
        "a3 COMPRESS DEFLATE\r\na4 FETCH 1 BODY[]\r\na5 APPEND \"x\" {20+}\r\nSubject: b\r\n\r\nmine\r\n\r\n",
        client, sizeof(client));
    fake_feed(h, TO_SERVER, c.p, c.n, step);
    s = packed("a3 NO [COMPRESSIONACTIVE]\r\n" FETCHED "a5 OK\r\n", server, sizeof(server));
    fake_feed(h, TO_CLIENT, s.p, s.n, step);
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    CHECK_U64(h->n_doc, 2);
    CHECK(fake_doc_is(h, 0, "", "mine\r\n", 6));
    CHECK(fake_doc_is(h, 1, "", "inside\r\n", 8));
    CHECK(said(h, "\"command\":\"COMPRESS\",\"arguments\":\"DEFLATE\",\"status\":\"NO\""));
    CHECK_STR(h->anomalies, "");
    fake_free(h);
}

static void test_compressed_faults(void)
{
    static const struct {
        const char *name;
        int how;
        const char *anomaly;
    } rows[] = {
        {"a hole", 0, "imap.gap_in_compressed "},
        {"no deflate at all", 1, "imap.compression_broken "},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host *h = fake_new(&imap_proto, NULL);
        uint8_t server[2048];
        struct span s = packed(FETCHED, server, sizeof(server));
        check_row(rows[i].name);
        fake_say(h, TO_CLIENT, "* OK IMAP4rev1 ready\r\n", 0);
        fake_say(h, TO_SERVER, COMPRESS, 0);
        fake_say(h, TO_CLIENT, "a2 OK\r\n", 0);
        if (rows[i].how)
            fake_say(h, TO_CLIENT, "\x07\x07\x07 no, it is not", 0);
        else
            fake_feed(h, TO_CLIENT, s.p, 45, 0);
        if (!rows[i].how)
            fake_gap(h, TO_CLIENT, 5);
        fake_say(h, TO_CLIENT, "what comes then is not read\r\n", 0);
        fake_close(h);
        CHECK_STR(h->anomalies, rows[i].anomaly);
        CHECK_U64(h->n_doc, rows[i].how ? 0 : 1);
        if (!rows[i].how)
            CHECK(fake_has(h, EVENT_FILEINFO, 0, "TRUNCATED"));
        fake_free(h);
    }
}

static void test_items(void)
{
    static const struct {
        const char *tail;
        int kind;
        const char *section;
        bool partial;
        uint64_t origin;
    } rows[] = {
        {"* 1 FETCH (BODY[] ", ITEM_MAIL, "", false, 0},
        {"body[]<65536>", ITEM_MAIL, "", true, 65536},
        {"BODY[1] X BODY[2.1]", ITEM_PART, "2.1", false, 0},
        {"BODY[2.MIME]", ITEM_MIME, "2.MIME", false, 0},
        {"BODY[1.TEXT]<0>", ITEM_TEXT, "1.TEXT", true, 0},
        {"BODY[HEADER.FIELDS (A B)]", ITEM_HEADER, "HEADER.FIELDS (A B)", false, 0},
        {"BINARY[3]", ITEM_BINARY, "3", false, 0},
        {"RFC822", ITEM_MAIL, "", false, 0},
        {"RFC822.HEADER", ITEM_HEADER, "", false, 0},
        {"RFC822.SIZE", ITEM_NONE, "", false, 0},
        {"ENVELOPE (NIL ", ITEM_NONE, "", false, 0},
        {"X]", ITEM_NONE, "", false, 0},
        {"]", ITEM_NONE, "", false, 0},
        {"[]", ITEM_NONE, "", false, 0},
        {">", ITEM_NONE, "", false, 0},
        {"BODY[]<>", ITEM_MAIL, "", false, 0},
        {"", ITEM_NONE, "", false, 0},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct imap_item item;
        check_row(rows[i].tail);
        imap_item(span_str(rows[i].tail), &item);
        CHECK_U64(item.kind, rows[i].kind);
        CHECK(span_eq(item.section, span_str(rows[i].section)));
        CHECK(item.partial == rows[i].partial);
        CHECK_U64(item.origin, rows[i].origin);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum direction dir;
        enum probe want;
    } probes[] = {
        {"* OK IMAP4\r\n", TO_CLIENT, PROBE_YES},
        {"* PREAUTH x\r\n", TO_CLIENT, PROBE_YES},
        {"* O", TO_CLIENT, PROBE_MORE},
        {"+OK x\r\n", TO_CLIENT, PROBE_NO},
        {"*1\r\n", TO_CLIENT, PROBE_NO},
        {"a1 CAPABILITY\r\n", TO_SERVER, PROBE_YES},
        {". login a b\r\n", TO_SERVER, PROBE_YES},
        {"a1 capa", TO_SERVER, PROBE_MORE},
        {"please login now\r\n", TO_SERVER, PROBE_NO},
        {"GET / HTTP/1.1\r\n", TO_SERVER, PROBE_NO},
        {"\x16\x03\x01", TO_SERVER, PROBE_NO},
    };
    struct proto_ctx cx = {0};

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        check_row(probes[i].text);
        CHECK(imap_proto.probe(&cx, probes[i].dir, span_str(probes[i].text)) == probes[i].want);
    }
    cx.midstream = true;
    CHECK(imap_proto.probe(&cx, TO_SERVER, span_str("* 12 FETCH (FLAGS ())\r\n")) == PROBE_YES);
}

static void test_ceilings(void)
{
    struct proto_host *h = fake_new(&imap_proto, NULL);
    char text[64];

    check_row("commands without replies, replies without commands, huge literals");
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof(text), "t%d NOOP\r\n", i);
        fake_say(h, TO_SERVER, text, 0);
        snprintf(text, sizeof(text), "u%d OK\r\n", i);
        fake_say(h, TO_CLIENT, text, 0);
    }
    fake_say(h, TO_CLIENT, "* 1 FETCH (BODY[] {99999999999999999999}\r\n* 2 FETCH (BODY[] {3}\r\n\r\nx)\r\n",
             0);
    CHECK(h->n_event > 200);
    CHECK_U64(fake_events(h, EVENT_FILEINFO), 1);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < imap_case_count; i++) {
        run(&imap_cases[i], 0, 0);
        run(&imap_cases[i], 1, 0);
        run(&imap_cases[i], 7, 0);
        if (!imap_cases[i].only_in_order) {
            run(&imap_cases[i], 0, 's');
            run(&imap_cases[i], 0, 'c');
        }
    }
    test_compressed(0);
    test_compressed(1);
    test_compressed(7);
    test_compressed_faults();
    test_items();
    test_probe();
    test_ceilings();
    return check_end();
}

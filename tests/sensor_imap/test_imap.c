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
    test_items();
    test_probe();
    test_ceilings();
    return check_end();
}

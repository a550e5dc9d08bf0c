/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each session at once and in small pieces; the probe; ceilings. */
#include "sensor/decode/smtp.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_smtp/smtp_case.h"

static void run(const struct smtp_case *c, size_t step)
{
    struct proto_host *h = fake_new(&smtp_proto, NULL);
    size_t n = 0;

    check_row(c->name);
    for (size_t i = 0; i < GH_COUNT(c->step) && c->step[i].text; i++) {
        const struct smtp_step *s = &c->step[i];
        enum direction dir = s->who == 'c' || s->who == 'G' ? TO_SERVER : TO_CLIENT;
        if (s->who == 'g' || s->who == 'G')
            fake_gap(h, dir, s->n);
        else
            fake_say(h, dir, s->text, step);
    }
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    for (; n < GH_COUNT(c->doc) && c->doc[n].text; n++) {
        /* Zeros stand in documents with holes only: there the size is taken from the document. */
        size_t size = c->doc[n].truncated && n < h->n_doc ? h->doc[n].d.size : strlen(c->doc[n].text);
        CHECK(fake_doc_is(h, n, c->doc[n].name, c->doc[n].text, size));
        CHECK(fake_has(h, EVENT_FILEINFO, n,
                       c->doc[n].truncated ? "\"state\":\"TRUNCATED\"" : "\"state\":\"CLOSED\""));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"smtp\":{") && fake_has(h, EVENT_FILEINFO, n, "\"email\":{"));
    }
    CHECK_U64(h->n_doc, n);
    for (n = 0; n < GH_COUNT(c->event) && c->event[n]; n++)
        CHECK(fake_has(h, EVENT_SMTP, n, c->event[n]));
    CHECK_U64(fake_events(h, EVENT_SMTP), n);
    if (c->anomaly)
        CHECK(strstr(h->anomalies, c->anomaly) != NULL);
    else
        CHECK_STR(h->anomalies, "");
    for (size_t i = 0; i < h->n_event; i++)
        CHECK(!strstr(h->event[i].json, "secret"));
    fake_free(h);
}

static void probes(void)
{
    static const struct {
        const char *first;
        enum direction dir;
        bool midstream;
        enum probe want;
    } rows[] = {
        {"EHLO x\r\n", TO_SERVER, false, PROBE_YES},
        {"helo x\r\n", TO_SERVER, false, PROBE_YES},
        {"LHLO x\r\n", TO_SERVER, false, PROBE_YES},
        {"EH", TO_SERVER, false, PROBE_MORE},
        {"MAIL FROM:<a>", TO_SERVER, true, PROBE_YES},
        {"USER x\r\n", TO_SERVER, false, PROBE_NO},
        {"220 mx ESMTP Postfix\r\n", TO_CLIENT, false, PROBE_YES},
        {"220", TO_CLIENT, false, PROBE_MORE},
        {"220 FTP ready\r\n", TO_CLIENT, false, PROBE_NO},
        {"SSH-2.0-x\r\n", TO_CLIENT, false, PROBE_NO},
        {"EHLO x\r\n", TO_CLIENT, true, PROBE_YES},
        {"", TO_CLIENT, false, PROBE_MORE},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_ctx cx = {.midstream = rows[i].midstream};
        check_row(rows[i].first);
        CHECK_U64(smtp_proto.probe(&cx, rows[i].dir, span_str(rows[i].first)), rows[i].want);
    }
}

static void ceilings(void)
{
    struct proto_host *h = fake_new(&smtp_proto, NULL);
    char line[9000];

    check_row("many recipients, many commands, long lines");
    memset(line, 'r', sizeof(line));
    fake_say(h, TO_SERVER, "EHLO x\r\nMAIL FROM:<a@x>\r\n", 0);
    for (int i = 0; i < 1000; i++)
        fake_say(h, TO_SERVER, "RCPT TO:<recipient@example.org>\r\n", 0);
    fake_say(h, TO_SERVER, "RCPT TO:<", 0);
    fake_feed(h, TO_SERVER, line, sizeof(line), 0);
    fake_say(h, TO_SERVER, ">\r\nDATA\r\n", 0);
    fake_say(h, TO_SERVER, "\r\nx\r\n.\r\n", 0);
    fake_close(h);
    CHECK(fake_has(h, EVENT_SMTP, 0, "<recipient@example.org>"));
    CHECK(fake_doc_is(h, 0, "", "x\r\n", 3));
    CHECK(strlen(fake_event(h, EVENT_SMTP, 0)->json) < 12000);
    fake_free(h);

    check_row("no memory for a mail");
    h = fake_new(&smtp_proto, NULL);
    h->charge_max = h->charged;
    fake_say(h, TO_SERVER, "MAIL FROM:<a@x>\r\nDATA\r\n", 0);
    fake_say(h, TO_SERVER, "\r\nx\r\n.\r\nQUIT\r\n", 0);
    CHECK(strstr(h->anomalies, "smtp.no_memory"));
    CHECK(fake_has(h, EVENT_SMTP, 0, "\"mail_from\":\"<a@x>\""));
    fake_free(h);
}

/* A handshake of seeds_tls (direction, 16-bit length, bytes) behind a STARTTLS, whose reply is seen or not.
 */
static void starttls(bool replies, size_t step)
{
    struct proto_host *h = fake_new(&smtp_proto, NULL);
    FILE *f = fopen("tests/sensor_tls/seeds_tls/tls13", "rb");
    uint8_t buf[16384];
    struct reader in = reader_of(buf, f ? fread(buf, 1, sizeof(buf), f) : 0);

    check_row(replies ? "handshake behind STARTTLS" : "handshake behind STARTTLS, one direction");
    CHECK(reader_left(&in) > 3);
    if (f)
        fclose(f);
    fake_say(h, TO_SERVER, "EHLO x\r\nSTARTTLS\r\n", step);
    if (replies)
        fake_say(h, TO_CLIENT, "220 mx ESMTP\r\n250 STARTTLS\r\n220 go ahead\r\n", step);
    while (reader_left(&in) > 3) {
        enum direction dir = reader_u8(&in) & 1 ? TO_CLIENT : TO_SERVER;
        struct span part = reader_take(&in, reader_be16(&in));
        if (replies || dir == TO_SERVER)
            fake_feed(h, dir, part.p, part.n, step);
    }
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    CHECK_U64(fake_events(h, EVENT_TLS), 1);
    CHECK(fake_has(h, EVENT_TLS, 0, "\"sni\":\"may.example.vn\""));
    CHECK(fake_has(h, EVENT_TLS, 0, replies ? "\"version\":\"TLS 1.3\"" : "\"version\":\"UNDETERMINED\""));
    CHECK(strstr(h->anomalies, "smtp.starttls") != NULL);
    CHECK_U64(h->charged, 0);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < smtp_case_count; i++)
        for (size_t step = 0; step < 12; step++)
            run(&smtp_cases[i], step);
    probes();
    ceilings();
    for (size_t step = 0; step < 4; step++) {
        starttls(true, step);
        starttls(false, step);
    }
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each message at once and in pieces of every size up to 40; then ceilings, holes and facts. */
#include "sensor/decode/mime.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_mime/mime_case.h"

static void feed(struct mime *m, struct span text, size_t step)
{
    struct reader r = reader_span(text);

    while (reader_left(&r)) {
        size_t n = step && step < reader_left(&r) ? step : reader_left(&r);
        uint8_t *exact = malloc(n);
        gh_check(exact);
        reader_copy(&r, exact, n);
        mime_feed(m, span_of(exact, n));
        free(exact);
    }
}

static void context(void *arg, struct mime *m, struct writer *out)
{
    writer_printf(out, "\"smtp\":{\"parts\":%zu}", mime_facts(m)->n_parts);
}

static struct mime *start(struct proto_host *h, const char *form)
{
    return mime_new(&h->cx, form ? MIME_FORM : MIME_MAIL, TO_SERVER, 0, span_str(form ? form : ""), context,
                    NULL);
}

static void run(const struct mime_case *c, size_t step)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct mime *m = start(h, c->form);
    size_t n = 0;

    check_row(c->name);
    feed(m, span_str(c->message), step);
    mime_end(m, true);
    mime_free(m);
    for (; n < GH_COUNT(c->part) && c->part[n].text; n++) {
        CHECK(fake_doc_is(h, n, c->part[n].name, c->part[n].text, strlen(c->part[n].text)));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"smtp\":{\"parts\":"));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"state\":\"CLOSED\""));
    }
    CHECK_U64(h->n_doc, n);
    if (c->anomaly)
        CHECK(strstr(h->anomalies, c->anomaly) != NULL);
    else
        CHECK_STR(h->anomalies, "");
    CHECK_U64(h->charged, 0);
    fake_free(h);
}

/* A file in two mails, the second one first: each part is a document, and together they are the file. */
static void yenc_parts(void)
{
    static const char *const mails[] = {
        "Subject: 2/2\r\n\r\n=ybegin part=2 total=2 line=128 size=5 name=f\r\n=ypart begin=4 end=5\r\n"
        "\x96\x99\r\n=yend size=2 part=2\r\n",
        "Subject: of another file\r\n\r\n=ybegin part=1 total=2 line=128 size=5 name=g\r\n=ypart begin=1 "
        "end=3\r\n"
        "KKK\r\n=yend size=3 part=1\r\n",
        "Subject: 1/2\r\n\r\n=ybegin part=1 total=2 line=128 size=5 name=f\r\n=ypart begin=1 end=3\r\n"
        "r\x8f\x96\r\n=yend size=3 part=1\r\n",
    };
    struct proto_host *h = fake_new(NULL, NULL);

    check_row("yEnc in parts");
    for (size_t i = 0; i < GH_COUNT(mails); i++) {
        struct mime *m = start(h, NULL);
        feed(m, span_str(mails[i]), 0);
        mime_end(m, true);
        mime_free(m);
    }
    CHECK_U64(h->n_doc, 4);
    CHECK(fake_doc_is(h, 0, "f", "lo", 2));
    CHECK(fake_doc_is(h, 1, "g", "!!!", 3));
    CHECK(fake_doc_is(h, 2, "f", "Hel", 3));
    CHECK(fake_doc_is(h, 3, "f", "Hello", 5));
    fake_free(h);
}

/* One that says it is longer than it is, and one that does not end. */
static void yenc_short(void)
{
    static const char *const mails[] = {
        "Subject: x\r\n\r\n=ybegin line=128 size=6 name=f\r\nr\x8f\x96\x96\x99\r\n=yend size=6\r\n",
        "Subject: x\r\n\r\n=ybegin line=128 size=6 name=f\r\nr\x8f\x96\x96\x99\r\n",
    };

    check_row("yEnc that is too short");
    for (size_t i = 0; i < GH_COUNT(mails); i++) {
        struct proto_host *h = fake_new(NULL, NULL);
        struct mime *m = start(h, NULL);
        feed(m, span_str(mails[i]), 0);
        mime_end(m, true);
        mime_free(m);
        CHECK(fake_doc_is(h, 0, "f", "Hello", 5));
        CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"state\":\"TRUNCATED\""));
        fake_free(h);
    }
}

static void facts(void)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct mime *m = start(h, NULL);
    const struct mime_facts *f;

    check_row("facts");
    feed(m,
         span_str("FROM: =?utf-8?Q?Nguy=E1=BB=85n_?=\r\n =?utf-8?Q?An?= <an@x.vn>\r\nTo: a@b,\r\n "
                  "c@d\r\nSubject: =?iso-8859-1?Q?caf=E9?=\r\n"
                  "Subject: second\r\nMessage-ID: <1@x>\r\nDate: now\r\nContent-Type: multipart/mixed; "
                  "boundary=b\r\n\r\n"
                  "--b\r\nSubject: inner\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n--b--\r\n"),
         3);
    mime_end(m, true);
    f = mime_facts(m);
    CHECK(span_eq(f->from, span_str("Nguy\xe1\xbb\x85n An <an@x.vn>")));
    CHECK(span_eq(f->to, span_str("a@b, c@d")));
    CHECK(span_eq(f->subject, span_str("caf\xc3\xa9")));
    CHECK(span_eq(f->message_id, span_str("<1@x>")) && span_eq(f->date, span_str("now")) && f->cc.n == 0);
    CHECK(f->n_attachments == 1 && span_eq(f->attachments[0], span_str("a.txt")) && f->body_seen);
    mime_free(m);
    fake_free(h);
}

static void deep(void)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct mime *m = start(h, NULL);
    char line[200];

    check_row("deep");
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof(line), "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
        feed(m, span_str(line), 0);
    }
    feed(m, span_str("\r\nleaf\r\n"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK_U64(h->n_doc, 1); /* the rest of the nesting, undivided */
    CHECK(h->n_doc && memmem(h->doc[0].bytes, h->doc[0].d.size, "leaf", 4));
    CHECK(strstr(h->anomalies, "mime.too_deep"));
    fake_free(h);
    h = fake_new(NULL, NULL);
    m = start(h, NULL);
    for (int i = 0; i < 100; i++)
        feed(m, span_str("Content-Type: message/rfc822\r\n\r\n"), 0);
    feed(m, span_str("\r\nleaf\r\n"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK_U64(h->n_doc, 1);
    CHECK(strstr(h->anomalies, "mime.too_deep"));
    fake_free(h);
}

static void many(void)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct mime *m = start(h, "x");

    check_row("many parts");
    for (int i = 0; i < MIME_PARTS + 100; i++)
        feed(m, span_str("--x\r\n\r\nv\r\n"), 0);
    feed(m, span_str("--x--\r\n"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK_U64(fake_events(h, EVENT_FILEINFO), FAKE_EVENTS); /* all that the fake host keeps */
    CHECK_U64(carver_counts(h->cx.carver)->closed, MIME_PARTS);
    CHECK(strstr(h->anomalies, "mime.too_many_parts"));
    fake_free(h);

    check_row("long lines");
    h = fake_new(NULL, NULL);
    m = start(h, NULL);
    for (int i = 0; i < 30000; i++)
        feed(m, span_str("X-Header: vvvvvvvvvvvvvvvv\r\n"), 0);
    CHECK(strstr(h->anomalies, "mime.header_too_long"));
    feed(m, span_str("\r\n"), 0);
    for (int i = 0; i < 100000; i++)
        feed(m, span_str("--abcdefgh"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK_U64(h->doc[0].d.size, 1000000);
    fake_free(h);
}

static void holes(void)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct mime *m = start(h, NULL);

    check_row("hole in a part");
    feed(m,
         span_str(
             "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: x/y; name=a\r\n\r\nabc"),
         0);
    mime_gap(m, 4);
    feed(m, span_str("def\r\n--b\r\n\r\nnext\r\n--b--\r\n"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK(fake_doc_is(h, 0, "a", "abc\0\0\0\0def", 10) && fake_doc_is(h, 1, "", "next", 4));
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"gaps\":true,\"state\":\"TRUNCATED\""));
    fake_free(h);

    check_row("hole in a header");
    h = fake_new(NULL, NULL);
    m = start(h, NULL);
    feed(m, span_str("Subject: x\r\nConte"), 0);
    mime_gap(m, 100);
    feed(m, span_str("rest\r\n"), 0);
    mime_end(m, false);
    mime_free(m);
    CHECK(strstr(h->anomalies, "mime.gap_in_header"));
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"gaps\":true"));
    fake_free(h);

    check_row("hole in the header of a message inside");
    h = fake_new(NULL, NULL);
    m = start(h, NULL);
    feed(m, span_str("Content-Type: message/rfc822\r\nConte"), 0);
    mime_gap(m, 100);
    feed(m, span_str("rest\r\nSubject: y\r\n\r\ntext\r\n"), 0);
    mime_end(m, true);
    mime_free(m);
    CHECK_U64(fake_events(h, EVENT_FILEINFO), 1);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"gaps\":true"));
    fake_free(h);

    check_row("freed in the middle");
    h = fake_new(NULL, NULL);
    m = start(h, "x");
    feed(m, span_str("--x\r\n\r\nabc"), 0);
    mime_free(m);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"state\":\"TRUNCATED\""));
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < mime_case_count; i++)
        for (size_t step = 0; step <= 40; step++)
            run(&mime_cases[i], step);
    yenc_parts();
    yenc_short();
    facts();
    deep();
    many();
    holes();
    return check_end();
}

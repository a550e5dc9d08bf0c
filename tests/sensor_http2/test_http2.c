/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each case at once, byte by byte, and in pieces of seven bytes; then probes, ceilings and floods. */
#include "sensor/decode/http.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/http2_impl.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_http2/h2_case.h"

static void play(struct proto_host *h, const struct h2_step *s, size_t step)
{
    enum direction dir = s->who == 'c' ? TO_SERVER : TO_CLIENT;
    struct writer w;

    if (s->kind == H2_HOLE) {
        fake_gap(h, dir, s->n);
        return;
    }
    writer_init(&w, 1 << 20);
    h2_make(&w, s);
    fake_feed(h, dir, w.p, w.n, step);
    writer_done(&w);
}

static void check_docs(const struct proto_host *h, const struct h2_doc *doc)
{
    size_t n = 0;

    for (; n < 6 && doc[n].text; n++) {
        CHECK(fake_doc_is(h, n, doc[n].name, doc[n].text, doc[n].n ? doc[n].n : strlen(doc[n].text)));
        CHECK(fake_has(h, EVENT_FILEINFO, n,
                       doc[n].truncated ? "\"state\":\"TRUNCATED\"" : "\"state\":\"CLOSED\""));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"http2\":{\"stream_id\":"));
    }
    CHECK_U64(h->n_doc, n);
}

static void run(const struct h2_case *c, size_t step)
{
    struct proto_host *h = fake_new(NULL, NULL);

    check_row(c->name);
    h->proto = c->http1 ? &http_proto : &http2_proto;
    h->cx.midstream = c->midstream;
    h->state = calloc(1, h->proto->state_size);
    CHECK(h->state && h->proto->open(h->state, &h->cx) == 0);
    for (size_t i = 0; i < GH_COUNT(c->step) && c->step[i].who; i++)
        play(h, &c->step[i], step);
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    check_docs(h, c->doc);
    if (c->event)
        CHECK(fake_has(h, EVENT_HTTP, 0, c->event));
    if (c->events)
        CHECK_U64(fake_events(h, EVENT_HTTP), c->events);
    if (c->anomaly)
        CHECK(strstr(h->anomalies, c->anomaly) != NULL);
    else
        CHECK_STR(h->anomalies, "");
    fake_free(h);
}

static void probes(void)
{
    static const struct {
        const char *name, *first;
        size_t n;
        enum direction dir;
        bool midstream;
        enum probe want;
    } rows[] = {
        {"preface", HTTP2_PREFACE, 24, TO_SERVER, false, PROBE_YES},
        {"half a preface", "PRI * H", 7, TO_SERVER, false, PROBE_MORE},
        {"GET", "GET / HTTP/1.1\r\n", 16, TO_SERVER, false, PROBE_NO},
        {"preface from the server", HTTP2_PREFACE, 24, TO_CLIENT, false, PROBE_NO},
        {"SETTINGS of a server", "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144", 15, TO_CLIENT, false, PROBE_YES},
        {"beginning of it", "\0\0\6\4\0", 5, TO_CLIENT, false, PROBE_MORE},
        {"SETTINGS of a client without preface", "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144", 15, TO_SERVER, false,
         PROBE_NO},
        {"empty SETTINGS", "\0\0\0\4\0\0\0\0\0", 9, TO_CLIENT, false, PROBE_MORE},
        {"and an acknowledgement", "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18, TO_CLIENT, false, PROBE_YES},
        {"bad SETTINGS", "\0\0\5\4\0\0\0\0\0\0\3\0\0\0\144", 15, TO_CLIENT, false, PROBE_NO},
        {"zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15, TO_CLIENT, true, PROBE_NO},
        {"DATA of a server that begins", "\0\0\1\0\0\0\0\0\1x", 10, TO_CLIENT, false, PROBE_NO},
        {"one window update", "\0\0\4\x8\0\0\0\0\1\0\0\1\0", 13, TO_SERVER, true, PROBE_YES},
        {"two frames", "\0\0\4\x8\0\0\0\0\1\0\0\1\0\0\0\1\0\1\0\0\0\1x", 23, TO_SERVER, true, PROBE_YES},
        {"one DATA", "\0\0\1\0\0\0\0\0\1x", 10, TO_CLIENT, true, PROBE_MORE},
        {"text", "220 mail.example.org ESMTP\r\n", 28, TO_CLIENT, true, PROBE_NO},
        {"nothing", "", 0, TO_CLIENT, false, PROBE_MORE},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_ctx cx = {.midstream = rows[i].midstream};
        check_row(rows[i].name);
        CHECK_U64(http2_proto.probe(&cx, rows[i].dir, span_of(rows[i].first, rows[i].n)), rows[i].want);
    }
}

/* More streams than may be open: the oldest go, nothing is lost of the others. */
static void many_streams(void)
{
    struct proto_host *h = fake_new(&http2_proto, NULL);
    struct writer w;

    check_row("many streams");
    writer_init(&w, 1 << 20);
    writer_str(&w, HTTP2_PREFACE);
    for (uint32_t i = 0; i < HTTP2_STREAMS_MAX + 10; i++)
        h2_frame(&w, HTTP2_HEADERS, HTTP2_END_STREAM | HTTP2_END_HEADERS, 2 * i + 1, span_of("\x82\x84", 2));
    fake_feed(h, TO_SERVER, w.p, w.n, 0);
    CHECK_U64(fake_events(h, EVENT_HTTP), 10);
    CHECK(strstr(h->anomalies, "http2.too_many_streams_open") != NULL);
    fake_close(h);
    CHECK_U64(fake_events(h, EVENT_HTTP), HTTP2_STREAMS_MAX + 10);
    writer_done(&w);
    fake_free(h);
}

/* A block that never ends is not kept; what comes behind it is read. */
static void endless_block(void)
{
    static const char fill[16384];
    struct proto_host *h = fake_new(&http2_proto, NULL);
    struct writer w;

    check_row("endless block");
    writer_init(&w, 4 << 20);
    writer_str(&w, HTTP2_PREFACE);
    h2_frame(&w, HTTP2_HEADERS, HTTP2_END_STREAM, 1, span_of("\x82\x84", 2));
    for (int i = 0; i < 100; i++)
        h2_frame(&w, HTTP2_CONTINUATION, 0, 1, span_of(fill, sizeof(fill)));
    fake_feed(h, TO_SERVER, w.p, w.n, 1000);
    CHECK(h->charged < 256u << 10);
    CHECK(strstr(h->anomalies, "http2.header_block_too_long") != NULL);
    writer_clear(&w);
    h2_frame(&w, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, span_of("\x84", 1));
    h2_frame(&w, HTTP2_HEADERS, HTTP2_END_STREAM | HTTP2_END_HEADERS, 3, span_of("\x82\x84", 2));
    fake_feed(h, TO_SERVER, w.p, w.n, 0);
    fake_close(h);
    CHECK(fake_has(h, EVENT_HTTP, 1, "\"url\":\"/\""));
    writer_done(&w);
    fake_free(h);
}

/* A few bytes name long values of the table: what each stream remembers of them is charged. */
static void fat_facts(void)
{
    struct proto_host *h = fake_new(&http2_proto, NULL);
    struct writer w, block;

    check_row("fat facts");
    h->charge_max = 1 << 20;
    writer_init(&w, 1 << 20);
    writer_init(&block, 1 << 16);
    writer_str(&w, HTTP2_PREFACE);
    writer_str(&block, "\x82\x44\x7f\xb1\x1e"); /* :method GET, :path of 4016 bytes, entered */
    for (int i = 0; i < 127 + 0x31 + (0x1e << 7); i++)
        writer_u8(&block, 'a');
    h2_frame(&w, HTTP2_HEADERS, HTTP2_END_STREAM | HTTP2_END_HEADERS, 1, writer_span(&block));
    for (uint32_t i = 1; i < 500; i++)
        h2_frame(&w, HTTP2_HEADERS, HTTP2_END_STREAM | HTTP2_END_HEADERS, 2 * i + 1, span_of("\x82\xbe", 2));
    fake_feed(h, TO_SERVER, w.p, w.n, 0);
    CHECK(h->charged > 1000000);
    CHECK(strstr(h->anomalies, "http.no_memory") != NULL || strstr(h->anomalies, "http2.no_memory") != NULL);
    writer_done(&w);
    writer_done(&block);
    fake_free(h);
}

/* Without memory the facts go, and say so; nothing crashes. */
static void no_memory(void)
{
    for (size_t max = 0; max < 64u << 10; max += 1024) {
        struct proto_host *h = fake_new(NULL, NULL);
        h->charge_max = max;
        h->proto = &http2_proto;
        h->state = calloc(1, h->proto->state_size);
        if (h->state && h->proto->open(h->state, &h->cx) == 0) {
            for (size_t i = 0; i < GH_COUNT(h2_cases[0].step) && h2_cases[0].step[i].who; i++)
                play(h, &h2_cases[0].step[i], 0);
        } else {
            free(h->state);
            h->state = NULL;
        }
        fake_free(h);
    }
}

/* Bytes that look like frames and are none, in pieces as small as can be: bounded work. */
static void false_borders(void)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct writer w;

    check_row("false borders");
    h->cx.midstream = true;
    h->proto = &http2_proto;
    h->state = calloc(1, h->proto->state_size);
    CHECK(h->state && h->proto->open(h->state, &h->cx) == 0);
    writer_init(&w, 4 << 20);
    for (int i = 0; i < 20000; i++) {
        for (int k = 0; k < 3; k++)
            h2_frame(&w, HTTP2_PRIORITY, 0, 1, span_of("\0\0\0\0\1", 5));
        writer_u8(&w, 0xff);
    }
    fake_feed(h, TO_SERVER, w.p, w.n, 1);
    fake_feed(h, TO_CLIENT, w.p, w.n, 0);
    CHECK(strstr(h->anomalies, "http2.given_up") != NULL);
    writer_done(&w);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < h2_case_count; i++) {
        run(&h2_cases[i], 0);
        run(&h2_cases[i], 1);
        run(&h2_cases[i], 7);
    }
    probes();
    many_streams();
    endless_block();
    fat_facts();
    no_memory();
    false_borders();
    return check_end();
}

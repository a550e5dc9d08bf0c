/* SPDX-License-Identifier: GPL-3.0-or-later
 * Probing, content codings, ceilings, and connections that are seen in part. */
#include "sensor/decode/http.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

#define HELLO "Hello, compressed world! "
#define TEXT HELLO HELLO HELLO HELLO
#define GZIPPED                                                                                              \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xf3\x48\xcd\xc9\xc9\xd7\x51\x48\xce\xcf\x2d\x28\x4a\x2d\x2e"   \
    "\x4e\x4d\x51"                                                                                           \
    "\x28\xcf\x2f\xca\x49\x51\x54\xf0\xa0\x9e\x04\x00\x76\x7c\x97\xfc\x64\x00\x00\x00"
#define TWICE                                                                                                \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x93\xef\xe6\x60\x00\x01\xa6\xff\x9f\x3d\xce\x9e\x3c\x79\x3d"   \
    "\xd0\xe3\xdc"                                                                                           \
    "\x79\x5d\x0d\x2f\x5d\x3d\x3f\xdf\x40\x8d\xf3\xfa\xa7\x3c\x03\x43\x3e\x2c\x98\xc7\xc2\x50\x56\x33\xfd"   \
    "\x4f\x0a\x50"                                                                                           \
    "\x1d\x00\x78\xb6\x52\x8e\x30\x00\x00\x00"
#define BROTLI                                                                                               \
    "\x1b\x63\x00\x00\x04\x9a\x71\xa4\x9f\x47\x90\x78\x1b\xee\xd6\x8a\x6c\xb2\x0a\x64\xb2\xc2\x3e\x32\x6b"   \
    "\xa6\x7f\x7d"                                                                                           \
    "\x77\x90\x8b\x40"

static void probes(void)
{
    static const struct {
        const char *first;
        enum direction dir;
        bool midstream;
        enum probe want;
    } rows[] = {
        {"GET / HTTP/1.1\r\n", TO_SERVER, false, PROBE_YES},
        {"BREW /pot HTTP/1.1\r\n", TO_SERVER, false, PROBE_YES},
        {"GE", TO_SERVER, false, PROBE_MORE},
        {"GET /a-long-one", TO_SERVER, false, PROBE_MORE},
        {"GET /old\r\n", TO_SERVER, false, PROBE_YES},
        {"\r\nGET / HTTP/1.0\r\n", TO_SERVER, false, PROBE_YES},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", TO_SERVER, false, PROBE_NO},
        {"PRI * HTTP/", TO_SERVER, false, PROBE_NO},
        {"PRI * HTTP/1.1\r\n", TO_SERVER, false, PROBE_YES},
        {"OPTIONS rtsp://h/ RTSP/1.0\r\n", TO_SERVER, false, PROBE_NO},
        {"OPTIONS sip:h SIP/2.0\r\n", TO_SERVER, false, PROBE_NO},
        {"CONNECT {\"verbose\":false}\r\n", TO_SERVER, false, PROBE_NO},
        {"M-SEARCH * HTTP/1.1\r\n", TO_SERVER, false, PROBE_YES},
        {"EHLO there\r\n", TO_SERVER, false, PROBE_NO},
        {"\x16\x03\x01", TO_SERVER, false, PROBE_NO},
        {"220 ready\r\n", TO_CLIENT, false, PROBE_NO},
        {"HTTP/1.1 200 OK\r\n", TO_CLIENT, false, PROBE_YES},
        {"HTT", TO_CLIENT, false, PROBE_MORE},
        {"GET / HTTP/1.1\r\n", TO_CLIENT, false, PROBE_NO},
        {"GET / HTTP/1.1\r\n", TO_CLIENT, true, PROBE_YES},
        {"HTTP/1.1 200 OK\r\n", TO_SERVER, true, PROBE_YES},
        {"", TO_SERVER, false, PROBE_MORE},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_ctx cx = {.midstream = rows[i].midstream};
        check_row(rows[i].first);
        CHECK_U64(http_proto.probe(&cx, rows[i].dir, span_str(rows[i].first)), rows[i].want);
    }
}

static void codings(void)
{
    static const struct {
        const char *field, *body;
        size_t n;
        const char *want;
        size_t n_want;
    } rows[] = {
        {"Content-Encoding: gzip", GZIPPED, sizeof(GZIPPED) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: x-gzip, identity", GZIPPED, sizeof(GZIPPED) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: gzip\r\nContent-Encoding: gzip", TWICE, sizeof(TWICE) - 1, TEXT,
         sizeof(TEXT) - 1},
        {"Content-Encoding: gzip, gzip", TWICE, sizeof(TWICE) - 1, TEXT, sizeof(TEXT) - 1},
        {"Transfer-Encoding: gzip", GZIPPED, sizeof(GZIPPED) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: BR", BROTLI, sizeof(BROTLI) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: deflate", GZIPPED, sizeof(GZIPPED) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: gz\001ip", GZIPPED, sizeof(GZIPPED) - 1, TEXT, sizeof(TEXT) - 1},
        {"Content-Encoding: gzip", "plain", 5, "plain", 5},
        {"Content-Encoding: zstd", "plain", 5, "plain", 5},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        for (size_t step = 0; step < 4; step++) {
            struct proto_host *h = fake_new(&http_proto, NULL);
            check_row(rows[i].field);
            fake_say(h, TO_SERVER, "GET /z HTTP/1.1\r\n\r\n", 0);
            fake_say(h, TO_CLIENT, "HTTP/1.1 200 OK\r\n", step);
            fake_say(h, TO_CLIENT, rows[i].field, step);
            fake_say(h, TO_CLIENT, "\r\n\r\n", step);
            fake_feed(h, TO_CLIENT, rows[i].body, rows[i].n, step);
            fake_close(h);
            CHECK_U64(h->n_doc, 1);
            CHECK(fake_doc_is(h, 0, "/z", rows[i].want, rows[i].n_want));
            fake_free(h);
        }
}

/* A body that unpacks to more than is allowed is cut there, and says by what. */
static void bomb(void)
{
    struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 1 << 20, .decoded_max = 60};
    struct proto_host *h = fake_new(&http_proto, &o);

    check_row("bomb");
    fake_say(h, TO_SERVER, "GET /b HTTP/1.1\r\n\r\n", 0);
    fake_say(h, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", 0);
    fake_feed(h, TO_CLIENT, GZIPPED, sizeof(GZIPPED) - 1, 0);
    fake_close(h);
    CHECK(fake_doc_is(h, 0, "/b", TEXT, 60));
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"truncated_by\":\"http_decompress_max\""));
    CHECK(strstr(h->anomalies, "http.decompress_limit") != NULL);
    fake_free(h);
}

static void reversed(void)
{
    struct proto_host *h = fake_new(&http_proto, NULL);

    check_row("reversed");
    h->cx.midstream = true;
    fake_say(h, TO_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 0);
    fake_say(h, TO_CLIENT, "PUT /up HTTP/1.1\r\nContent-Length: 2\r\n\r\nup", 0);
    fake_say(h, TO_SERVER, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n", 0);
    fake_close(h);
    CHECK(fake_doc_is(h, 0, "", "x", 1) && fake_doc_is(h, 1, "/up", "up", 2));
    CHECK(fake_event(h, EVENT_FILEINFO, 0)->dir == TO_SERVER &&
          fake_event(h, EVENT_FILEINFO, 1)->dir == TO_CLIENT);
    CHECK(fake_event(h, EVENT_HTTP, 1)->dir == TO_CLIENT && fake_has(h, EVENT_HTTP, 1, "\"url\":\"/up\""));
    fake_free(h);
}

/* The pieces of a document, over two requests, and one of another version that does not fit. */
static void ranges(void)
{
    struct proto_host *h = fake_new(&http_proto, NULL);
    static const char *const answers[] = {
        "HTTP/1.1 206 P\r\nETag: \"1\"\r\nContent-Range: bytes 3-5/6\r\nContent-Length: 3\r\n\r\ndef",
        "HTTP/1.1 206 P\r\nETag: \"2\"\r\nContent-Range: bytes 0-2/6\r\nContent-Length: 3\r\n\r\nxyz",
        "HTTP/1.1 206 P\r\nETag: \"1\"\r\nContent-Range: bytes 0-4/6\r\nContent-Length: 3\r\n\r\nabc", /* lies
                                                                                                        */
        "HTTP/1.1 206 P\r\nETag: \"1\"\r\nContent-Range: bytes 0-2/6\r\nContent-Length: 3\r\n\r\nabc",
    };

    check_row("ranges");
    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        fake_say(h, TO_SERVER, "GET /doc.pdf HTTP/1.1\r\nHost: h\r\nRange: bytes=1-2\r\n\r\n", 0);
        fake_say(h, TO_CLIENT, answers[i], 5);
    }
    fake_close(h);
    CHECK_U64(h->n_doc, 5);
    CHECK(fake_doc_is(h, 4, "/doc.pdf", "abcdef", 6));
    CHECK(fake_has(h, EVENT_FILEINFO, 4, "\"state\":\"CLOSED\"") &&
          fake_has(h, EVENT_FILEINFO, 4, "\"http\":{"));
    fake_free(h);
}

/* A response that arrives before its request does not push the others out of step. */
static void early_response(void)
{
    struct proto_host *h = fake_new(&http_proto, NULL);

    check_row("early response");
    fake_say(h, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", 0);
    fake_say(h, TO_SERVER, "GET /1 HTTP/1.1\r\n\r\n", 0);
    fake_say(h, TO_SERVER, "GET /2 HTTP/1.1\r\n\r\n", 0);
    fake_say(h, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2", 0);
    fake_close(h);
    CHECK(fake_doc_is(h, 1, "/2", "2", 1));
    CHECK_U64(fake_events(h, EVENT_HTTP), 3);
    fake_free(h);
}

static void ceilings(void)
{
    struct proto_host *h = fake_new(&http_proto, NULL);
    char line[70000];

    check_row("many requests without an answer");
    for (int i = 0; i < 3000; i++)
        fake_say(h, TO_SERVER, "GET /many HTTP/1.1\r\n\r\n", 0);
    CHECK(h->charged < (3u << 20) && strstr(h->anomalies, "http.too_many_requests_open"));
    fake_free(h);

    check_row("a line without end");
    h = fake_new(&http_proto, NULL);
    memset(line, 'a', sizeof(line));
    fake_say(h, TO_SERVER, "GET /x HTTP/1.1\r\nX: ", 0);
    fake_feed(h, TO_SERVER, line, sizeof(line), 1000);
    fake_say(h, TO_SERVER, "Content-Length: 99\r\nUser-Agent: seen\r\n\r\n", 0);
    fake_close(h);
    CHECK(fake_has(h, EVENT_HTTP, 0, "\"http_user_agent\":\"seen\""));
    fake_free(h);

    check_row("a body without head, line or end");
    h = fake_new(&http_proto, NULL);
    fake_say(h, TO_SERVER, "GET /old\r\n", 0);
    fake_feed(h, TO_CLIENT, line, sizeof(line), 0);
    fake_feed(h, TO_CLIENT, line, sizeof(line), 1000);
    fake_close(h);
    CHECK_U64(h->doc[0].d.size, 2 * sizeof(line));
    fake_free(h);

    check_row("values that are long when written");
    h = fake_new(&http_proto, NULL);
    memset(line, 1, sizeof(line));
    fake_say(h, TO_SERVER, "PUT /", 0);
    fake_feed(h, TO_SERVER, line, 8000, 0);
    fake_say(h, TO_SERVER, " HTTP/1.1\r\nUser-Agent: ", 0);
    fake_feed(h, TO_SERVER, line, 8000, 0);
    fake_say(h, TO_SERVER, "\r\nContent-Length: 1\r\n\r\nx", 0);
    fake_close(h);
    CHECK(strlen(fake_event(h, EVENT_HTTP, 0)->json) < 50000 &&
          fake_has(h, EVENT_HTTP, 0, "\"http_method\":\"PUT\""));
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"http_method\":\"PUT\""));
    fake_free(h);
    memset(line, 'a', sizeof(line));

    check_row("a head without end");
    h = fake_new(&http_proto, NULL);
    fake_say(h, TO_SERVER, "GET /x HTTP/1.1\r\n", 0);
    for (int i = 0; i < 40000; i++)
        fake_say(h, TO_SERVER, "X-Header: value value\r\n", 0);
    CHECK(strstr(h->anomalies, "http.head_too_long"));
    fake_free(h);

    check_row("no memory");
    h = fake_new(&http_proto, NULL);
    h->charge_max = h->charged;
    fake_say(h, TO_SERVER, "GET /x HTTP/1.1\r\n\r\n", 0);
    CHECK(strstr(h->anomalies, "http.no_memory"));
    fake_free(h);
}

int main(void)
{
    probes();
    codings();
    bomb();
    reversed();
    early_response();
    ranges();
    ceilings();
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections inside CONNECT: each row is spoken behind an agreed CONNECT of HTTP/1, at once and byte by
 * byte. */
#include "sensor/decode/http.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/http2_frame.h"
#include "sensor/decode/tunnel.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_http2/h2_make.h"

#define ASK "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"
#define AGREED "HTTP/1.1 200 Connection established\r\n\r\n"
#define GET "GET /in.txt HTTP/1.1\r\nHost: inner\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"

struct said {
    char who; /* 'g': a hole of n bytes from the server; 0 ends the list */
    const char *text;
    size_t n; /* 0: strlen(text) */
};

static const struct {
    const char *name;
    struct said said[8];
    const char *file, *doc;
    enum event_type type; /* of the event that tells of it */
    const char *event;
} rows[] = {
    {"HTTP", {{'c', GET, 0}, {'s', OK, 0}}, "/in.txt", "Hello", EVENT_HTTP, "\"hostname\":\"inner\""},
    {"HTTP, its answer first", {{'s', OK, 0}, {'c', GET, 0}}, "", "Hello", EVENT_HTTP, "\"status\":200"},
    {"CONNECT in CONNECT",
     {{'c', ASK, 0}, {'s', AGREED, 0}, {'c', GET, 0}, {'s', OK, 0}},
     "/in.txt",
     "Hello",
     EVENT_HTTP,
     "\"http_method\":\"GET\""},
    {"HTTP/2",
     {{'c', HTTP2_PREFACE, 0},
      {'s', "\0\0\0\4\0\0\0\0\0", 9},
      {'c', "\0\0\2\1\5\0\0\0\1\x82\x84", 11},
      {'s', "\0\0\1\1\4\0\0\0\1\x88\0\0\5\0\1\0\0\0\1Hello", 24}},
     "/",
     "Hello",
     EVENT_HTTP,
     "\"protocol\":\"HTTP/2\""},
    {"SMTP",
     {{'s', "220 inner ESMTP\r\n", 0},
      {'c', "EHLO me\r\n", 0},
      {'s', "250 inner\r\n", 0},
      {'c', "QUIT\r\n", 0}},
     NULL,
     NULL,
     EVENT_SMTP,
     "\"helo\":\"me\""},
    {"nobody's",
     {{'c', "\1\2\3\4 what is this", 0}, {'s', "\5\6\7", 0}, {'c', GET, 0}},
     NULL,
     NULL,
     EVENT_HTTP,
     "\"http_method\":\"CONNECT\""},
    {"a hole before it is known",
     {{'c', "GE", 0}, {'g', NULL, 9}, {'s', "\5\6\7", 0}},
     NULL,
     NULL,
     EVENT_HTTP,
     "\"http_method\":\"CONNECT\""},
};

static bool told(const struct proto_host *h, enum event_type type, const char *text)
{
    for (size_t i = 0; i < fake_events(h, type); i++)
        if (strstr(fake_event(h, type, i)->json, text))
            return true;
    return false;
}

static void run(size_t i, size_t step)
{
    struct proto_host *h = fake_new(&http_proto, NULL);

    check_row(rows[i].name);
    fake_say(h, TO_SERVER, ASK, step);
    fake_say(h, TO_CLIENT, AGREED, step);
    for (size_t k = 0; k < GH_COUNT(rows[i].said) && rows[i].said[k].who; k++) {
        const struct said *s = &rows[i].said[k];
        if (s->who == 'g')
            fake_gap(h, TO_CLIENT, s->n);
        else
            fake_feed(h, s->who == 'c' ? TO_SERVER : TO_CLIENT, s->text, s->n ? s->n : strlen(s->text), step);
    }
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    CHECK(told(h, EVENT_HTTP, "\"http_method\":\"CONNECT\""));
    CHECK(told(h, rows[i].type, rows[i].event));
    CHECK_U64(h->n_doc, rows[i].doc != NULL);
    if (rows[i].doc)
        CHECK(fake_doc_is(h, 0, rows[i].file, rows[i].doc, strlen(rows[i].doc)));
    CHECK_STR(h->cx.app_proto, "http");
    CHECK_U64(h->cx.depth, 0);
    fake_free(h);
}

/* CONNECT in CONNECT in CONNECT: not without end. */
static void deep(void)
{
    struct proto_host *h = fake_new(&http_proto, NULL);

    check_row("deep");
    for (int i = 0; i < 1000; i++) {
        fake_say(h, TO_SERVER, ASK, 0);
        fake_say(h, TO_CLIENT, AGREED, 0);
    }
    fake_close(h);
    CHECK_U64(fake_events(h, EVENT_HTTP), TUNNEL_DEPTH + 1);
    fake_free(h);
}

/* A tunnel in a stream. */
static void in_http2(void)
{
    static const struct h2_step steps[] = {
        {'c', H2_RAW, 0, 0, 0, HTTP2_PREFACE, 0},
        {'c', H2_FIELDS, HTTP2_HEADERS, HTTP2_END_HEADERS, 1, ":method CONNECT\n:authority h:80\n", 0},
        {'s', H2_FIELDS, HTTP2_HEADERS, HTTP2_END_HEADERS, 1, ":status 200\n", 0},
        {'c', H2_FRAME, HTTP2_DATA, 0, 1, "GET /in.txt HT", 0},
        {'c', H2_FRAME, HTTP2_DATA, HTTP2_END_STREAM, 1, "TP/1.1\r\n\r\n", 0},
        {'s', H2_FRAME, HTTP2_DATA, HTTP2_END_STREAM, 1, OK, 0}};
    struct proto_host *h = fake_new(&http2_proto, NULL);
    struct writer w;

    check_row("in HTTP/2");
    writer_init(&w, 1 << 16);
    for (size_t i = 0; i < GH_COUNT(steps); i++) {
        writer_clear(&w);
        h2_make(&w, &steps[i]);
        fake_feed(h, steps[i].who == 'c' ? TO_SERVER : TO_CLIENT, w.p, w.n, 0);
    }
    fake_close(h);
    CHECK_U64(h->n_doc, 1);
    CHECK(fake_doc_is(h, 0, "/in.txt", "Hello", 5));
    CHECK(told(h, EVENT_HTTP, "\"url\":\"h:80\""));
    CHECK_STR(h->anomalies, "");
    writer_done(&w);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        run(i, 0);
        run(i, 1);
    }
    deep();
    in_http2();
    return check_end();
}

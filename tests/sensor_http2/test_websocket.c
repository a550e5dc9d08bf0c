/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames behind an upgrade, each row at once and byte by byte; then by way of HTTP/1 and HTTP/2. */
#include "sensor/decode/http.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/http2_frame.h"
#include "sensor/decode/websocket.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_http2/h2_make.h"

#define TEXT "A message that is long enough to be a document."
#define DEFLATED                                                                                             \
    "\x72\x54\xc8\x4d\x2d\x2e\x4e\x4c\x4f\x55\x28\xc9\x48\x2c\x51\xc8\x2c\x56\xc8\xc9"                       \
    "\xcf\x4b\x57\x48\xcd\xcb\x2f\x4d\xcf\x50\x28\xc9\x57\x48\x4a\x55\x48\x54\x48\xc9"                       \
    "\x4f\x2e\xcd\x4d\xcd\x2b\xd1\x03\x00"
#define AGAIN "\x72\x24\x4d\x39\x00" /* the same, told by what came before */
#define WS(dir, first, text)                                                                                 \
    {                                                                                                        \
        dir, first, text, sizeof(text) - 1                                                                   \
    }

struct ws_step {
    char who;      /* 'c' client (masked), 's' server, 'g' hole of n bytes from the server; 0 ends the list */
    uint8_t first; /* FIN, RSV, opcode */
    const char *text;
    size_t n;
};
struct ws_doc {
    const char *text;
    size_t n;
    bool truncated;
};

static const struct {
    const char *name, *extensions;
    struct ws_step step[6];
    struct ws_doc doc[4];
    const char *anomaly;
} rows[] = {
    {"text both ways",
     "",
     {WS('c', 0x81, TEXT), WS('s', 0x82, TEXT TEXT)},
     {{TEXT, 0, false}, {TEXT TEXT, 0, false}},
     NULL},
    {"short ones are none",
     "",
     {WS('c', 0x81, "hi"), WS('s', 0x81, "hello"), WS('s', 0x89, TEXT)},
     {{0}},
     NULL},
    {"fragments, a ping between",
     "",
     {WS('c', 0x01, "A message that is "), WS('c', 0x89, "ping"), WS('c', 0x00, "long enough to be "),
      WS('c', 0x80, "a document.")},
     {{TEXT, 0, false}},
     NULL},
    {"empty frames",
     "",
     {WS('s', 0x01, ""), WS('s', 0x00, TEXT), WS('s', 0x80, "")},
     {{TEXT, 0, false}},
     NULL},
    {"deflate with context",
     "permessage-deflate; client_max_window_bits=15",
     {WS('s', 0xc1, DEFLATED), WS('s', 0xc1, AGAIN), WS('s', 0x81, TEXT)},
     {{TEXT, 0, false}, {TEXT, 0, false}, {TEXT, 0, false}},
     NULL},
    {"deflate without context",
     "Permessage-Deflate; server_no_context_takeover",
     {WS('s', 0xc1, DEFLATED), WS('s', 0xc1, DEFLATED)},
     {{TEXT, 0, false}, {TEXT, 0, false}},
     NULL},
    {"deflate, masked and in fragments",
     "permessage-deflate",
     {{'c', 0x42, DEFLATED, 7}, {'c', 0x80, &DEFLATED[7], sizeof(DEFLATED) - 8}, WS('c', 0xc2, AGAIN)},
     {{TEXT, 0, false}, {TEXT, 0, false}},
     NULL},
    {"cut short", "", {WS('s', 0x01, TEXT)}, {{TEXT, 0, true}}, NULL},
    {"a hole in a message",
     "",
     {{'s', 0x81, TEXT, 0}, {'g', 0, NULL, 7}, WS('s', 0x81, TEXT TEXT)},
     {{NULL, 47, true}, {TEXT TEXT, 0, false}},
     NULL},
    {"a hole that hides frames",
     "",
     {WS('s', 0x01, TEXT), {'g', 0, NULL, 700}, WS('s', 0x81, TEXT TEXT)},
     {{TEXT, 0, true}, {TEXT TEXT, 0, false}},
     NULL},
    {"compressed without agreement", "", {WS('s', 0xc1, DEFLATED)}, {{0}}, "websocket.bad_frame"},
    {"no such opcode", "", {WS('s', 0x83, TEXT)}, {{0}}, "websocket.bad_frame"},
    {"a long ping", "", {WS('s', 0x89, TEXT TEXT TEXT)}, {{0}}, "websocket.bad_frame"},
    {"continues nothing",
     "",
     {WS('s', 0x80, TEXT)},
     {{"\0" TEXT, sizeof(TEXT), true}},
     "websocket.continuation_without_message"},
    {"message in a message",
     "",
     {WS('s', 0x01, TEXT), WS('s', 0x81, TEXT TEXT)},
     {{TEXT, 0, true}, {TEXT TEXT, 0, false}},
     "websocket.message_interrupted"},
    {"not deflate at all",
     "permessage-deflate",
     {{'s', 0xc1, "\xff\xff\xff\xff" TEXT, 51}},
     {{"\xff\xff\xff\xff" TEXT "\0\0\xff\xff", 55, false}},
     NULL},
};

static void put_frame(struct writer *w, const struct ws_step *s)
{
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    struct reader r = reader_of(s->text, s->n);
    uint8_t masked = s->who == 'c' ? 0x80 : 0;

    writer_u8(w, s->first);
    if (s->n < 126) {
        writer_u8(w, (uint8_t)(masked | s->n));
    } else {
        writer_u8(w, masked | 126);
        writer_be(w, s->n, 2);
    }
    if (masked)
        writer_bytes(w, mask, sizeof(mask));
    for (size_t i = 0; reader_left(&r); i++)
        writer_u8(w, (uint8_t)(reader_u8(&r) ^ (masked ? mask[i & 3] : 0)));
}

static struct websocket *websocket(struct proto_host *h, const char *extensions)
{
    static const struct http_start start = {.method = {(const uint8_t *)"GET", 3},
                                            .url = {(const uint8_t *)"/chat", 5},
                                            .protocol = {(const uint8_t *)"HTTP/1.1", 8}};
    struct http_tx *tx = http_tx_new(&h->cx, 3);
    struct websocket *w;

    http_tx_request(tx, &start);
    w = websocket_new(&h->cx, TO_SERVER, tx, span_str(extensions));
    http_tx_free(&h->cx, tx);
    return w;
}

static void play(struct websocket *ws, const struct ws_step *s, size_t hole, bool bytewise)
{
    enum direction dir = s->who == 'c' ? TO_SERVER : TO_CLIENT;
    struct writer w;
    struct reader r;

    if (s->who == 'g') {
        websocket_gap(ws, dir, s->n);
        return;
    }
    writer_init(&w, 1 << 16);
    put_frame(&w, s);
    r = reader_of(w.p, w.n - hole);
    while (reader_left(&r))
        websocket_feed(ws, dir, bytewise ? reader_take(&r, 1) : reader_rest(&r));
    writer_done(&w);
}

static void run(size_t i, bool bytewise)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct websocket *w = websocket(h, rows[i].extensions);
    size_t n = 0;

    check_row(rows[i].name);
    for (size_t k = 0; k < GH_COUNT(rows[i].step) && rows[i].step[k].who; k++) {
        struct ws_step s = rows[i].step[k];
        size_t hole = 0;
        if (s.who != 'g' && !s.n) { /* its end lies in the hole that follows */
            s.n = strlen(s.text);
            hole = rows[i].step[k + 1].n;
        }
        play(w, &s, s.n && hole ? hole : 0, bytewise);
    }
    websocket_end(w, TO_SERVER);
    websocket_end(w, TO_CLIENT);
    websocket_free(w);
    for (; n < GH_COUNT(rows[i].doc) && (rows[i].doc[n].text || rows[i].doc[n].n); n++) {
        const struct ws_doc *d = &rows[i].doc[n];
        if (d->text)
            CHECK(fake_doc_is(h, n, "/chat", d->text, d->n ? d->n : strlen(d->text)));
        CHECK(fake_has(h, EVENT_FILEINFO, n,
                       d->truncated ? "\"state\":\"TRUNCATED\"" : "\"state\":\"CLOSED\""));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"url\":\"/chat\""));
    }
    CHECK_U64(h->n_doc, n);
    if (rows[i].anomaly)
        CHECK(strstr(h->anomalies, rows[i].anomaly) != NULL);
    else
        CHECK_STR(h->anomalies, "");
    CHECK_U64(h->charged, 0);
    fake_free(h);
}

static void by_http1(void)
{
    static const struct ws_step up = WS('c', 0x82, TEXT), down = WS('s', 0xc1, DEFLATED);
    struct proto_host *h = fake_new(&http_proto, NULL);
    struct writer w;

    check_row("by way of HTTP/1");
    writer_init(&w, 1 << 16);
    fake_say(
        h, TO_SERVER,
        "GET /talk?room=1 HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        0);
    writer_str(&w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    put_frame(&w, &down); /* in the same segment */
    fake_feed(h, TO_CLIENT, w.p, w.n, 0);
    writer_clear(&w);
    put_frame(&w, &up);
    fake_feed(h, TO_SERVER, w.p, w.n, 1);
    fake_close(h);
    CHECK(fake_doc_is(h, 0, "/talk", TEXT, sizeof(TEXT) - 1));
    CHECK(fake_doc_is(h, 1, "/talk", TEXT, sizeof(TEXT) - 1));
    CHECK(fake_has(h, EVENT_HTTP, 0, "\"status\":101"));
    CHECK(fake_has(h, EVENT_FILEINFO, 1, "\"hostname\":\"example.org\""));
    CHECK_STR(h->anomalies, "");
    writer_done(&w);
    fake_free(h);
}

/* The answer is not seen, or only later. */
static void unanswered(bool later)
{
    static const struct ws_step up = WS('c', 0xc2, DEFLATED), down = WS('s', 0x81, TEXT);
    struct proto_host *h = fake_new(&http_proto, NULL);
    struct writer w;

    check_row(later ? "answered later" : "client alone");
    writer_init(&w, 1 << 16);
    fake_say(h, TO_SERVER, "GET /talk HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 0);
    put_frame(&w, &up);
    fake_feed(h, TO_SERVER, w.p, w.n, 0);
    if (later) {
        fake_say(h, TO_CLIENT, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", 0);
        writer_clear(&w);
        put_frame(&w, &down);
        fake_feed(h, TO_CLIENT, w.p, w.n, 0);
    }
    fake_close(h);
    CHECK_U64(h->n_doc, later ? 2 : 1);
    for (size_t i = 0; i < h->n_doc; i++)
        CHECK(fake_doc_is(h, i, "/talk", TEXT, sizeof(TEXT) - 1));
    CHECK_U64(fake_events(h, EVENT_HTTP), 1);
    CHECK_STR(h->anomalies, "");
    writer_done(&w);
    fake_free(h);
}

/* RFC 8441. */
static void by_http2(void)
{
    static const struct h2_step head[] = {
        {'c', H2_RAW, 0, 0, 0, HTTP2_PREFACE, 0},
        {'c', H2_FIELDS, HTTP2_HEADERS, HTTP2_END_HEADERS, 1,
         ":method CONNECT\n:protocol websocket\n:path /talk\n:authority example.org\n", 0},
        {'s', H2_FIELDS, HTTP2_HEADERS, HTTP2_END_HEADERS, 1, ":status 200\n", 0}};
    static const struct ws_step message = WS('c', 0x82, TEXT);
    struct proto_host *h = fake_new(&http2_proto, NULL);
    struct writer w, frame;

    check_row("by way of HTTP/2");
    writer_init(&w, 1 << 16);
    writer_init(&frame, 1 << 16);
    for (size_t i = 0; i < GH_COUNT(head); i++) {
        writer_clear(&w);
        h2_make(&w, &head[i]);
        fake_feed(h, head[i].who == 'c' ? TO_SERVER : TO_CLIENT, w.p, w.n, 0);
    }
    put_frame(&frame, &message);
    writer_clear(&w);
    h2_frame(&w, HTTP2_DATA, 0, 1, span_part(writer_span(&frame), 0, 20));
    h2_frame(&w, HTTP2_DATA, 0, 1, span_part(writer_span(&frame), 20, frame.n));
    fake_feed(h, TO_SERVER, w.p, w.n, 0);
    fake_close(h);
    CHECK(fake_doc_is(h, 0, "/talk", TEXT, sizeof(TEXT) - 1));
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"http2\":{\"stream_id\":1}"));
    CHECK_U64(fake_events(h, EVENT_HTTP), 1);
    CHECK_STR(h->anomalies, "");
    writer_done(&w);
    writer_done(&frame);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        run(i, false);
        if (!strstr(rows[i].name, "hides")) /* a frame that is cut is not found again: see websocket.h */
            run(i, true);
    }
    by_http1();
    unanswered(false);
    unanswered(true);
    by_http2();
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations of RTSP and SIP, at once and in pieces, and the documents that come of them; datagrams;
 * probes. */
#include "sensor/decode/rtsp.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

#define ASK "DESCRIBE rtsp://cam.example:554/hall/live.sdp?x RTSP/1.0\r\nCSeq: 2\r\n\r\n"
#define ANSWER                                                                                               \
    "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: "                        \
    "7\r\n\r\nv=0\r\no=RTSP/1.0 200 OK\r\n\r\n"
#define MESSAGE "MESSAGE sip:bob@b.example SIP/2.0\r\n"

struct step {
    char who; /* c, s: say text; G, g: n bytes of client, server are missing */
    const char *text;
    size_t n;
};
static const struct row {
    const char *name;
    bool sip;
    struct step step[6];
    struct {
        const char *name, *text;
        size_t n;
        bool truncated;
    } doc[4];
    const char *anomaly;
} rows[] = {
    {"a session description",
     false,
     {{'c', ASK, 0}, {'s', ANSWER, 0}},
     {{"live.sdp?x", "v=0\r\no=", 7, false}},
     NULL},
    {"no body",
     false,
     {{'c', "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n", 0},
      {'s', "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", 0}},
     {{0}},
     NULL},
    {"the server asks",
     false,
     {{'c', ASK, 0}, {'s', "ANNOUNCE rtsp://a/b RTSP/2.0\nContent-Length: 3\n\nabcRTSP/1.0 200 OK\n\n", 0}},
     {{"b", "abc", 3, false}},
     NULL},
    {"media between",
     false,
     {{'c', ASK, 0}, {'s', "$\1\0\5RTSP/$\2\0\0" ANSWER, 9 + 4 + sizeof(ANSWER) - 1}},
     {{"live.sdp?x", "v=0\r\no=", 7, false}},
     NULL},
    {"hole in a body",
     false,
     {{'c', ASK, 0},
      {'s', "RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0", 0},
      {'g', "", 3},
      {'s', "o=1" ANSWER, 0}},
     {{"live.sdp?x", "v=0\0\0\0o=1", 9, true}, {"live.sdp?x", "v=0\r\no=", 7, false}},
     NULL},
    {"hole over its end",
     false,
     {{'c', ASK, 0},
      {'s', "RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0", 0},
      {'g', "", 30},
      {'s', "half a line\r\n\r\n" ANSWER, 0}},
     {{"live.sdp?x", "v=0", 3, true}, {"live.sdp?x", "v=0\r\no=", 7, false}},
     NULL},
    {"no end",
     false,
     {{'c', ASK, 0}, {'s', "RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0", 0}},
     {{"live.sdp?x", "v=0", 3, true}},
     NULL},
    {"rubbish",
     false,
     {{'c', ASK "what is this\r\nand this\r\n", 0}, {'s', ANSWER, 0}},
     {{"live.sdp?x", "v=0\r\no=", 7, false}},
     "rtsp.no_message "},
    {"an instant message, compact names, folded",
     true,
     {{'c', MESSAGE "c : text/plain\r\nL:\r\n 5\r\n\r\nhello", 0},
      {'s', "SIP/2.0 200 OK\r\nl: 0\r\n\r\n", 0}},
     {{"bob@b.example", "hello", 5, false}},
     NULL},
    {"one-letter names are SIP's alone",
     false,
     {{'c', ASK, 0}, {'s', "RTSP/1.0 200 OK\r\nl: 5\r\n\r\n" ANSWER, 0}},
     {{"live.sdp?x", "v=0\r\no=", 7, false}},
     NULL},
};

static void say(struct proto_host *h, const struct step *s, size_t step)
{
    enum direction dir = s->who == 'c' || s->who == 'G' ? TO_SERVER : TO_CLIENT;

    if (s->who == 'g' || s->who == 'G')
        fake_gap(h, dir, s->n);
    else
        fake_feed(h, dir, s->text, s->n ? s->n : strlen(s->text), step);
}

static void run(const struct row *r, size_t step)
{
    struct proto_host *h = fake_new(r->sip ? &sip_proto : &rtsp_proto, NULL);
    size_t n = 0;

    check_row(r->name);
    for (size_t i = 0; i < GH_COUNT(r->step) && r->step[i].text; i++)
        say(h, &r->step[i], step);
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    for (; n < GH_COUNT(r->doc) && r->doc[n].text; n++) {
        CHECK(fake_doc_is(h, n, r->doc[n].name, r->doc[n].text, r->doc[n].n));
        CHECK(fake_has(h, EVENT_FILEINFO, n, r->doc[n].truncated ? "TRUNCATED" : "CLOSED"));
    }
    CHECK_U64(h->n_doc, n);
    CHECK_STR(h->anomalies, r->anomaly ? r->anomaly : "");
    fake_free(h);
}

static void test_datagrams(void)
{
    static const struct {
        const char *text, *body;
        bool truncated;
    } datagrams[] = {
        {MESSAGE "Content-Length: 5\r\n\r\nhello", "hello", false},
        {MESSAGE "Content-Length: 5\r\n\r\nhello, and more", "hello", false},
        {MESSAGE "Content-Length: 9\r\n\r\nhello", "hello", true},
        {MESSAGE "X: y\r\n\r\nhello", "hello", false},
        {MESSAGE "X: y\r\n\r\n", NULL, false},
        {MESSAGE "X: y", NULL, false},
        {"", NULL, false},
    };

    for (size_t i = 0; i < GH_COUNT(datagrams); i++) {
        struct proto_host *h = fake_new(&sip_proto, NULL);
        check_row(datagrams[i].text);
        h->cx.udp = true;
        sip_proto.datagram(h->state, &h->cx, TO_SERVER, span_str(datagrams[i].text));
        fake_close(h);
        CHECK_U64(h->n_doc, datagrams[i].body != NULL);
        if (datagrams[i].body) {
            CHECK(fake_doc_is(h, 0, "bob@b.example", datagrams[i].body, strlen(datagrams[i].body)));
            CHECK(fake_has(h, EVENT_FILEINFO, 0, datagrams[i].truncated ? "TRUNCATED" : "CLOSED"));
        }
        fake_free(h);
    }
}

static void test_long_head(void)
{
    struct proto_host *h = fake_new(&rtsp_proto, NULL);

    check_row("a head without end");
    fake_say(h, TO_SERVER, "OPTIONS * RTSP/1.0\r\n", 0);
    for (int i = 0; i < 20000; i++)
        fake_say(h, TO_SERVER, "X-Filler: 0123456789012345678901234567890123456789\r\n", 0);
    CHECK(strstr(h->anomalies, "rtsp.head_too_long") != NULL);
    fake_free(h);
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        bool sip, udp;
        enum probe want;
    } probes[] = {
        {ASK, false, false, PROBE_YES},
        {ASK, true, false, PROBE_NO},
        {ANSWER, false, false, PROBE_YES},
        {"\r\nRTSP/1.0 404 Not\r\n", false, false, PROBE_YES},
        {"RTSP/1.0 abc Not\r\n", false, false, PROBE_NO},
        {"RTS", false, false, PROBE_MORE},
        {"RTSP/1.0 20", false, false, PROBE_MORE},
        {"DESCRIBE rtsp", false, false, PROBE_MORE},
        {"GET / HTTP/1.1\r\n", false, false, PROBE_NO},
        {"Get rtsp://a RTSP/1.0\r\n", false, false, PROBE_NO},
        {MESSAGE, true, false, PROBE_YES},
        {MESSAGE, true, true, PROBE_YES},
        {"SIP/2.0 180 Ringing\r\n", true, true, PROBE_YES},
        {"SIP/2", true, false, PROBE_MORE},
        {"SIP/2", true, true, PROBE_NO},
        {"220 mail ESMTP\r\n", true, false, PROBE_NO},
        {"\x16\x03\x01", true, false, PROBE_NO},
        {"", false, false, PROBE_MORE},
    };

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        struct proto_ctx cx = {.udp = probes[i].udp};
        check_row(probes[i].text);
        CHECK_U64((probes[i].sip ? &sip_proto : &rtsp_proto)->probe(&cx, TO_SERVER, span_str(probes[i].text)),
                  probes[i].want);
    }
}

int main(void)
{
    static const size_t steps[] = {0, 1, 2, 3, 7, 40};

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        for (size_t k = 0; k < GH_COUNT(steps); k++)
            run(&rows[i], steps[k]);
    test_datagrams();
    test_long_head();
    test_probe();
    return check_end();
}

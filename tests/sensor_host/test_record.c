/* SPDX-License-Identifier: GPL-3.0-or-later
 * The flight recorder in its place: questions while a connection lives, at its end and after it, on one
 * thread and on several; tunnels and fragments as they were captured. */
#include "sensor/decode/crew.h"
#include "tests/check.h"
#include "tests/sensor_host/core.h"
#include "tests/sensor_host/frames.h"

#define START 1700000000000000ull
enum { SYN = 2, FIN = 1, ACK = 16 };

struct bench {
    struct conf conf;
    struct core core;
    struct crew *crew;
    uint64_t now_us;
    size_t bytes; /* of frames sent */
    uint32_t frames;
};

static void bench_open(struct bench *b, unsigned threads, bool live)
{
    struct crew_options opt = {
        .conf = &b->conf, .threads = threads, .documents = true, .iface = live ? "eth9" : NULL};
    struct host_out out = core_out(&b->core);

    conf_defaults(&b->conf);
    b->conf.sensor_recorder = 8u << 20;
    core_init(&b->core);
    b->now_us = START;
    b->bytes = b->frames = 0;
    b->crew = crew_new(&opt, &out);
    gh_check(b->crew && crew_start(b->crew, NULL) == 0);
}

static void bench_close(struct bench *b)
{
    crew_finish(b->crew);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->crew);
    core_done(&b->core);
}

static void send(struct bench *b, struct span bytes)
{
    struct frame f = {.bytes = bytes, .wire_bytes = bytes.n, .ts_us = b->now_us, .link_type = 1};

    crew_frame(b->crew, &f);
    b->now_us += 1000;
    b->bytes += bytes.n;
    b->frames++;
}

static void begin(struct bench *b, struct conv *c)
{
    send(b, frame_next(c, 0, SYN, ""));
    send(b, frame_next(c, 1, SYN | ACK, ""));
    send(b, frame_next(c, 0, ACK, ""));
    send(b, frame_next(c, 0, ACK, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    send(b,
         frame_next(c, 1, ACK,
                    "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nhello hello hello hello hello hello hell"));
}

static void end(struct bench *b, struct conv *c)
{
    send(b, frame_next(c, 0, FIN | ACK, ""));
    send(b, frame_next(c, 1, FIN | ACK, ""));
    send(b, frame_next(c, 0, ACK, ""));
}

static bool ask(struct bench *b, uint64_t id, uint64_t request)
{
    uint8_t bytes[16];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, id, 8);
    writer_le(&w, request, 8);
    return crew_pcap(b->crew, writer_span(&w));
}

/* The flow of the first http event. */
static uint64_t flow_of(struct bench *b)
{
    crew_ledger_send(b->crew, false); /* everything dealt out so far is done and told */
    return (uint64_t)json_i64(json_get(core_event(&b->core, "http", 0), "flow_id"), 0);
}

static void check_answer(struct bench *b, unsigned n, enum event_pcap_state state, bool complete)
{
    CHECK_U64(b->core.pcap.n, n);
    CHECK_U64(b->core.pcap.said.request, 77);
    CHECK_U64(b->core.pcap.said.state, state);
    CHECK_U64(b->core.pcap.said.complete, complete);
    if (state == EVENT_PCAP_GONE)
        return;
    CHECK_U64(b->core.pcap.said.frames, b->frames);
    CHECK_U64(b->core.pcap.bytes, b->bytes);
    CHECK_U64(b->core.pcap.link_type, 1);
}

/* While it lives: what came before at once, all of it at its end; others' frames are not in it. */
static void test_alive(struct bench *b, unsigned threads)
{
    struct conv c = {.cp = 40000, .sp = 8080, .seq = {1, 5}},
                other = {.cp = 40001, .sp = 8080, .seq = {1, 5}};
    uint32_t frames;
    uint64_t id;
    size_t bytes;

    check_row(threads == 1 ? "alive" : "alive, several threads");
    bench_open(b, threads, false);
    begin(b, &c);
    id = flow_of(b);
    CHECK(id != 0);
    CHECK(ask(b, id, 77));
    crew_flush(b->crew);
    check_answer(b, 1, EVENT_PCAP_SO_FAR, true);
    frames = b->frames;
    bytes = b->bytes;
    begin(b, &other);
    b->frames = frames;
    b->bytes = bytes;
    end(b, &c);
    frames = b->frames;
    bytes = b->bytes;
    for (unsigned i = 0; i < 3; i++) { /* time passes: the connection is over */
        b->now_us += 700000000;
        send(b, frame_next(&other, 0, ACK, "x"));
    }
    crew_ledger_send(b->crew, false);
    b->frames = frames;
    b->bytes = bytes;
    check_answer(b, 2, EVENT_PCAP_WHOLE, true);
    CHECK(ask(b, id, 77));
    crew_ledger_send(b->crew, false);
    check_answer(b, 3, EVENT_PCAP_WHOLE, true);
    CHECK(ask(b, id + 1, 77));
    check_answer(b, 4, EVENT_PCAP_GONE, false);
    CHECK(json_i64(json_path(b->core.ledger, "recorder.kept"), 0) > 10);
    CHECK_U64(json_i64(json_path(b->core.ledger, "recorder.asked"), 0), 2);
    CHECK(!ask(b, 0, 0));
    bench_close(b);
}

/* A capture that ends is the end of all connections, and questions are answered after it, too. */
static void test_capture_end(struct bench *b, unsigned threads)
{
    struct conv c = {.cp = 40000, .sp = 8080, .seq = {1, 5}};
    uint64_t id;

    check_row(threads == 1 ? "the capture ends" : "the capture ends, several threads");
    bench_open(b, threads, false);
    begin(b, &c);
    id = flow_of(b);
    CHECK(ask(b, id, 77));
    send(b, frame_next(&c, 0, ACK, "more"));
    crew_finish(b->crew);
    check_answer(b, 2, EVENT_PCAP_WHOLE, true);
    CHECK(b->core.final);
    CHECK(ask(b, id, 77));
    crew_flush(b->crew);
    check_answer(b, 3, EVENT_PCAP_WHOLE, true);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->crew);
    core_done(&b->core);
}

/* Live, a connection that goes on is recorded for its time. */
static void test_time(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 8080, .seq = {1, 5}};

    check_row("its time");
    bench_open(b, 1, true);
    begin(b, &c);
    CHECK(ask(b, flow_of(b), 77));
    for (unsigned i = 0; i < 29; i++) {
        b->now_us += 1000000;
        send(b, frame_next(&c, 0, ACK, "x"));
    }
    crew_flush(b->crew);
    CHECK_U64(b->core.pcap.n, 1);
    b->now_us += 2000000;
    crew_tick(b->crew, b->now_us);
    crew_flush(b->crew);
    check_answer(b, 2, EVENT_PCAP_WHOLE, true);
    bench_close(b);
}

/* The frame is kept as it was captured, tunnel and all. */
static void test_tunnel(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 8080, .seq = {1, 5}, .vxlan = true};

    check_row("tunnel");
    bench_open(b, 1, false);
    begin(b, &c);
    CHECK(ask(b, flow_of(b), 77));
    crew_flush(b->crew);
    check_answer(b, 1, EVENT_PCAP_SO_FAR, true);
    bench_close(b);
}

/* An IPv4 datagram of UDP in pieces of 8 bytes' multiples, made from a whole frame. */
static void send_fragments(struct bench *b, struct span frame, size_t step, bool backwards)
{
    size_t n = (frame.n - 34 + step - 1) / step;

    for (size_t k = 0; k < n; k++) {
        size_t i = backwards ? n - 1 - k : k;
        struct span part = span_part(frame, 34 + i * step, step);
        uint8_t bytes[2048];
        struct writer w;
        writer_fixed(&w, bytes, sizeof(bytes));
        writer_put(&w, span_part(frame, 0, 16));
        writer_be(&w, 20 + part.n, 2);
        writer_be(&w, 4242, 2);
        writer_be(&w, (i + 1 < n ? 0x2000u : 0) | (i * step / 8), 2);
        writer_put(&w, span_part(frame, 22, 2));
        writer_be(&w, 0, 2);
        writer_put(&w, span_part(frame, 26, 8));
        writer_put(&w, part);
        send(b, writer_span(&w));
    }
}

static void test_fragments(struct bench *b, unsigned threads)
{
    struct conv c = {.cp = 40000, .sp = 5000};
    char text[400];
    uint64_t id;

    check_row(threads == 1 ? "fragments" : "fragments, several threads");
    bench_open(b, threads, false);
    memset(text, 'x', sizeof(text));
    send(b, frame_udp(&c, 0, text, 20));
    send_fragments(b, frame_udp(&c, 0, text, sizeof(text)), 80, false);
    send_fragments(b, frame_udp(&c, 1, text, sizeof(text)), 160, true);
    crew_finish(b->crew);
    id = (uint64_t)json_i64(json_get(core_event(&b->core, "flow", 0), "flow_id"), 0);
    CHECK_U64(core_count(&b->core, "flow"), 1);
    CHECK(ask(b, id, 77));
    crew_flush(b->crew);
    check_answer(b, 1, EVENT_PCAP_WHOLE, true);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->crew);
    core_done(&b->core);
}

static void test_off(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 8080, .seq = {1, 5}};
    struct crew_options opt = {.conf = &b->conf, .threads = 1};
    struct host_out out = core_out(&b->core);

    check_row("off");
    core_init(&b->core);
    b->conf.sensor_recorder = 0;
    b->crew = crew_new(&opt, &out);
    gh_check(b->crew);
    begin(b, &c);
    CHECK(ask(b, flow_of(b), 77));
    check_answer(b, 1, EVENT_PCAP_GONE, false);
    CHECK(crew_pcap(b->crew, span_str("short")));
    CHECK_U64(b->core.pcap.n, 1);
    bench_close(b);
}

int main(void)
{
    static struct bench b;

    for (unsigned threads = 1; threads <= 3; threads += 2) {
        test_alive(&b, threads);
        test_capture_end(&b, threads);
        test_fragments(&b, threads);
    }
    test_time(&b);
    test_tunnel(&b);
    test_off(&b);
    return check_end();
}

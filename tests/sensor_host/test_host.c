/* SPDX-License-Identifier: GPL-3.0-or-later
 * The pipeline from frames to messages: what a connection becomes, tunnels, swapped ends, questions about
 * flows, a core that is gone, and garbage; the ledger adds up at every moment. */
#include "tests/check.h"
#include "tests/sensor_host/core.h"
#include "tests/sensor_host/frames.h"

#define START 1700000000000000ull
enum { SYN = 2, FIN = 1, RST = 4, ACK = 16 };

struct bench {
    struct conf conf;
    struct core core;
    struct crew *host;
    uint64_t now_us;
};

static void bench_open(struct bench *b, bool documents, bool keep)
{
    struct crew_options opt = {.conf = &b->conf, .threads = 1, .documents = documents, .keep = keep, .run = 7};
    struct host_out out = core_out(&b->core);

    core_init(&b->core);
    b->now_us = START;
    b->host = crew_new(&opt, &out);
    gh_check(b->host);
}

static void send(struct bench *b, struct span bytes)
{
    struct frame f = {.bytes = bytes, .wire_bytes = bytes.n, .ts_us = b->now_us, .link_type = 1};
    crew_frame(b->host, &f);
    b->now_us += 1000;
}

static void check_ledger(struct bench *b)
{
    struct ledger l;

    crew_ledger(b->host, &l);
    CHECK(ledger_balanced(&l));
}

static void bench_close(struct bench *b)
{
    crew_finish(b->host);
    check_ledger(b);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    CHECK(b->core.deaf || b->core.final);
    crew_free(b->host);
    core_done(&b->core);
}

static int64_t ledger_of(const struct bench *b, const char *path)
{
    return json_i64(json_path(b->core.ledger, path), -1);
}

#define REQUEST "GET /report.txt HTTP/1.1\r\nHost: portal.hq.example\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world"

static void handshake(struct bench *b, struct conv *c)
{
    send(b, frame_next(c, 0, SYN, ""));
    send(b, frame_next(c, 1, SYN | ACK, ""));
    send(b, frame_next(c, 0, ACK, ""));
}

static void exchange(struct bench *b, struct conv *c)
{
    handshake(b, c);
    send(b, frame_next(c, 0, ACK, REQUEST));
    send(b, frame_next(c, 1, ACK, ANSWER));
}

static void farewell(struct bench *b, struct conv *c)
{
    send(b, frame_next(c, 0, FIN | ACK, ""));
    send(b, frame_next(c, 1, FIN | ACK, ""));
    send(b, frame_next(c, 0, ACK, ""));
}

static void test_http(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 8888, .seq = {100, 900}, .vlan = {12, 0}};
    const struct json *e;

    bench_open(b, true, true);
    exchange(b, &c);
    farewell(b, &c);
    crew_finish(b->host);
    e = core_event(&b->core, "flow", 0);
    CHECK_U64(core_count(&b->core, "flow"), 1);
    CHECK_STR(json_cstr(json_get(e, "src_ip"), ""), "10.0.0.1");
    CHECK_U64(json_i64(json_get(e, "dest_port"), 0), 8888);
    CHECK_STR(json_cstr(json_get(e, "app_proto"), ""), "http");
    CHECK_STR(json_cstr(json_path(e, "flow.state"), ""), "closed");
    CHECK_STR(json_cstr(json_get(e, "timestamp"), ""), json_cstr(json_path(e, "flow.end"), "-"));
    CHECK_STR(json_cstr(json_path(e, "flow.end"), ""), "2023-11-14T22:13:20.007000+0000");
    CHECK_STR(json_cstr(json_path(e, "tcp.tcp_flags"), ""), "13");
    CHECK_STR(json_cstr(json_path(e, "ndpi.proto"), ""), "HTTP");
    CHECK_U64(json_i64(json_path(e, "flow.pkts_toserver"), 0), 5);
    CHECK(json_get(e, "vlan") && json_get(e, "vlan")->count == 1);
    CHECK_U64(core_count(&b->core, "http"), 1);
    e = core_event(&b->core, "fileinfo", 0);
    CHECK_STR(json_cstr(json_path(e, "fileinfo.sha256"), ""),
              "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    CHECK_STR(json_cstr(json_get(e, "src_ip"), ""), "10.0.0.2");
    CHECK_STR(json_cstr(json_path(e, "fileinfo.state"), ""), "CLOSED");
    CHECK_U64(b->core.documents, 1);
    CHECK_U64((uint64_t)ledger_of(b, "packets.in"), 8);
    CHECK_U64((uint64_t)ledger_of(b, "packets.out"), 8);
    CHECK_U64((uint64_t)ledger_of(b, "segments.in"), 2);
    CHECK_U64((uint64_t)ledger_of(b, "documents.out"), 1);
    CHECK_U64((uint64_t)ledger_of(b, "events.out"), b->core.n_events);
    check_ledger(b);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->host);
    core_done(&b->core);
}

/* What crosses in a CONNECT goes by its own name, the connection by that of the outer protocol. */
static void test_inner(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 3128, .seq = {100, 900}};

    bench_open(b, true, true);
    handshake(b, &c);
    send(b, frame_next(&c, 0, ACK, "CONNECT mail:25 HTTP/1.1\r\n\r\n"));
    send(b, frame_next(&c, 1, ACK, "HTTP/1.1 200 Connected\r\n\r\n"));
    send(b, frame_next(&c, 1, ACK, "220 mail ESMTP\r\n"));
    send(b, frame_next(&c, 0, ACK, "HELO me\r\n"));
    send(b, frame_next(&c, 1, ACK, "250 mail\r\n"));
    farewell(b, &c);
    crew_flush(b->host);
    CHECK_STR(json_cstr(json_get(core_event(&b->core, "http", 0), "app_proto"), ""), "http");
    CHECK_STR(json_cstr(json_get(core_event(&b->core, "smtp", 0), "app_proto"), ""), "smtp");
    bench_close(b);
}

static void test_no_documents(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};

    bench_open(b, false, false);
    exchange(b, &c);
    farewell(b, &c);
    crew_flush(b->host);
    CHECK_U64(core_count(&b->core, "http"), 1);
    CHECK_U64(core_count(&b->core, "fileinfo"), 0);
    bench_close(b);
}

/* Both conversations are flows; the inner one says where it came through. VXLAN's port is the destination in
 * both directions, so the outer one is two. */
static void test_tunnel(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}, .vxlan = true};
    const struct json *inner = NULL, *outer = NULL;

    bench_open(b, true, false);
    exchange(b, &c);
    farewell(b, &c);
    crew_finish(b->host);
    CHECK_U64(core_count(&b->core, "flow"), 3);
    CHECK_U64(core_count(&b->core, "fileinfo"), 1);
    for (size_t i = 0; i < 3; i++) {
        const struct json *e = core_event(&b->core, "flow", i);
        if (json_get(e, "tunnel"))
            inner = e;
        else if (!strcmp(json_cstr(json_get(e, "src_ip"), ""), "192.0.0.1"))
            outer = e;
    }
    CHECK_STR(json_cstr(json_get(inner, "src_ip"), ""), "10.0.0.1");
    CHECK_STR(json_cstr(json_path(inner, "tunnel.src_ip"), ""), "192.0.0.1");
    CHECK_STR(json_cstr(json_get(outer, "proto"), ""), "UDP");
    CHECK_U64(json_i64(json_path(outer, "flow.pkts_toserver"), 0), 5);
    CHECK_U64((uint64_t)ledger_of(b, "packets.out"), 8);
    check_ledger(b);
    crew_free(b->host);
    core_done(&b->core);
}

#define DNS_ANSWER                                                                                           \
    "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x05north\x07"                                          \
    "example\x00\x00\x01\x00\x01"                                                                            \
    "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x09"

/* The answer is the first that is seen: its sender is the server all the same, by its port. */
static void test_swapped(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 53};
    const struct json *e;

    bench_open(b, true, false);
    send(b, frame_udp(&c, 1, DNS_ANSWER, sizeof(DNS_ANSWER) - 1));
    crew_finish(b->host);
    e = core_event(&b->core, "flow", 0);
    CHECK_STR(json_cstr(json_get(e, "app_proto"), ""), "dns");
    CHECK_STR(json_cstr(json_get(e, "src_ip"), ""), "10.0.0.1");
    CHECK_U64(json_i64(json_path(e, "flow.pkts_toclient"), 0), 1);
    crew_free(b->host);
    core_done(&b->core);
}

/* Joined in the middle, with the server's half first. */
static void test_midstream(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 81, .seq = {100, 900}};
    const struct json *e;

    bench_open(b, true, false);
    send(b, frame_next(&c, 1, ACK, ANSWER));
    farewell(b, &c);
    crew_finish(b->host);
    e = core_event(&b->core, "fileinfo", 0);
    CHECK_STR(json_cstr(json_get(e, "src_ip"), ""), "10.0.0.2");
    CHECK_STR(json_cstr(json_get(core_event(&b->core, "flow", 0), "src_ip"), ""), "10.0.0.1");
    check_ledger(b);
    crew_free(b->host);
    core_done(&b->core);
}

/* A segment that contradicts an earlier one is told once, however often it comes. */
static void test_overlap(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};
    uint32_t at;

    bench_open(b, true, false);
    handshake(b, &c);
    at = c.seq[0];
    send(b, frame_next(&c, 0, ACK, REQUEST));
    for (int i = 0; i < 3; i++)
        send(b, frame_tcp(&c, 0, ACK, at, c.seq[1], "PUT /", 5));
    send(b, frame_next(&c, 1, ACK, ANSWER));
    farewell(b, &c);
    crew_flush(b->host);
    CHECK_U64(core_count(&b->core, "anomaly"), 1);
    CHECK_STR(json_cstr(json_path(core_event(&b->core, "anomaly", 0), "anomaly.event"), ""),
              "stream.reassembly_overlap_different_data");
    CHECK_STR(json_cstr(json_path(core_event(&b->core, "http", 0), "http.http_method"), ""), "GET");
    bench_close(b);
}

/* A hole in a connection that then falls silent is given up by time alone. */
static void test_silent_hole(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}}, other = {.cp = 40001, .sp = 5300};
    const struct json *e;

    bench_open(b, true, false);
    handshake(b, &c);
    send(b, frame_next(&c, 0, ACK, REQUEST));
    send(b, frame_next(&c, 1, ACK, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello"));
    c.seq[1]++; /* never captured */
    send(b, frame_next(&c, 1, ACK, "world"));
    send(b, frame_next(&c, 0, ACK, ""));
    crew_flush(b->host);
    CHECK_U64(core_count(&b->core, "fileinfo"), 0);
    b->now_us += 3000000;
    send(b, frame_udp(&other, 0, "x", 1));
    crew_flush(b->host);
    e = core_event(&b->core, "fileinfo", 0);
    CHECK(json_bool(json_path(e, "fileinfo.gaps"), false));
    CHECK_STR(json_cstr(json_path(e, "fileinfo.state"), ""), "TRUNCATED");
    check_ledger(b);
    bench_close(b);
}

static void test_query(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};
    struct writer w;
    uint8_t bytes[16];
    uint64_t id;

    bench_open(b, true, false);
    exchange(b, &c);
    crew_flush(b->host);
    id = (uint64_t)json_i64(json_get(core_event(&b->core, "http", 0), "flow_id"), 0);
    for (int known = 1; known >= 0; known--) {
        writer_fixed(&w, bytes, sizeof(bytes));
        writer_le(&w, known ? id : 1, 8);
        writer_le(&w, 42 + (unsigned)known, 8);
        crew_query(b->host, writer_span(&w));
        CHECK_U64(b->core.request, 42 + (unsigned)known);
        CHECK(b->core.target_found == (known == 1));
        if (known) {
            CHECK_U64(b->core.target.client_port, 40000);
            CHECK_U64(b->core.target.client_seq, c.seq[0]);
            CHECK_U64(b->core.target.server_seq, c.seq[1]);
            CHECK(b->core.target.server_mac[5] == 2 && b->core.target.client[3] == 1);
        }
    }
    crew_query(b->host, span_of(bytes, 15)); /* malformed: ignored */
    bench_close(b);
}

static void test_deaf_core(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};

    bench_open(b, true, true);
    b->core.deaf = true;
    exchange(b, &c);
    check_ledger(b);
    farewell(b, &c);
    bench_close(b);
}

static void test_early_stop(struct bench *b)
{
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};

    bench_open(b, true, true);
    handshake(b, &c);
    send(b, frame_next(&c, 0, ACK, REQUEST));
    send(b, frame_tcp(&c, 1, ACK, c.seq[1] + 40, c.seq[0], "behind a hole", 13));
    check_ledger(b);
    crew_lost(b->host, "kernel_drop", 5);
    crew_ledger_send(b->host, false);
    CHECK(!b->core.final);
    CHECK_U64((uint64_t)ledger_of(b, "packets.in"), 10);
    CHECK_U64((uint64_t)ledger_of(b, "packets.lost.kernel_drop"), 5);
    CHECK_U64((uint64_t)ledger_of(b, "flows.in"), 0);
    bench_close(b);
}

/* ---- garbage ---- */

static uint64_t rng_state = 88172645463325252ull;
static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 32) % below;
}

/* A frame of some connection, mutated in a few places, cut somewhere. */
static struct span mutated(struct conv *c, uint8_t *buf)
{
    static const char *const texts[] = {REQUEST, ANSWER, "", "EHLO x\r\n", "\x16\x03\x01", "220 mail\r\n"};
    struct span f;
    size_t n;

    c->cp = (uint16_t)(40000 + rng(20));
    c->sp = (uint16_t)(rng(3) ? 80 : rng(65536));
    c->vlan[0] = rng(4) ? 0 : (uint16_t)rng(4096);
    c->vxlan = !rng(5);
    if (rng(4))
        f = frame_next(c, (int)rng(2), (uint8_t)(rng(3) ? ACK : rng(64)), texts[rng(GH_COUNT(texts))]);
    else
        f = frame_udp(c, (int)rng(2), DNS_ANSWER, sizeof(DNS_ANSWER) - 1);
    n = rng(6) ? f.n : rng((uint32_t)f.n + 1);
    memcpy(buf, f.p, n);
    for (uint32_t i = rng(4); n && i > 0; i--)
        buf[rng((uint32_t)n)] = (uint8_t)rng(256);
    return span_of(buf, n);
}

static void test_garbage(struct bench *b)
{
    struct conv c = {.seq = {100, 900}};
    uint8_t buf[4096];

    b->conf.sensor_memory = 16u << 20;
    b->conf.sensor_flows = 1000;
    b->conf.sensor_stream_memory = 64u << 10;
    b->conf.sensor_fragments = 64;
    bench_open(b, true, true);
    for (unsigned i = 0; i < 60000; i++) {
        struct frame f = {.bytes = mutated(&c, buf), .link_type = rng(50) ? 1 : rng(300), .ts_us = b->now_us};
        f.wire_bytes = f.bytes.n;
        crew_frame(b->host, &f);
        b->now_us += rng(100) ? 1000 : rng(20000000);
        if (i % 500 == 0)
            check_ledger(b);
        if (b->core.n_events > CORE_EVENTS / 2) { /* the tree is large: begin it anew */
            arena_reset(b->core.arena);
            b->core.n_events = 0;
        }
    }
    crew_finish(b->host);
    check_ledger(b);
    CHECK_U64((uint64_t)ledger_of(b, "packets.in"), 60000);
    CHECK(ledger_of(b, "packets.lost.unaccounted") < 0 && ledger_of(b, "segments.lost.unaccounted") < 0);
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->host);
    core_done(&b->core);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(struct bench *);
    } tests[] = {
        {"http", test_http},
        {"inner", test_inner},
        {"no documents", test_no_documents},
        {"tunnel", test_tunnel},
        {"swapped", test_swapped},
        {"midstream", test_midstream},
        {"overlap", test_overlap},
        {"silent hole", test_silent_hole},
        {"query", test_query},
        {"a core that is gone", test_deaf_core},
        {"early stop", test_early_stop},
        {"garbage", test_garbage},
    };
    static struct bench b;

    for (size_t i = 0; i < GH_COUNT(tests); i++) {
        check_row(tests[i].name);
        conf_defaults(&b.conf);
        tests[i].run(&b);
    }
    return check_end();
}

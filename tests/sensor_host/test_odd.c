/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections that are not as they should be: two versions of the same bytes under each receiver's policy,
 * and a server that speaks for long before anybody knows what it says. */
#include "base/digest.h"
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
};

static void bench_open(struct bench *b)
{
    struct crew_options opt = {.conf = &b->conf, .threads = 1, .documents = true, .keep = true, .run = 7};
    struct host_out out = core_out(&b->core);

    core_init(&b->core);
    b->now_us = START;
    b->crew = crew_new(&opt, &out);
    gh_check(b->crew);
}

static void bench_close(struct bench *b)
{
    struct ledger l;

    crew_ledger(b->crew, &l);
    CHECK(ledger_balanced(&l));
    CHECK_STR(b->core.fault ? b->core.fault : "", "");
    crew_free(b->crew);
    core_done(&b->core);
}

static void send(struct bench *b, struct span bytes)
{
    struct frame f = {.bytes = bytes, .wire_bytes = bytes.n, .ts_us = b->now_us, .link_type = 1};

    crew_frame(b->crew, &f);
    b->now_us += 1000;
}

static void hash_of(const char *text, char hex[65])
{
    uint8_t sum[SHA256_SIZE];
    struct digest *d = digest_new_sha256();

    gh_check(d);
    digest_update(d, text, strlen(text));
    digest_final(d, sum);
    digest_free(d);
    for (size_t i = 0; i < sizeof(sum); i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

/* The fileinfo with that name or, when it is NULL, the one that is no "overlap". */
static const struct json *file(const struct bench *b, bool overlap)
{
    const struct json *e;

    for (size_t i = 0; (e = core_event(&b->core, "fileinfo", i)); i++)
        if ((strcmp(json_cstr(json_path(e, "fileinfo.filename"), ""), "overlap") == 0) == overlap)
            return json_get(e, "fileinfo");
    return NULL;
}

static bool anomaly(const struct bench *b, const char *name)
{
    const struct json *e;

    for (size_t i = 0; (e = core_event(&b->core, "anomaly", i)); i++)
        if (strcmp(json_cstr(json_path(e, "anomaly.event"), ""), name) == 0)
            return true;
    return false;
}

#define REQUEST "GET /f HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"

/* The client gets "he", then "lo WORLD" and "LO world" while the byte before them is missing. */
static const struct {
    const char *policy, *targets, *want, *other;
} rows[] = {
    {"bsd", "", "hello WORLD", "LO world"},
    {"last", "", "helLO world", "lo WORLD"},
    {"first", "", "hello WORLD", "LO world"},
    {"first", "10.0.0.1=last", "helLO world", "lo WORLD"},
    {"last", "10.0.0.0/31=windows ::/0=last", "hello WORLD", "LO world"},
    {"first", "10.0.0.2=last", "hello WORLD", "LO world"}, /* the sender's does not matter */
};

static void test_policy(size_t i)
{
    static struct bench b;
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, UINT32_MAX - 20}};
    const struct json *f;
    char hash[65];

    check_row(rows[i].targets[0] ? rows[i].targets : rows[i].policy);
    conf_defaults(&b.conf);
    snprintf(b.conf.sensor_tcp_policy, sizeof(b.conf.sensor_tcp_policy), "%s", rows[i].policy);
    snprintf(b.conf.sensor_targets, sizeof(b.conf.sensor_targets), "%s", rows[i].targets);
    bench_open(&b);
    send(&b, frame_next(&c, 0, SYN, ""));
    send(&b, frame_next(&c, 1, SYN | ACK, ""));
    send(&b, frame_next(&c, 0, ACK, ""));
    send(&b, frame_next(&c, 0, ACK, REQUEST));
    send(&b, frame_next(&c, 1, ACK, HEAD "he"));
    send(&b, frame_tcp(&c, 1, ACK, c.seq[1] + 1, c.seq[0], "lo WORLD", 8));
    send(&b, frame_tcp(&c, 1, ACK, c.seq[1] + 1, c.seq[0], "LO world", 8));
    send(&b, frame_next(&c, 1, ACK, "l"));
    crew_finish(b.crew);
    f = file(&b, false);
    hash_of(rows[i].want, hash);
    CHECK_STR(json_cstr(json_get(f, "sha256"), ""), hash);
    CHECK_STR(json_cstr(json_get(f, "state"), ""), "CLOSED");
    f = file(&b, true);
    hash_of(rows[i].other, hash);
    CHECK_STR(json_cstr(json_get(f, "sha256"), ""), hash);
    CHECK_STR(json_cstr(json_get(f, "state"), ""), "TRUNCATED");
    CHECK(anomaly(&b, "stream.reassembly_overlap_different_data"));
    bench_close(&b);
}

/* What was passed on stays; the other version is kept all the same, in pieces with holes between them, and
 * not without end. */
static void test_repeated(void)
{
    static struct bench b;
    static char body[1201], lie[1201];
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};
    const struct json *f;
    uint32_t from;
    char hash[65];

    check_row("passed on already");
    conf_defaults(&b.conf);
    bench_open(&b);
    memset(body, 'a', sizeof(body) - 1);
    memset(lie, 'b', sizeof(lie) - 1);
    send(&b, frame_next(&c, 0, SYN, ""));
    send(&b, frame_next(&c, 1, SYN | ACK, ""));
    send(&b, frame_next(&c, 0, ACK, REQUEST));
    send(&b, frame_next(&c, 1, ACK, "HTTP/1.1 200 OK\r\nContent-Length: 1200\r\n\r\n"));
    from = c.seq[1];
    send(&b, frame_next(&c, 1, ACK, body));
    for (uint32_t i = 0; i < 200; i++)
        send(&b, frame_tcp(&c, 1, ACK, from + i % 2 * 600, c.seq[0], lie, 500));
    crew_finish(b.crew);
    hash_of(body, hash);
    CHECK_STR(json_cstr(json_get(file(&b, false), "sha256"), ""), hash);
    f = file(&b, true);
    CHECK_STR(json_cstr(json_get(f, "state"), ""), "TRUNCATED");
    CHECK(json_bool(json_get(f, "gaps"), false));
    CHECK_U64(json_i64(json_get(f, "size"), 0), 65536);
    bench_close(&b);
}

/* Who joins late sees the rest of a long answer first, of which nobody knows what it is. */
static void test_late(void)
{
    static struct bench b;
    static char rest[1401];
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};
    char hash[65];

    check_row("midstream, the server speaks for long");
    conf_defaults(&b.conf);
    bench_open(&b);
    memset(rest, 0xEE, sizeof(rest) - 1);
    for (int i = 0; i < 300; i++)
        send(&b, frame_next(&c, 1, ACK, rest));
    send(&b, frame_next(&c, 0, ACK, REQUEST));
    send(&b, frame_next(&c, 1, ACK, HEAD "hello world"));
    crew_finish(b.crew);
    hash_of("hello world", hash);
    CHECK_STR(json_cstr(json_get(file(&b, false), "sha256"), ""), hash);
    bench_close(&b);
}

enum sum { RIGHT, WRONG, PSEUDO };

/* Fills in the checksum of a TCP frame of frames.c: right, wrong, or of the pseudo-header alone, as cards get
 * it. */
static struct span with_sum(struct span frame, enum sum how)
{
    uint8_t *ip = (uint8_t *)frame.p + 14, *tcp = ip + 20;
    size_t n = frame.n - 34;
    uint32_t sum = 6 + (uint32_t)n;

    tcp[16] = tcp[17] = 0;
    for (size_t i = 12; i < 20; i += 2)
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    for (size_t i = 0; i < n && how != PSEUDO; i++)
        sum += (uint32_t)(i % 2 ? tcp[i] : tcp[i] << 8);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    if (how != PSEUDO)
        sum = ~sum + (how == WRONG);
    tcp[16] = (uint8_t)(sum >> 8);
    tcp[17] = (uint8_t)sum;
    return frame;
}

/* What the server sends behind HEAD; the handshake's sums are right unless all are as the first step's. */
static const struct {
    const char *name;
    bool offload, one_way;
    struct {
        uint32_t off;
        const char *text;
        enum sum sum;
        uint32_t ack; /* by the client, behind it; 0: none */
    } steps[6];
    const char *want;
    int64_t dropped;
} sums[] = {
    {"a lie before the truth",
     false,
     false,
     {{0, "hello WORLD", WRONG, 0}, {0, "hello world", RIGHT, 11}},
     "hello world",
     1},
    {"a lie behind a hole",
     false,
     false,
     {{6, "WORLD", WRONG, 0}, {0, "hello ", RIGHT, 6}, {6, "world", RIGHT, 11}},
     "hello world",
     1},
    {"a lie across the hole",
     false,
     false,
     {{3, "LO WOR", WRONG, 0}, {6, "world", RIGHT, 0}, {0, "hello ", RIGHT, 11}},
     "hello world",
     1},
    {"the same bytes, once damaged on the way",
     false,
     false,
     {{0, "hello ", RIGHT, 6}, {6, "world", WRONG, 6}, {6, "world", RIGHT, 11}},
     "hello world",
     0},
    {"acknowledged: wrong in the capture alone",
     false,
     false,
     {{0, "hello ", RIGHT, 6}, {6, "world", WRONG, 11}},
     "hello world",
     0},
    {"and more behind it",
     false,
     false,
     {{0, "he", WRONG, 0}, {2, "llo world", RIGHT, 11}},
     "hello world",
     0},
    {"nobody acknowledges, nothing else comes",
     false,
     false,
     {{0, "hello ", RIGHT, 6}, {6, "world", WRONG, 0}},
     "hello world",
     0},
    {"one-way capture", false, true, {{0, "hello ", WRONG, 0}, {6, "world", RIGHT, 0}}, "hello world", 0},
    {"all are wrong: left to the card",
     true,
     false,
     {{0, "hello ", WRONG, 0}, {6, "world", WRONG, 11}, {6, "WORLD", WRONG, 0}},
     "hello world",
     0},
};

static void test_sums(size_t i)
{
    static struct bench b;
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, UINT32_MAX - 40}};
    enum sum usual = sums[i].offload ? WRONG : RIGHT;
    char hash[65];
    uint32_t body;

    check_row(sums[i].name);
    conf_defaults(&b.conf);
    bench_open(&b);
    if (!sums[i].one_way)
        send(&b, with_sum(frame_next(&c, 0, SYN, ""), RIGHT));
    send(&b, with_sum(frame_next(&c, 1, SYN | ACK, ""), usual));
    if (!sums[i].one_way)
        send(&b, with_sum(frame_next(&c, 0, ACK, REQUEST), RIGHT));
    send(&b, with_sum(frame_next(&c, 1, ACK, HEAD), usual));
    body = c.seq[1];
    for (size_t k = 0; sums[i].steps[k].text; k++) {
        const char *text = sums[i].steps[k].text;
        send(&b, with_sum(frame_tcp(&c, 1, ACK, body + sums[i].steps[k].off, c.seq[0], text, strlen(text)),
                          sums[i].steps[k].sum));
        if (sums[i].steps[k].ack)
            send(&b, with_sum(frame_tcp(&c, 0, ACK, c.seq[0], body + sums[i].steps[k].ack, "", 0), RIGHT));
    }
    crew_finish(b.crew);
    hash_of(sums[i].want, hash);
    CHECK_STR(json_cstr(json_get(file(&b, false), "sha256"), ""), hash);
    CHECK_STR(json_cstr(json_get(file(&b, false), "state"), ""), "CLOSED");
    CHECK(anomaly(&b, "stream.bad_checksum") == (sums[i].dropped > 0));
    CHECK_U64(json_i64(json_path(b.core.ledger, "segments.lost.bad_checksum"), 0), sums[i].dropped);
    CHECK((file(&b, true) != NULL) == (sums[i].dropped > 0 || sums[i].offload));
    bench_close(&b);
}

/* Segments that the capturing machine joined, or will cut, are taken at once. */
static void test_joined(void)
{
    static struct bench b;
    static char body[3001];
    struct conv c = {.cp = 40000, .sp = 80, .seq = {100, 900}};
    char hash[65];
    const struct json *f;

    check_row("joined by the card");
    conf_defaults(&b.conf);
    bench_open(&b);
    memset(body, 'a', sizeof(body) - 1);
    send(&b, with_sum(frame_next(&c, 0, SYN, ""), RIGHT));
    send(&b, with_sum(frame_next(&c, 1, SYN | ACK, ""), RIGHT));
    send(&b, with_sum(frame_next(&c, 0, ACK, REQUEST), RIGHT));
    send(&b, with_sum(frame_next(&c, 1, ACK, "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"), RIGHT));
    send(&b, with_sum(frame_next(&c, 1, ACK, body), PSEUDO));
    crew_flush(b.crew);
    f = file(&b, false); /* no acknowledgement was waited for */
    hash_of(body, hash);
    CHECK_STR(json_cstr(json_get(f, "sha256"), ""), hash);
    crew_finish(b.crew);
    bench_close(&b);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        test_policy(i);
    for (size_t i = 0; i < GH_COUNT(sums); i++)
        test_sums(i);
    test_joined();
    test_repeated();
    test_late();
    return check_end();
}

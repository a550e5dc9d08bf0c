/* SPDX-License-Identifier: GPL-3.0-or-later
 * The flow table: packets as scripts, what ends with which reason and counters; community ids of the
 * published samples; addresses as text. */
#include "sensor/decode/community.h"
#include "sensor/decode/flow.h"
#include "sensor/decode/pulse.h"
#include "tests/check.h"

#define SECOND 1000000ull
#define START (1700000000ull * SECOND)

/* ---- scripts ---- */

/* Flags as letters; a capital D adds 10 bytes of payload. */
struct step {
    double at;         /* seconds */
    char from;         /* who sends: a or b; anything else ends the script */
    uint16_t ap, bp;   /* their ports */
    const char *flags; /* TCP: "S", "SA", "A", "AD", "F", "R"; "u": UDP, "i": ICMP */
    uint32_t seq, ack;
    int vlan; /* -1 untagged */
    bool tunnel;
};
struct row {
    const char *name;
    struct step steps[12];
    const char
        *want; /* "reason:state:toserver/toclient" of each flow in the order of their ends, blank-separated */
};
#define NONE -1
static const struct row rows[] = {
    {"a handshake, data, an orderly end",
     {{0, 'a', 1000, 80, "S", 10, 0, NONE, false},
      {0, 'b', 1000, 80, "SA", 50, 11, NONE, false},
      {0, 'a', 1000, 80, "A", 11, 51, NONE, false},
      {0, 'a', 1000, 80, "AD", 11, 51, NONE, false},
      {0, 'b', 1000, 80, "AF", 51, 21, NONE, false},
      {0, 'a', 1000, 80, "AF", 21, 52, NONE, false},
      {0, 'b', 1000, 80, "A", 52, 22, NONE, false}},
     "shutdown:closed:4/3"},
    {"a SYN without an answer is new", {{0, 'a', 1, 80, "S", 10, 0, NONE, false}}, "shutdown:new:1/0"},
    {"who answers is the server",
     {{0, 'b', 1000, 80, "SA", 50, 11, NONE, false}, {0, 'a', 1000, 80, "A", 11, 51, NONE, false}},
     "shutdown:established:1/1"},
    {"begun before the capture", {{0, 'a', 1000, 80, "AD", 11, 51, NONE, false}}, "shutdown:established:1/0"},
    {"a reset",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false}, {0, 'b', 1, 80, "R", 0, 11, NONE, false}},
     "shutdown:closed:1/1"},
    {"a forged reset far from the numbers",
     {{0, 'a', 1, 80, "AD", 10, 0, NONE, false}, {0, 'a', 1, 80, "R", 90000000, 0, NONE, false}},
     "shutdown:established:2/0"},
    {"a forged reset within the numbers, its sender goes on",
     {{0, 'a', 1, 80, "AD", 10, 0, NONE, false},
      {0, 'a', 1, 80, "R", 20, 0, NONE, false},
      {0, 'a', 1, 80, "AD", 20, 0, NONE, false}},
     "shutdown:established:3/0"},
    {"data in flight revives nothing",
     {{0, 'a', 1, 80, "AD", 10, 0, NONE, false},
      {0, 'b', 1, 80, "R", 0, 0, NONE, false},
      {0, 'a', 1, 80, "AD", 20, 0, NONE, false}},
     "shutdown:closed:2/1"},
    {"a refusal that the server did not send",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false},
      {0, 'b', 1, 80, "RA", 1, 11, NONE, false},
      {0, 'b', 1, 80, "SA", 50, 11, NONE, false},
      {0, 'a', 1, 80, "A", 11, 51, NONE, false},
      {0, 'b', 1, 80, "SA", 50, 11, NONE, false}},
     "shutdown:established:2/3"},
    {"a new connection on closed ports",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false},
      {0, 'b', 1, 80, "R", 0, 11, NONE, false},
      {1, 'a', 1, 80, "S", 999, 0, NONE, false}},
     "tcp_reuse:closed:1/1 shutdown:new:1/0"},
    {"the same SYN again is none",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false},
      {0, 'b', 1, 80, "R", 0, 11, NONE, false},
      {1, 'a', 1, 80, "S", 10, 0, NONE, false}},
     "shutdown:closed:2/1"},
    {"a forged SYN ends nothing, its answer would",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false},
      {0, 'b', 1, 80, "SA", 50, 11, NONE, false},
      {0, 'a', 1, 80, "A", 11, 51, NONE, false},
      {1, 'a', 1, 80, "S", 5000, 0, NONE, false},
      {1, 'a', 1, 80, "AD", 11, 51, NONE, false},
      {2, 'b', 1, 80, "SA", 700, 5001, NONE, false}},
     "tcp_reuse:established:4/1 shutdown:new:0/1"},
    {"idle TCP",
     {{0, 'a', 1, 80, "AD", 10, 0, NONE, false}, {700, 'a', 2, 80, "AD", 10, 0, NONE, false}},
     "timeout:established:1/0 shutdown:established:1/0"},
    {"a handshake that comes to nothing",
     {{0, 'a', 1, 80, "S", 10, 0, NONE, false}, {62, 'a', 2, 80, "S", 10, 0, NONE, false}},
     "timeout:new:1/0 shutdown:new:1/0"},
    {"question and answer do not stay long",
     {{0, 'a', 1, 53, "u", 0, 0, NONE, false},
      {0, 'b', 1, 53, "u", 0, 0, NONE, false},
      {11, 'a', 2, 53, "u", 0, 0, NONE, false}},
     "timeout:established:1/1 shutdown:new:1/0"},
    {"more than that does",
     {{0, 'a', 1, 53, "u", 0, 0, NONE, false},
      {0, 'b', 1, 53, "u", 0, 0, NONE, false},
      {0, 'a', 1, 53, "u", 0, 0, NONE, false},
      {30, 'a', 1, 53, "u", 0, 0, NONE, false}},
     "shutdown:established:3/1"},
    {"a ping",
     {{0, 'a', 0, 0, "i", 0, 0, NONE, false}, {0, 'b', 0, 0, "i", 0, 0, NONE, false}},
     "shutdown:established:1/1"},
    {"tags on one direction only",
     {{0, 'a', 1, 80, "AD", 10, 0, 7, false},
      {0, 'b', 1, 80, "AD", 10, 0, NONE, false},
      {0, 'a', 1, 80, "A", 20, 0, 7, false}},
     "shutdown:established:2/1"},
    {"other tags in each direction",
     {{0, 'a', 1, 80, "AD", 10, 0, 7, false}, {0, 'b', 1, 80, "AD", 10, 0, 8, false}},
     "shutdown:established:1/1"},
    {"the same packets in two VLANs",
     {{0, 'a', 1, 80, "AD", 10, 0, 7, false},
      {0, 'a', 1, 80, "AD", 10, 0, 8, false},
      {0, 'b', 1, 80, "AD", 10, 0, 8, false},
      {0, 'b', 1, 80, "AD", 10, 0, 7, false}},
     "shutdown:established:1/1 shutdown:established:1/1"},
    {"inside and outside of a tunnel",
     {{0, 'a', 1, 53, "u", 0, 0, NONE, true}, {0, 'a', 1, 53, "u", 0, 0, NONE, false}},
     "shutdown:new:1/0 shutdown:new:1/0"},
    {"time runs back a little",
     {{5, 'a', 1, 80, "AD", 10, 0, NONE, false}, {4, 'b', 1, 80, "AD", 10, 0, NONE, false}},
     "shutdown:established:1/1"},
    {"another, older capture ends nothing by time",
     {{5000, 'a', 1, 80, "AD", 10, 0, NONE, false},
      {0, 'a', 2, 80, "AD", 10, 0, NONE, false},
      {599, 'a', 1, 80, "A", 20, 0, NONE, false}},
     "shutdown:established:1/0 shutdown:established:2/0"},
};

struct ends {
    char text[1024];
    size_t n;
    uint64_t flows;
};

static void on_end(void *arg, struct flow *f, enum flow_reason reason)
{
    static const char *const states[] = {"new", "established", "closed"};
    static const char *const reasons[] = {"timeout", "forced", "shutdown", "tcp_reuse"};
    struct ends *e = arg;

    e->flows++;
    if (e->n < sizeof(e->text) - 64)
        e->n += (size_t)snprintf(e->text + e->n, sizeof(e->text) - e->n, "%s%s:%s:%" PRIu64 "/%" PRIu64,
                                 e->n ? " " : "", reasons[reason], states[f->state], f->packets[TO_SERVER],
                                 f->packets[TO_CLIENT]);
}

static struct packet packet_of(const struct step *s, uint64_t number)
{
    static const uint8_t payload[10];
    struct packet p = {
        .ts_us = START + (uint64_t)(s->at * 1e6), .number = number, .wire_bytes = 60, .proto = 6};
    uint8_t a[4] = {10, 0, 0, 1}, b[4] = {10, 0, 0, 2};
    bool from_a = s->from == 'a';

    memcpy(p.src, from_a ? a : b, 4);
    memcpy(p.dst, from_a ? b : a, 4);
    p.src_port = from_a ? s->ap : s->bp;
    p.dst_port = from_a ? s->bp : s->ap;
    p.seq = s->seq;
    p.ack = s->ack;
    for (const char *c = s->flags; *c; c++)
        switch (*c) {
        case 'u':
            p.proto = 17;
            break;
        case 'i':
            p.proto = 1;
            break;
        case 'D':
            p.payload = span_of(payload, sizeof(payload));
            break;
        default:
            p.tcp_flags |= (uint8_t)(*c == 'S'   ? TCP_SYN
                                     : *c == 'A' ? TCP_ACK
                                     : *c == 'F' ? TCP_FIN
                                                 : TCP_RST);
        }
    if (s->vlan >= 0) {
        p.n_vlan = 1;
        p.vlan[0] = (uint16_t)s->vlan;
    }
    p.tunnel = s->tunnel ? "gre" : NULL;
    return p;
}

static void run_row(const struct row *r)
{
    const struct flow_options opt = {1000, 600 * SECOND, 60 * SECOND};
    struct budget budget = {.max = 16u << 20};
    struct ends ends = {.n = 0};
    struct flow_table *t = flow_table_new(&opt, &budget, on_end, &ends);
    struct pulse pulse = {0};
    uint64_t number = 0;

    for (const struct step *s = r->steps; s->from; s++) {
        struct packet p = packet_of(s, ++number);
        enum direction dir;
        if (pulse_at(&pulse, p.ts_us))
            flow_table_tick(t, pulse.now_us);
        p.now_us = pulse.now_us;
        p.order = number << 4;
        CHECK(flow_table_packet(t, &p, &dir) != NULL);
    }
    flow_table_flush(t, FLOW_SHUTDOWN);
    CHECK_STR(ends.text, r->want);
    CHECK_U64(flow_table_counts(t)->opened, ends.flows);
    CHECK_U64(flow_table_counts(t)->closed, ends.flows);
    CHECK_U64(flow_table_count(t), 0);
    flow_table_free(t);
    CHECK_U64(budget.used, 0);
}

/* ---- ceilings ---- */

static void flood(size_t flows, size_t memory, uint64_t packets)
{
    const struct flow_options opt = {flows, 600 * SECOND, 60 * SECOND};
    struct budget budget = {.max = memory};
    struct ends ends = {.n = 0};
    struct flow_table *t = flow_table_new(&opt, &budget, on_end, &ends);
    struct step keep = {0, 'a', 60000, 80, "AD", 10, 0, NONE, false};
    struct packet p = packet_of(&keep, 1);
    enum direction dir;
    const struct flow *kept = flow_table_packet(t, &p, &dir);
    uint64_t id = kept->id;

    for (uint64_t i = 0; i < packets; i++) {
        struct step s = {
            0, 'a', (uint16_t)(i & 0x7fff), (uint16_t)(1000 + (i >> 15)), "S", (uint32_t)i, 0, NONE, false};
        p = packet_of(&s, i + 2);
        CHECK(flow_table_packet(t, &p, &dir) != NULL);
        if (flow_table_count(t) > flows || budget.used > memory) {
            CHECK(flow_table_count(t) <= flows && budget.used <= memory);
            break;
        }
    }
    CHECK(flow_table_counts(t)->forced > 0);
    CHECK(flow_table_by_id(t, id) != NULL); /* the flood pushes out itself, not who was there */
    flow_table_flush(t, FLOW_SHUTDOWN);
    CHECK_U64(flow_table_counts(t)->opened, packets + 1);
    CHECK_U64(ends.flows, packets + 1);
    flow_table_free(t);
    CHECK_U64(budget.used, 0);
}

/* The same packets give the same numbers in every table; other packets others. */
static void numbers(void)
{
    const struct flow_options opt = {1000, 600 * SECOND, 60 * SECOND};
    struct budget budget = {.max = 16u << 20};
    struct ends ends = {.n = 0};
    uint64_t id[3];

    for (int i = 0; i < 3; i++) {
        struct flow_table *t = flow_table_new(&opt, &budget, on_end, &ends);
        struct step s = {0, 'a', 1, i == 2 ? 81 : 80, "S", 10, 0, NONE, false};
        struct packet p = packet_of(&s, 1);
        enum direction dir;
        id[i] = flow_table_packet(t, &p, &dir)->id;
        flow_table_flush(t, FLOW_SHUTDOWN);
        flow_table_free(t);
    }
    CHECK_U64(id[0], id[1]);
    CHECK(id[0] != id[2] && id[0] && id[0] < 1ull << 51);
}

/* ---- community id ---- */

/* From the published baseline of the specification. */
static const struct {
    const char *name;
    uint8_t proto, src[4], dst[4];
    uint16_t sp, dp;
    uint8_t type, code;
    const char *want;
} ids[] = {
    {"tcp", 6, {128, 232, 110, 120}, {66, 35, 250, 204}, 34855, 80, 0, 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"tcp, other way",
     6,
     {66, 35, 250, 204},
     {128, 232, 110, 120},
     80,
     34855,
     0,
     0,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"udp", 17, {192, 168, 1, 52}, {8, 8, 8, 8}, 54585, 53, 0, 0, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {"icmp echo", 1, {192, 168, 0, 89}, {192, 168, 0, 1}, 0, 0, 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {"icmp answer", 1, {192, 168, 0, 1}, {192, 168, 0, 89}, 0, 0, 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
};

static void community(void)
{
    for (size_t i = 0; i < GH_COUNT(ids); i++) {
        struct community_flow f = {.proto = ids[i].proto,
                                   .src_port = ids[i].sp,
                                   .dst_port = ids[i].dp,
                                   .icmp_type = ids[i].type,
                                   .icmp_code = ids[i].code};
        uint8_t hash[COMMUNITY_HASH];
        char text[COMMUNITY_TEXT];
        check_row(ids[i].name);
        memcpy(f.src, ids[i].src, 4);
        memcpy(f.dst, ids[i].dst, 4);
        community_hash(&f, hash);
        CHECK_STR(community_text(hash, text), ids[i].want);
    }
}

static void addresses(void)
{
    static const struct {
        uint8_t addr[16];
        bool ipv6;
        const char *want;
    } table[] = {
        {{10, 0, 255, 9}, false, "10.0.255.9"},
        {{0}, true, "::"},
        {{[15] = 1}, true, "::1"},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, true, "2001:db8::1"},
        {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, true, "2001:db8:0:1:1:1:1:1"},
        {{0x20, 0x01, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, true, "2001:0:0:1::1"},
        {{0xfe, 0x80, [14] = 0xab, [15] = 0}, true, "fe80::ab00"},
        {{1, 0, [13] = 0}, true, "100::"},
    };
    char buf[FLOW_IP_SIZE];

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        check_row(table[i].want);
        CHECK_STR(flow_ip(table[i].addr, table[i].ipv6, buf), table[i].want);
    }
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        run_row(&rows[i]);
    }
    check_row("flood, ceiling of flows");
    flood(1000, 64u << 20, 50000);
    check_row("flood, ceiling of memory");
    flood(1000000, 1u << 20, 50000);
    check_row("numbers");
    numbers();
    community();
    addresses();
    return check_end();
}

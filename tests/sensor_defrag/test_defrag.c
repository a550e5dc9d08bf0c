/* SPDX-License-Identifier: GPL-3.0-or-later
 * Datagrams in pieces: in order, out of order, doubled, overlapping, lying, too many, too old; at each step
 * the ledger must add up. A naive model (one byte at a time, first copy wins) says what the whole must be. */
#include "../check.h"
#include "base/writer.h"
#include "sensor/decode/defrag.h"

static struct defrag *d;
static const struct targets *policy_of; /* for the next start */

static void start(size_t datagrams, size_t memory)
{
    struct defrag_options o = {
        .datagrams = datagrams, .memory = memory, .timeout_us = 30000000, .targets = policy_of};

    defrag_free(d);
    d = defrag_new(&o);
    if (!d)
        exit(1);
}

static void check_ledger(void)
{
    const struct defrag_counts *c = defrag_counts(d);

    CHECK_U64(c->in, c->delivered + c->held + c->lost_incomplete + c->lost_malformed + c->lost_full);
    CHECK(c->held || !c->memory);
}

/* One fragment as it comes from the wire. */
struct piece {
    bool ipv6, more;
    uint32_t id;
    size_t offset;
    struct span data;
    uint8_t proto; /* default 17 */
    uint64_t ts_us;
    uint16_t vlan;
    bool long_header; /* IPv4 options, IPv6 destination options */
    size_t missing;   /* bytes that the capture did not keep */
};

static enum packet_verdict give(const struct piece *x, struct defrag_result *ret)
{
    static uint8_t buf[70000];
    struct packet p = {
        .ts_us = x->ts_us, .number = 1, .wire_bytes = 1, .n_vlan = x->vlan ? 1 : 0, .vlan = {x->vlan}};
    uint8_t proto = x->proto ? x->proto : 17;
    struct writer w;
    size_t options = x->long_header ? (x->ipv6 ? 8 : 40) : 0;
    enum packet_verdict v;

    writer_fixed(&w, buf, sizeof(buf));
    if (x->ipv6) {
        writer_be(&w, 0x60000000, 4);
        writer_be(&w, options + 8 + x->data.n, 2);
        writer_u8(&w, x->long_header ? 60 : 44);
        writer_u8(&w, 64);
        for (int i = 0; i < 32; i++)
            writer_u8(&w, (uint8_t)i);
        if (x->long_header)
            writer_be(&w, 44ull << 56 | 0x00010400000000ull >> 8, 8);
        writer_u8(&w, proto);
        writer_u8(&w, 0);
        writer_be(&w, x->offset | x->more, 2);
        writer_be(&w, x->id, 4);
    } else {
        writer_u8(&w, (uint8_t)(0x45 + options / 4));
        writer_u8(&w, 0);
        writer_be(&w, 20 + options + x->data.n, 2);
        writer_be(&w, x->id, 2);
        writer_be(&w, x->offset / 8 | (x->more ? 0x2000 : 0), 2);
        writer_u8(&w, 64);
        writer_u8(&w, proto);
        writer_be(&w, 0xBEEF, 2);
        writer_be(&w, 0x0A0000010A000002, 8);
        for (size_t i = 0; i < options; i++)
            writer_u8(&w, 1);
    }
    writer_put(&w, x->data);
    CHECK(writer_ok(&w));
    p.ipv6 = x->ipv6;
    v = packet_decode_ip(&p, span_part(writer_span(&w), 0, w.n - x->missing));
    CHECK(v == PACKET_OK && p.fragment);
    v = defrag_add(d, &p, ret);
    check_ledger();
    return v;
}

static uint8_t pattern[65536];

static struct span bytes(size_t off, size_t n)
{
    return span_part(span_of(pattern, sizeof(pattern)), off, n);
}

/* l3 decodes as a whole packet with that payload behind the IP headers. */
static void check_whole(const struct defrag_result *r, bool ipv6, struct span want)
{
    struct packet p = {.ipv6 = ipv6, .number = 1};

    CHECK(packet_decode_ip(&p, r->l3) == PACKET_OK);
    CHECK(!p.fragment && !p.cut && p.proto == 17 && p.ipv6 == ipv6);
    CHECK(span_eq(p.l4, want));
}

static void test_orders(void)
{
    static const struct {
        const char *name;
        int order[8]; /* piece numbers from 1 */
        unsigned duplicates;
    } rows[] = {
        {"in order", {1, 2, 3, 4}, 0},      {"backwards", {4, 3, 2, 1}, 0},
        {"last first", {4, 1, 2, 3}, 0},    {"holes filled late", {1, 3, 4, 2}, 0},
        {"doubled", {1, 1, 2, 4, 4, 3}, 2}, {"all doubled", {4, 4, 3, 3, 2, 2, 1}, 3},
    };
    static const size_t cut[] = {0, 1480, 1488, 4000, 4001};

    for (size_t i = 0; i < GH_COUNT(rows) * 4; i++) {
        bool ipv6 = i & 1, long_header = i & 2;
        const int *order = rows[i / 4].order;
        struct defrag_result r;
        enum packet_verdict v = PACKET_FRAGMENT;
        unsigned n = 0;
        start(10, 1 << 20);
        check_row(rows[i / 4].name);
        for (; n < 8 && order[n]; n++) {
            size_t from = cut[order[n] - 1], to = cut[order[n]];
            CHECK(v == PACKET_FRAGMENT);
            v = give(&(struct piece){.ipv6 = ipv6,
                                     .more = to != 4001,
                                     .id = 7,
                                     .offset = from,
                                     .data = bytes(from, to - from),
                                     .long_header = long_header},
                     &r);
            CHECK(!r.conflict && !r.overlap);
        }
        CHECK(v == PACKET_OK);
        CHECK_U64(r.packets, n);
        check_whole(&r, ipv6, bytes(0, 4001));
        CHECK_U64(defrag_counts(d)->delivered, n);
        CHECK_U64(defrag_counts(d)->held, 0);
        CHECK_U64(defrag_counts(d)->datagrams, 1);
        CHECK_U64(defrag_counts(d)->duplicates, rows[i / 4].duplicates);
    }
}

/* Two pieces each; then what the second one is. */
static void test_overlaps(void)
{
    static uint8_t other[65536];
    static const struct {
        const char *name;
        size_t from, n;
        bool more, different;
        enum packet_verdict want;
        bool overlap, conflict;
    } rows[] = {
        {"same bytes again, further", 512, 1024, true, false, PACKET_FRAGMENT, true, false},
        {"other bytes, further", 512, 1024, true, true, PACKET_FRAGMENT, true, true},
        {"inside, same", 8, 16, true, false, PACKET_FRAGMENT, false, false},
        {"inside, other", 8, 16, true, true, PACKET_FRAGMENT, false, true},
        {"teardrop: ends inside", 8, 16, false, false, PACKET_FRAGMENT_BAD, false, true},
        {"last, other bytes in the overlap", 1016, 1000, false, true, PACKET_OK, true, true},
        {"last, exactly behind", 1024, 1000, false, false, PACKET_OK, false, false},
    };

    for (size_t i = 0; i < sizeof(other); i++)
        other[i] = (uint8_t)~pattern[i];
    for (size_t i = 0; i < GH_COUNT(rows) * 2; i++) {
        bool ipv6 = i & 1;
        struct span all = rows[i / 2].different ? span_of(other, sizeof(other)) : bytes(0, sizeof(pattern));
        struct defrag_result r;
        start(10, 1 << 20);
        check_row(rows[i / 2].name);
        CHECK(give(&(struct piece){.ipv6 = ipv6, .more = true, .data = bytes(0, 1024)}, &r) ==
              PACKET_FRAGMENT);
        CHECK_STR(
            packet_verdict_name(give(&(struct piece){.ipv6 = ipv6,
                                                     .more = rows[i / 2].more,
                                                     .offset = rows[i / 2].from,
                                                     .data = span_part(all, rows[i / 2].from, rows[i / 2].n)},
                                     &r)),
            packet_verdict_name(rows[i / 2].want));
        CHECK(r.overlap == rows[i / 2].overlap);
        CHECK(r.conflict == rows[i / 2].conflict);
        if (rows[i / 2].want == PACKET_OK && rows[i / 2].different)
            CHECK(r.l3.n > 1024 + 28 &&
                  memcmp(r.l3.p + (ipv6 ? 48 : 20), pattern, 1024) == 0); /* the first copy stays */
    }
}

static void test_malformed(void)
{
    static const struct {
        const char *name;
        bool ipv6, more;
        size_t offset, n, missing;
        enum packet_verdict want;
    } rows[] = {
        {"ping of death", false, false, 65528, 40, 0, PACKET_FRAGMENT_BAD},
        {"ping of death, 6", true, false, 65528, 40, 0, PACKET_FRAGMENT_BAD},
        {"exactly 65535", false, false, 65504, 11, 0, PACKET_FRAGMENT},
        {"one more", false, false, 65504, 12, 0, PACKET_FRAGMENT_BAD},
        {"exactly 65535, 6", true, false, 65528, 7, 0, PACKET_FRAGMENT},
        {"empty", false, true, 8, 0, 0, PACKET_FRAGMENT_BAD},
        {"empty last", false, false, 8, 0, 0, PACKET_FRAGMENT_BAD},
        {"no multiple of 8: trimmed", false, true, 0, 15, 0, PACKET_FRAGMENT},
        {"less than 8", false, true, 0, 7, 0, PACKET_FRAGMENT_BAD},
        {"no multiple of 8, 6", true, true, 0, 15, 0, PACKET_FRAGMENT_BAD},
        {"cut by the capture", false, true, 0, 800, 1, PACKET_FRAGMENT_BAD},
        {"tiny", false, true, 0, 8, 0, PACKET_FRAGMENT},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct defrag_result r;
        start(10, 1 << 20);
        check_row(rows[i].name);
        CHECK_STR(packet_verdict_name(give(&(struct piece){.ipv6 = rows[i].ipv6,
                                                           .more = rows[i].more,
                                                           .offset = rows[i].offset,
                                                           .data = bytes(0, rows[i].n),
                                                           .missing = rows[i].missing},
                                           &r)),
                  packet_verdict_name(rows[i].want));
        defrag_flush(d);
        check_ledger();
        CHECK_U64(defrag_counts(d)->held, 0);
        CHECK_U64(defrag_counts(d)->lost_malformed + defrag_counts(d)->lost_incomplete, 1);
    }
    check_row("a second end");
    struct defrag_result r;
    start(10, 1 << 20);
    CHECK(give(&(struct piece){.offset = 800, .data = bytes(800, 100)}, &r) == PACKET_FRAGMENT);
    CHECK(give(&(struct piece){.offset = 1600, .data = bytes(1600, 100)}, &r) == PACKET_FRAGMENT_BAD &&
          r.conflict);
    CHECK(give(&(struct piece){.more = true, .offset = 1600, .data = bytes(0, 8)}, &r) ==
          PACKET_FRAGMENT_BAD);
    CHECK(give(&(struct piece){.more = true, .data = bytes(0, 800)}, &r) == PACKET_OK);
    check_whole(&r, false, bytes(0, 900));
    CHECK_U64(defrag_counts(d)->lost_malformed, 2);
    check_row("long header on the first fragment only");
    start(10, 1 << 20);
    CHECK(give(&(struct piece){.offset = 65512, .data = bytes(65512, 3)}, &r) == PACKET_FRAGMENT);
    for (size_t at = 65512 - 8; at > 0; at -= 8)
        CHECK(give(&(struct piece){.more = true, .offset = at, .data = bytes(at, 8)}, &r) == PACKET_FRAGMENT);
    CHECK(give(&(struct piece){.more = true, .data = bytes(0, 8), .long_header = true}, &r) == PACKET_OK);
    check_whole(&r, false, bytes(0, 65515)); /* 65575 bytes with the header: its length field cannot say so */
}

static void test_keys(void)
{
    static const struct {
        const char *name;
        struct piece second;
        enum packet_verdict want;
    } rows[] = {
        {"same", {.id = 1}, PACKET_OK},
        {"other id", {.id = 2}, PACKET_FRAGMENT},
        {"other protocol", {.id = 1, .proto = 6}, PACKET_FRAGMENT},
        {"other VLAN", {.id = 1, .vlan = 9}, PACKET_FRAGMENT},
        {"other protocol, IPv6", {.ipv6 = true, .id = 1, .proto = 6}, PACKET_OK},
        {"other id, IPv6", {.ipv6 = true, .id = 0x10001}, PACKET_FRAGMENT},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct piece second = rows[i].second;
        struct defrag_result r;
        start(10, 1 << 20);
        check_row(rows[i].name);
        CHECK(give(&(struct piece){.ipv6 = second.ipv6, .id = 1, .more = true, .data = bytes(0, 8)}, &r) ==
              PACKET_FRAGMENT);
        second.offset = 8;
        second.data = bytes(8, 8);
        CHECK(give(&second, &r) == rows[i].want);
    }
}

static void test_bounds(void)
{
    const struct defrag_counts *c;
    struct defrag_result r;

    check_row("table full: the oldest goes");
    start(4, 1 << 20);
    c = defrag_counts(d);
    for (uint32_t id = 0; id < 10; id++)
        for (int k = 0; k < 2; k++)
            CHECK(give(&(struct piece){.id = id, .more = true, .offset = (size_t)k * 8, .data = bytes(0, 8)},
                       &r) == PACKET_FRAGMENT);
    CHECK_U64(c->lost_full, 12);
    CHECK_U64(c->held, 8);
    CHECK(give(&(struct piece){.id = 9, .offset = 16, .data = bytes(16, 1)}, &r) == PACKET_OK);

    check_row("memory: never more than allowed");
    start(100000, 1 << 20);
    c = defrag_counts(d);
    for (uint32_t id = 0; id < 3000; id++) {
        give(
            &(struct piece){
                .id = id, .more = true, .offset = (size_t)id * 808 % 60000 / 8 * 8, .data = bytes(0, 800)},
            &r);
        CHECK(c->memory <= 1 << 20);
    }
    CHECK(c->lost_full > 1000 && c->held > 100);

    check_row("age by packet time, from the first fragment");
    start(100, 1 << 20);
    c = defrag_counts(d);
    give(&(struct piece){.id = 1, .more = true, .data = bytes(0, 8), .ts_us = 1000000000}, &r);
    give(&(struct piece){.id = 1, .more = true, .offset = 8, .data = bytes(8, 8), .ts_us = 1029000000}, &r);
    give(&(struct piece){.id = 2, .more = true, .data = bytes(0, 8), .ts_us = 1029000000}, &r);
    CHECK_U64(c->held, 3);
    CHECK(give(&(struct piece){.id = 1, .offset = 16, .data = bytes(16, 8), .ts_us = 1030000001}, &r) ==
          PACKET_FRAGMENT);
    CHECK_U64(c->lost_incomplete, 2);
    give(&(struct piece){.id = 3, .more = true, .data = bytes(0, 8), .ts_us = 5},
         &r); /* the clock went back */
    CHECK_U64(c->lost_incomplete, 2);
    defrag_expire(d, 2000000000);
    check_ledger();
    CHECK_U64(c->held, 0);
    CHECK_U64(c->lost_incomplete, 5);
}

/* A datagram inside a tunnel inside a datagram: the second reassembly leaves the first one's bytes alone. */
static void test_nested(void)
{
    struct defrag_result outer, inner;

    check_row("nested");
    start(10, 1 << 20);
    CHECK(give(&(struct piece){.id = 1, .more = true, .data = bytes(0, 64)}, &outer) == PACKET_FRAGMENT);
    CHECK(give(&(struct piece){.id = 1, .offset = 64, .data = bytes(64, 64)}, &outer) == PACKET_OK);
    CHECK(give(&(struct piece){.id = 2, .more = true, .data = bytes(1000, 64)}, &inner) == PACKET_FRAGMENT);
    CHECK(give(&(struct piece){.id = 2, .offset = 64, .data = bytes(1064, 64)}, &inner) == PACKET_OK);
    check_whole(&outer, false, bytes(0, 128));
    check_whole(&inner, false, bytes(1000, 128));
}

/* Who wins under each policy, in the order of enum target_policy: units of eight equal letters; offset and
 * length count units. The first unit comes last. */
static const struct {
    const char *name;
    struct {
        size_t offset;
        const char *letters;
    } pieces[8];
    const char *want[TARGET_POLICY_COUNT];
} policies[] = {
    /* The pattern of Shankar and Paxson (2003), with what they and Novak (2005) print for it. */
    {"the classical pattern",
     {{1, "111"}, {5, "22"}, {7, "333"}, {2, "4444"}, {7, "555"}, {10, "666"}},
     {"0111422333666", "0144442555666", "0111442333666", "0111442555666", "0111422333666"}},
    {"newer is around", {{3, "a"}, {2, "bbb"}, {1, "c"}}, {"0cbab", "0cbbb", "0cbbb", "0cbbb", "0cbbb"}},
    {"newer begins before, ends together",
     {{3, "aa"}, {2, "bbb"}, {1, "c"}},
     {"0cbaa", "0cbbb", "0cbbb", "0cbbb", "0cbaa"}},
    {"newer is longer", {{1, "aa"}, {1, "bbb"}}, {"0aab", "0bbb", "0aab", "0bbb", "0aab"}},
    {"newer is shorter", {{1, "aaa"}, {1, "bb"}}, {"0aaa", "0bba", "0aaa", "0bba", "0aaa"}},
    {"newer is inside", {{1, "aaa"}, {2, "b"}}, {"0aaa", "0aba", "0aaa", "0aaa", "0aaa"}},
    {"the rest of a piece begins where it was cut",
     {{2, "aaa"}, {1, "bb"}, {3, "c"}},
     {"0baaa", "0bbca", "0bbaa", "0bbca", "0baaa"}},
    {"two, and one begins with the newer one",
     {{1, "aa"}, {4, "c"}, {1, "bbbbb"}},
     {"0aabcb", "0bbbbb", "0aabbb", "0bbbbb", "0aabbb"}},
};

static void letters(uint8_t *to, const char *from)
{
    for (size_t i = 0; from[i]; i++)
        memset(to + i * 8, from[i], 8);
}

static void test_policies(void)
{
    static uint8_t piece[256], want[256];
    struct targets targets = {.standard = TARGET_LAST, .n = 1};

    for (size_t i = 0; i < GH_COUNT(policies) * TARGET_POLICY_COUNT * 2; i++) {
        size_t row = i / 2 / TARGET_POLICY_COUNT, policy = i / 2 % TARGET_POLICY_COUNT, n;
        bool ipv6 = i & 1;
        struct defrag_result r;
        check_row(policies[row].name);
        /* Of the receiver: give() sends to 10.0.0.2 and to 1011:…:1f. */
        targets.net[0] =
            (struct target_net){.addr = {10, 0, 0, 2}, .bits = 32, .policy = (enum target_policy)policy};
        if (ipv6)
            targets.net[0] = (struct target_net){
                .addr = {0x10, 0x11}, .bits = 16, .ipv6 = true, .policy = (enum target_policy)policy};
        policy_of = &targets;
        start(10, 1 << 20);
        policy_of = NULL;
        n = strlen(policies[row].want[policy]);
        for (size_t k = 0; policies[row].pieces[k].letters; k++) {
            size_t units = strlen(policies[row].pieces[k].letters);
            letters(piece, policies[row].pieces[k].letters);
            CHECK(give(&(struct piece){.ipv6 = ipv6,
                                       .more = true,
                                       .offset = policies[row].pieces[k].offset * 8,
                                       .data = span_of(piece, units * 8)},
                       &r) == PACKET_FRAGMENT);
        }
        memset(piece, '9', 8);
        CHECK(give(&(struct piece){.ipv6 = ipv6, .offset = n * 8, .data = span_of(piece, 3)}, &r) ==
              PACKET_FRAGMENT);
        memset(piece, '0', 8);
        CHECK(give(&(struct piece){.ipv6 = ipv6, .more = true, .data = span_of(piece, 8)}, &r) == PACKET_OK);
        letters(want, policies[row].want[policy]);
        memset(want + n * 8, '9', 3);
        check_whole(&r, ipv6, span_of(want, n * 8 + 3));
        CHECK(defrag_counts(d)->conflicts != 0);
    }
}

static uint32_t dice_state = 1;
static uint32_t dice(uint32_t n)
{
    dice_state = dice_state * 1103515245 + 12345;
    return (dice_state >> 8) % n;
}

/* Random pieces against the model. */
static void test_model(void)
{
    static uint8_t model[4096], copy[2][4096];
    static bool have[4096];

    check_row("model");
    for (int round = 0; round < 400; round++) {
        size_t total = 64 + dice(3000), known = 0;
        struct defrag_result r;
        enum packet_verdict v = PACKET_FRAGMENT;
        bool ipv6 = round & 1, last = false;
        start(10, 1 << 20);
        memset(have, 0, sizeof(have));
        for (size_t i = 0; i < sizeof(model); i++) {
            copy[0][i] = (uint8_t)dice(256);
            copy[1][i] = dice(4) ? copy[0][i] : (uint8_t)dice(256);
        }
        for (int k = 0; k < 3000 && v == PACKET_FRAGMENT; k++) {
            size_t from = dice((uint32_t)total) / 8 * 8, n = (1 + dice(60)) * 8;
            bool more = from + n < total;
            const uint8_t *source = copy[dice(2)];
            if (!more && !from)
                continue; /* whole: no fragment */
            if (!more)
                n = total - from;
            for (size_t i = from; i < from + n; i++)
                if (!have[i / 8 * 8])
                    model[i] = source[i];
            for (size_t i = from; i < from + n; i += 8) {
                known += !have[i];
                have[i] = true;
            }
            last |= !more;
            v = give(
                &(struct piece){
                    .ipv6 = ipv6, .more = more, .id = 3, .offset = from, .data = span_of(source + from, n)},
                &r);
            CHECK((v == PACKET_OK) == (last && known == (total + 7) / 8));
        }
        if (v == PACKET_OK)
            check_whole(&r, ipv6, span_of(model, total));
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i ^ i >> 8 ^ 0x5A);
    test_orders();
    test_overlaps();
    test_malformed();
    test_keys();
    test_bounds();
    test_nested();
    test_policies();
    test_model();
    defrag_free(d);
    defrag_free(NULL);
    return check_end();
}

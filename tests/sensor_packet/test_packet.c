/* SPDX-License-Identifier: GPL-3.0-or-later
 * The decoder over one table of frames; then over every prefix and every single-byte change of each, in
 * blocks of exact size so that the sanitizer sees a read past the end. */
#include "../check.h"
#include "make.h"
#include "sensor/decode/packet.h"

enum link {
    NUL = 0,
    ETH = 1,
    PPP = 9,
    RAWDLT = 12,
    PPPOE = 51,
    RAW = 101,
    HDLC = 104,
    LOOP = 108,
    SLL = 113,
    MPLS = 219,
    IP4 = 228,
    IP6 = 229,
    SLL2 = 276
};

struct row {
    const char *words;
    unsigned link;
    enum packet_verdict verdict;
    uint8_t proto;
    uint16_t src_port, dst_port;
    size_t payload;
    const char *tunnel;
    unsigned n_vlan;
    uint16_t vlan;
};

static const struct row rows[] = {
    /* links */
    {"eth ip4 tcp:1000>80 data:10", ETH, PACKET_OK, 6, 1000, 80, 10, NULL, 0, 0},
    {"eth ip6 udp:5>6 data:3", ETH, PACKET_OK, 17, 5, 6, 3, NULL, 0, 0},
    {"eth vlan:5 ip4 udp:5>6 data:3", ETH, PACKET_OK, 17, 5, 6, 3, NULL, 1, 5},
    {"eth qinq:7 vlan:5 ip4 udp:5>6 data:3", ETH, PACKET_OK, 17, 5, 6, 3, NULL, 2, 7},
    {"eth vlan:4095 vlan:1 vlan:2 ip4 udp:5>6", ETH, PACKET_OK, 17, 5, 6, 0, NULL, 2, 4095},
    {"snap ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"snap:pvst ip4 tcp:1>2 data:1", ETH, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth arp", ETH, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth mpls ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"eth mpls:5 ip6 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"eth mpls word eth ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"eth mpls:16 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"eth mpls:18 ip4 tcp:1>2", ETH, PACKET_TOO_DEEP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth pppoe ppp ip4 udp:1>2 data:4", ETH, PACKET_OK, 17, 1, 2, 4, NULL, 0, 0},
    {"eth pppoe ppp:short ip6 udp:1>2 data:4", ETH, PACKET_OK, 17, 1, 2, 4, NULL, 0, 0},
    {"eth pppoe:discovery data:20", ETH, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth etag vlan:3 ip4 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, NULL, 1, 3},
    {"eth vntag ip4 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, NULL, 0, 0},
    {"eth qinq:2 pbb eth vlan:9 ip4 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, NULL, 2, 2},
    {"eth nsh ip4 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, NULL, 0, 0},
    {"eth nsh eth ip6 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, NULL, 0, 0},
    {"sll ip4 tcp:1>2 data:1", SLL, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"sll vlan:8 ip6 tcp:1>2 data:1", SLL, PACKET_OK, 6, 1, 2, 1, NULL, 1, 8},
    {"sll2 ip4 tcp:1>2 data:1", SLL2, PACKET_OK, 6, 1, 2, 1, NULL, 0, 0},
    {"null ip4 tcp:1>2", NUL, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"null:be ip4 tcp:1>2", NUL, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"null:be ip4 tcp:1>2", LOOP, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"null:24 ip6 tcp:1>2", NUL, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"null:30 ip6 tcp:1>2", NUL, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"null:7 ip4 tcp:1>2", NUL, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"ip4 tcp:1>2", RAW, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"ip6 tcp:1>2", RAWDLT, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"hex:ff", RAW, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"ip4 tcp:1>2", IP4, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"ip6 tcp:1>2", IP6, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"ip6 tcp:1>2", IP4, PACKET_MALFORMED, 0, 0, 0, 0, NULL, 0, 0},
    {"ppp ip4 tcp:1>2", PPP, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"hdlc ip4 tcp:1>2", PPP, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"pppoe ppp ip4 tcp:1>2", PPPOE, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"hdlc ip4 tcp:1>2", HDLC, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"ppp ip6 tcp:1>2", HDLC, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"mpls:2 ip4 tcp:1>2", MPLS, PACKET_OK, 6, 1, 2, 0, NULL, 0, 0},
    {"eth ip4 tcp:1>2", 147, PACKET_LINK_TYPE, 0, 0, 0, 0, NULL, 0, 0},
    {"", ETH, PACKET_EMPTY, 0, 0, 0, 0, NULL, 0, 0},
    /* IP and transports */
    {"eth ip4:opt tcp:1>2 data:9", ETH, PACKET_OK, 6, 1, 2, 9, NULL, 0, 0},
    {"eth ip4:tso tcp:1>2 data:60000", ETH, PACKET_OK, 6, 1, 2, 60000, NULL, 0, 0},
    {"eth ip6:tso tcp:1>2 data:60000", ETH, PACKET_OK, 6, 1, 2, 60000, NULL, 0, 0},
    {"eth ip4 tcp:1>2 data:2 pad:18", ETH, PACKET_OK, 6, 1, 2, 2, NULL, 0, 0},
    {"eth ip6 tcp:1>2 data:2 pad:18", ETH, PACKET_OK, 6, 1, 2, 2, NULL, 0, 0},
    {"eth ip4:long tcp:1>2 data:2", ETH, PACKET_OK, 6, 1, 2, 2, NULL, 0, 0},
    {"eth ip4 tcp:1>2,bad data:2", ETH, PACKET_MALFORMED, 6, 0, 0, 0, NULL, 0, 0},
    {"eth ip4 udp:1>2,short data:20", ETH, PACKET_OK, 17, 1, 2, 4, NULL, 0, 0},
    {"eth ip4 udp:1>2,zero data:20", ETH, PACKET_OK, 17, 1, 2, 20, NULL, 0, 0},
    {"eth ip4 sctp:38412>38413 data:16", ETH, PACKET_OK, 132, 38412, 38413, 16, NULL, 0, 0},
    {"eth ip4 icmp data:16", ETH, PACKET_OK, 1, 0, 0, 20, NULL, 0, 0},
    {"eth ip6 icmp6 data:16", ETH, PACKET_OK, 58, 0, 0, 20, NULL, 0, 0},
    {"eth ip4 data:16", ETH, PACKET_OK, 253, 0, 0, 16, NULL, 0, 0},
    {"eth ip4 ah tcp:1>2 data:5", ETH, PACKET_OK, 6, 1, 2, 5, NULL, 0, 0},
    {"eth ip6 hop rt dst ah dst tcp:1>2 data:5", ETH, PACKET_OK, 6, 1, 2, 5, NULL, 0, 0},
    {"eth ip6 frag:0,0 tcp:1>2 data:5", ETH, PACKET_OK, 6, 1, 2, 5, NULL, 0, 0},
    {"eth ip6 hop", ETH, PACKET_OK, 59, 0, 0, 0, NULL, 0, 0},
    {"eth ip6 dst dst dst dst dst dst dst dst dst dst dst dst dst dst dst dst dst tcp:1>2", ETH,
     PACKET_TOO_DEEP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth hex:45", ETH, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    /* tunnels */
    {"eth vlan:4 ip4 gre ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, "gre", 0, 0},
    {"eth ip4 gre:key eth vlan:6 ip6 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, "gre", 1, 6},
    {"eth ip4 gre:pptp ppp ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, "gre", 0, 0},
    {"eth ip4 gre arp", ETH, PACKET_OK, 47, 0, 0, 32, NULL, 0, 0},
    {"eth ip4 gre:erspan1 eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "erspan", 0, 0},
    {"eth ip4 gre:seq erspan2 eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "erspan", 0, 0},
    {"eth ip4 gre:seq erspan3 eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "erspan", 0, 0},
    {"eth ip4 gre:seq erspan3:platform eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "erspan", 0, 0},
    {"eth ip4 udp:9>4789 vxlan eth ip4 tcp:1>2 data:1", ETH, PACKET_OK, 6, 1, 2, 1, "vxlan", 0, 0},
    {"eth ip4 udp:9>4789 vxlan:noflag eth ip4 tcp:1>2", ETH, PACKET_OK, 17, 9, 4789, 62, NULL, 0, 0},
    {"eth ip4 udp:9>4789 vxlan eth arp", ETH, PACKET_OK, 17, 9, 4789, 50, NULL, 0, 0},
    {"eth ip4 udp:9>4789 vxlan eth ip4 tcp:1>2,bad", ETH, PACKET_OK, 17, 9, 4789, 62, NULL, 0, 0},
    {"eth ip6 udp:9>6081 geneve eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "geneve", 0, 0},
    {"eth ip4 udp:9>6081 geneve:opt ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "geneve", 0, 0},
    {"eth ip4 udp:2152>2152 gtp ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "gtp", 0, 0},
    {"eth ip4 udp:2152>2152 gtp:ext ip6 udp:1>2", ETH, PACKET_OK, 17, 1, 2, 0, "gtp", 0, 0},
    {"eth ip4 udp:9>3544 ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "teredo", 0, 0},
    {"eth ip4 udp:3544>9 auth ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "teredo", 0, 0},
    {"eth ip4 udp:9>3544 ip6:long tcp:1>2", ETH, PACKET_OK, 17, 9, 3544, 60, NULL, 0, 0},
    {"eth macsec ip4 tcp:1>2 data:3 pad:16", ETH, PACKET_OK, 6, 1, 2, 3, NULL, 0, 0},
    {"eth macsec:20 vlan:7 ip6 tcp:1>2 data:3 pad:16", ETH, PACKET_OK, 6, 1, 2, 3, NULL, 1, 7},
    {"eth macsec:2c hex:0011223344556677 pad:16", ETH, PACKET_NOT_IP, 0, 0, 0, 0, NULL, 0, 0},
    {"eth ip4 udp:9>1701 l2tp ppp ip4 tcp:1>2 data:3", ETH, PACKET_OK, 6, 1, 2, 3, "l2tp", 0, 0},
    {"eth ip4 udp:1701>9 l2tp:4a00 ppp ip6 tcp:1>2 data:3", ETH, PACKET_OK, 6, 1, 2, 3, "l2tp", 0, 0},
    {"eth ip4 udp:9>1701 l2tp:c800 data:20", ETH, PACKET_OK, 17, 9, 1701, 32, NULL, 0, 0},
    {"eth ip4 udp:9>1701 hex:00010000000000000000 data:20", ETH, PACKET_OK, 17, 9, 1701, 30, NULL, 0, 0},
    {"eth ip4 udp:9>1701 hex:00030000 l2tp3 eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "l2tp", 0, 0},
    {"eth ip4 udp:9>1701 hex:00030000 l2tp3:8 ppp ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "l2tp", 0, 0},
    {"eth ip4 l2tp3 eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "l2tp", 0, 0},
    {"eth ip4 l2tp3:4 eth vlan:9 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "l2tp", 1, 9},
    {"eth ip6 l2tp3:12 eth ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "l2tp", 0, 0},
    {"eth ip4 l2tp3:8,0 eth ip4 tcp:1>2", ETH, PACKET_OK, 115, 0, 0, 66, NULL, 0, 0},
    {"eth ip4 l2tp3 eth arp", ETH, PACKET_OK, 115, 0, 0, 46, NULL, 0, 0},
    {"eth ip6 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "ipip", 0, 0},
    {"eth ip6 ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "ip6", 0, 0},
    {"eth qinq:3 qinq:4 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, NULL, 2, 3},
    {"eth ip6 gre:key eth ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "gre", 0, 0}, /* NVGRE */
    {"eth ip4 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "ipip", 0, 0},
    {"eth ip4 ip6 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "ip6", 0, 0},
    {"eth ip4 gre ip4 udp:9>4789 vxlan eth vlan:2 ip4 tcp:1>2", ETH, PACKET_OK, 6, 1, 2, 0, "gre", 1, 2},
};

static bool inside(struct span s, struct span whole)
{
    return !s.n || (s.p >= whole.p && s.n <= whole.n && (size_t)(s.p - whole.p) <= whole.n - s.n);
}

/* What must hold of every packet, however broken the frame. */
static void check_sound(const struct packet *p, enum packet_verdict v, struct span frame)
{
    CHECK(v < PACKET_FRAGMENT);
    CHECK(p->n_vlan <= 2);
    if (v != PACKET_OK)
        return;
    CHECK(p->l3.n >= 20 && inside(p->l3, frame));
    CHECK(p->l3_header <= p->l3.n);
    CHECK(inside(p->l4, p->l3) && inside(p->payload, p->l4));
    CHECK(!p->tunnel || inside(p->tunnel_l3, frame));
}

static enum packet_verdict decode(struct packet *p, unsigned link, const uint8_t *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    enum packet_verdict v;

    memcpy(exact, bytes, n);
    *p = (struct packet){.ts_us = 1, .number = 1, .wire_bytes = n};
    v = packet_decode(p, link, span_of(exact, n));
    check_sound(p, v, span_of(exact, n));
    if (v == PACKET_OK && p->tunnel) {
        struct packet outer;
        CHECK(packet_outer(p, &outer) && !outer.tunnel && inside(outer.payload, p->tunnel_l3));
    }
    free(exact);
    return v;
}

static void test_rows(void)
{
    static uint8_t buf[1 << 17];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct packet p;
        size_t n = make_frame(r->words, buf, sizeof(buf));
        enum packet_verdict v = decode(&p, r->link, buf, n);

        check_row(r->words);
        CHECK_STR(packet_verdict_name(v), packet_verdict_name(r->verdict));
        CHECK_U64(p.proto, r->proto);
        CHECK_U64(p.n_vlan, r->n_vlan);
        CHECK_U64(p.vlan[0], r->vlan);
        CHECK(r->tunnel ? p.tunnel && strcmp(p.tunnel, r->tunnel) == 0 : !p.tunnel);
        if (v != PACKET_OK)
            continue;
        CHECK_U64(p.src_port, r->src_port);
        CHECK_U64(p.dst_port, r->dst_port);
        CHECK_U64(p.payload.n, r->payload);
    }
}

static void test_broken(void)
{
    static uint8_t buf[1 << 17];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct packet p;
        size_t n = make_frame(rows[i].words, buf, sizeof(buf));
        check_row(rows[i].words);
        for (size_t k = 0; k < n && k < 400; k++)
            decode(&p, rows[i].link, buf, k);
        for (size_t k = 0; k < n && k < 400; k++)
            for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
                buf[k] ^= (uint8_t)flip;
                decode(&p, rows[i].link, buf, n);
                buf[k] ^= (uint8_t)flip;
            }
    }
}

/* A tunnel in a tunnel in a tunnel: the walk ends, and the last packet within the limit counts. */
static void test_nesting(void)
{
    static uint8_t buf[1 << 17];
    char words[2048] = "eth";
    struct packet p;
    size_t n;

    check_row("nesting");
    for (int i = 0; i < 40; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), " ip4");
    snprintf(words + strlen(words), sizeof(words) - strlen(words), " tcp:1>2 data:4");
    n = make_frame(words, buf, sizeof(buf));
    CHECK_STR(packet_verdict_name(decode(&p, ETH, buf, n)), "");
    CHECK_U64(p.proto, 4);
    memcpy(words, "eth", 4);
    for (int i = 0; i < 40; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), " vlan:%d", i + 1);
    snprintf(words + strlen(words), sizeof(words) - strlen(words), " ip4 tcp:1>2");
    n = make_frame(words, buf, sizeof(buf));
    CHECK_STR(packet_verdict_name(decode(&p, ETH, buf, n)), "too_many_layers");
    memset(buf, 0, sizeof(buf));
    n = 65536;
    for (unsigned link = 0; link < 300; link++) { /* 64 KiB of nothing on every link */
        enum packet_verdict v = decode(&p, link, buf, n);
        CHECK(v == PACKET_NOT_IP || v == PACKET_MALFORMED || v == PACKET_TOO_DEEP || v == PACKET_LINK_TYPE);
        CHECK((v == PACKET_LINK_TYPE) == !packet_link_known(link));
    }
}

static void test_fields(void)
{
    static uint8_t buf[4096];
    struct packet p, o;
    size_t n = make_frame("eth vlan:7 ip4 udp:9>4789 vxlan eth vlan:3 ip6 tcp:1>2 data:4", buf, sizeof(buf));

    check_row("fields");
    p = (struct packet){.ts_us = 5, .number = 3, .wire_bytes = n};
    CHECK(packet_decode(&p, ETH, span_of(buf, n)) == PACKET_OK);
    CHECK(p.ipv6 && p.src[15] == 1 && p.dst[15] == 2 && p.seq == 7 && p.ack == 9 && p.window == 512);
    CHECK(p.tcp_flags == (TCP_PSH | TCP_ACK) && p.vlan[0] == 3 && p.ttl == 64);
    CHECK(p.src_mac[5] == 1 && p.dst_mac[5] == 2);
    CHECK(!p.tunnel_ipv6 && p.tunnel_src[3] == 1 && p.tunnel_dst[3] == 2 && p.tunnel_vlan[0] == 7);
    CHECK(packet_outer(&p, &o));
    CHECK(!o.ipv6 && o.proto == 17 && o.dst_port == 4789 && o.vlan[0] == 7 && o.n_vlan == 1 &&
          o.number == 3 && o.src_mac[5] == 1);
    CHECK_U64(o.payload.n, 8 + 14 + 4 + 40 + 20 + 4);

    n = make_frame("eth ip4:1480,1 tcp data:16", buf, sizeof(buf));
    p = (struct packet){0};
    CHECK(packet_decode(&p, ETH, span_of(buf, n)) == PACKET_OK);
    CHECK(p.fragment && p.more_fragments && p.fragment_offset == 1480 && p.fragment_id == 0x1234 &&
          p.l4.n == 36);
    CHECK(p.src_port == 0 && p.l3_header == 20 && !packet_outer(&p, &o));

    n = make_frame("eth ip6 dst frag:8,1,77 tcp data:16", buf, sizeof(buf));
    p = (struct packet){0};
    CHECK(packet_decode(&p, ETH, span_of(buf, n)) == PACKET_OK);
    CHECK(p.fragment && p.more_fragments && p.fragment_offset == 8 && p.fragment_id == 77 && p.proto == 6);
    CHECK_U64(p.l3_header, 40 + 8 + 8);

    n = make_frame("eth ip4:long tcp data:16", buf, sizeof(buf));
    p = (struct packet){0};
    CHECK(packet_decode(&p, ETH, span_of(buf, n)) == PACKET_OK && p.cut);
}

int main(void)
{
    test_rows();
    test_broken();
    test_nesting();
    test_fields();
    return check_end();
}

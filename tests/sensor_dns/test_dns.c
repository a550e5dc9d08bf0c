/* SPDX-License-Identifier: GPL-3.0-or-later
 * DNS messages to events, byte for byte; framing over TCP cut at every place; what is and what is no DNS. */
#include "../check.h"
#include "fake_host.h"
#include "sensor/decode/dns.h"
#include "sensor/decode/dns_message.h"

static struct writer m; /* the message under construction */

static void head(uint16_t flags, uint16_t qd, uint16_t an, uint16_t ns, uint16_t ar)
{
    writer_clear(&m);
    writer_be(&m, 0x1234, 2);
    writer_be(&m, flags, 2);
    writer_be(&m, qd, 2);
    writer_be(&m, an, 2);
    writer_be(&m, ns, 2);
    writer_be(&m, ar, 2);
}

/* "www.example.com", or "@12" for a pointer to byte 12, or "www@16" for both. */
static void name(const char *s)
{
    while (*s && *s != '@') {
        size_t n = strcspn(s, ".@");
        writer_u8(&m, (uint8_t)n);
        writer_bytes(&m, s, n);
        s += n + (s[n] == '.');
    }
    if (*s == '@')
        writer_be(&m, 0xC000u | strtoul(s + 1, NULL, 10), 2);
    else
        writer_u8(&m, 0);
}

static void question(const char *n, uint16_t type)
{
    name(n);
    writer_be(&m, type, 2);
    writer_be(&m, 1, 2);
}

static void record(const char *n, uint16_t type, size_t length)
{
    name(n);
    writer_be(&m, type, 2);
    writer_be(&m, 1, 2);
    writer_be(&m, 300, 4);
    writer_be(&m, length, 2);
}

static void query_a(void)
{
    head(0x0100, 1, 0, 0, 0);
    question("www.example.com", 1);
}
static void query_z(void)
{
    head(0x0140, 1, 0, 0, 1);
    question("", 2);
    writer_bytes(&m, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
}
static void query_two(void)
{
    head(0x0000, 2, 0, 0, 0);
    question("a.b", 28);
    question("c@14", 65280);
}
static void answer_a(void)
{
    head(0x8580, 1, 2, 0, 0);
    question("www.example.com", 1);
    record("@12", 5, 7);
    name("host@16");
    record("host@16", 1, 4);
    writer_bytes(&m, "\x0a\1\2\3", 4);
}
static void answer_mixed(void)
{
    head(0x8180, 1, 6, 0, 0);
    question("x.vn", 255);
    record("@12", 28, 16);
    writer_bytes(&m, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    record("@12", 15, 9);
    writer_be(&m, 10, 2);
    name("mail@12");
    record("@12", 16, 8);
    writer_bytes(&m, "\3a\"b\3\xc3\xa1!", 8);
    record("@12", 33, 10);
    writer_bytes(&m, "\0\1\0\2\x01\xbb", 6);
    name("h@12");
    record("@12", 99, 2);
    writer_bytes(&m, "xx", 2);
    record("@12", 1, 3); /* an address of three bytes */
    writer_bytes(&m, "\1\2\3", 3);
}
static void answer_nx(void)
{
    head(0x8183, 1, 0, 1, 0);
    question("no.vn", 1);
    record("vn", 6, 26);
    name("a@12");
    name("@15");
    writer_bytes(&m, "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 20);
}
static void answer_soa(void)
{
    head(0x8180, 1, 1, 0, 0);
    question("vn", 6);
    record("@12", 6, 26);
    name("a@12");
    name("@12");
    writer_bytes(&m, "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 20);
}
static void answer_none(void)
{
    head(0x8005, 0, 0, 0, 0);
}
static void loop(void)
{
    head(0x0100, 1, 0, 0, 0);
    question("a@12", 1);
}
static void forward(void)
{
    head(0x0100, 1, 0, 0, 0);
    question("@20", 1);
}
static void bad_label(void)
{
    head(0x0100, 1, 0, 0, 0);
    writer_bytes(&m, "\x41", 1);
    question("a", 1);
}
static void long_name(void)
{
    head(0x0100, 1, 0, 0, 0);
    for (int i = 0; i < 5; i++) {
        writer_u8(&m, 62);
        for (int k = 0; k < 62; k++)
            writer_u8(&m, 'a');
    }
    question("a", 1);
}
static void answer_second(void)
{
    head(0x8100, 2, 1, 0, 0);
    question("a.vn", 1);
    writer_bytes(&m, "\x80", 1);
}
static void answer_cut(void)
{
    answer_a();
    m.n -= 2;
}

#define Q "{\"event_type\":\"dns\",\"dir\":\"to_server\",\"dns\":{\"version\":2,\"type\":\"query\",\"id\":4660,"
#define A                                                                                                    \
    "{\"event_type\":\"dns\",\"dir\":\"to_server\",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":4660,"
static const struct {
    const char *name;
    void (*make)(void);
    const char *want;
} rows[] = {
    {"query", query_a, Q "\"rrname\":\"www.example.com\",\"rrtype\":\"A\",\"tx_id\":0}}\n"},
    {"query for the root, EDNS, Z", query_z,
     Q "\"rrname\":\"\",\"rrtype\":\"NS\",\"tx_id\":0,\"z\":true}}\n"},
    {"two questions, pointer, unknown type", query_two,
     Q "\"rrname\":\"a.b\",\"rrtype\":\"AAAA\",\"tx_id\":0}}\n" Q
       "\"rrname\":\"c.b\",\"rrtype\":\"65280\",\"tx_id\":0}}\n"},
    {"answer", answer_a,
     A "\"flags\":\"8580\",\"qr\":true,\"aa\":true,\"rd\":true,\"ra\":true,\"rrname\":\"www.example.com\","
       "\"rrtype\":\"A\","
       "\"rcode\":\"NOERROR\",\"answers\":[{\"rrname\":\"www.example.com\",\"rrtype\":\"CNAME\",\"ttl\":300,"
       "\"rdata\":"
       "\"host.example.com\"},{\"rrname\":\"host.example.com\",\"rrtype\":\"A\",\"ttl\":300,\"rdata\":\"10.1."
       "2.3\"}],"
       "\"grouped\":{\"A\":[\"10.1.2.3\"],\"CNAME\":[\"host.example.com\"]}}}\n"},
    {"answers of every kind", answer_mixed,
     A "\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"rrname\":\"x.vn\",\"rrtype\":\"ANY\","
       "\"rcode\":\"NOERROR\","
       "\"answers\":[{\"rrname\":\"x.vn\",\"rrtype\":\"AAAA\",\"ttl\":300,\"rdata\":\"2001:0db8:0000:0000:"
       "0000:0000:0000:0001\"},"
       "{\"rrname\":\"x.vn\",\"rrtype\":\"MX\",\"ttl\":300,\"rdata\":\"mail.x.vn\"},"
       "{\"rrname\":\"x.vn\",\"rrtype\":\"TXT\",\"ttl\":300,\"rdata\":\"a\\\"b\"},"
       "{\"rrname\":\"x.vn\",\"rrtype\":\"TXT\",\"ttl\":300,\"rdata\":\"á!\"},"
       "{\"rrname\":\"x.vn\",\"rrtype\":\"SRV\",\"ttl\":300,\"srv\":{\"priority\":1,\"weight\":2,\"port\":"
       "443,\"name\":\"h.x.vn\"}},"
       "{\"rrname\":\"x.vn\",\"rrtype\":\"SPF\",\"ttl\":300},{\"rrname\":\"x.vn\",\"rrtype\":\"A\",\"ttl\":"
       "300}],"
       "\"grouped\":{\"AAAA\":[\"2001:0db8:0000:0000:0000:0000:0000:0001\"],\"MX\":[\"mail.x.vn\"],"
       "\"SRV\":[{\"priority\":1,\"weight\":2,\"port\":443,\"name\":\"h.x.vn\"}],\"TXT\":[\"a\\\"b\",\"á!\"]}"
       "}}\n"},
    {"no such name", answer_nx,
     A "\"flags\":\"8183\",\"qr\":true,\"rd\":true,\"ra\":true,\"rrname\":\"no.vn\",\"rrtype\":\"A\","
       "\"rcode\":\"NXDOMAIN\","
       "\"authorities\":[{\"rrname\":\"vn\",\"rrtype\":\"SOA\",\"ttl\":300,\"soa\":{\"mname\":\"a.no.vn\","
       "\"rname\":\"vn\","
       "\"serial\":1,\"refresh\":2,\"retry\":3,\"expire\":4,\"minimum\":5}}]}}\n"},
    {"SOA asked for", answer_soa,
     A "\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"rrname\":\"vn\",\"rrtype\":\"SOA\","
       "\"rcode\":\"NOERROR\","
       "\"answers\":[{\"rrname\":\"vn\",\"rrtype\":\"SOA\",\"ttl\":300,\"rdata\":\"a.vn vn 1 2 3 4 "
       "5\"}],\"grouped\":{}}}\n"},
    {"refused, without a question", answer_none,
     A "\"flags\":\"8005\",\"qr\":true,\"rcode\":\"REFUSED\"}}\n"},
    {"the second question is broken", answer_second,
     A "\"flags\":\"8100\",\"qr\":true,\"rd\":true,\"rrname\":\"a.vn\",\"rrtype\":\"A\",\"rcode\":"
       "\"NOERROR\"}}\n"
       "! dns.malformed_data\n"},
    {"a name that points at itself", loop, "! dns.malformed_data\n"},
    {"a name that points forwards", forward, "! dns.malformed_data\n"},
    {"a label of an unknown kind", bad_label, "! dns.malformed_data\n"},
    {"a name of 315 bytes", long_name, "! dns.malformed_data\n"},
    {"cut inside an answer", answer_cut,
     A "\"flags\":\"8580\",\"qr\":true,\"aa\":true,\"rd\":true,\"ra\":true,\"rrname\":\"www.example.com\","
       "\"rrtype\":\"A\","
       "\"rcode\":\"NOERROR\",\"answers\":[{\"rrname\":\"www.example.com\",\"rrtype\":\"CNAME\",\"ttl\":300,"
       "\"rdata\":"
       "\"host.example.com\"}],\"grouped\":{\"CNAME\":[\"host.example.com\"]}}}\n! dns.malformed_data\n"},
};

static struct proto_host host;
static struct proto_ctx cx;
static _Alignas(16) uint8_t state[4096];

static void begin(bool udp)
{
    fake_start(&host, &cx, udp, 40000, 53);
    memset(state, 0, sizeof(state));
    CHECK(sizeof(state) >= proto_dns.state_size && proto_dns.open(state, &cx) == 0);
}

static const char *finish(void)
{
    proto_dns.end(state, &cx, TO_SERVER);
    proto_dns.end(state, &cx, TO_CLIENT);
    proto_dns.close(state, &cx);
    return fake_said(&host);
}

/* The message in a block of its own size. */
static void exact(void (*give)(struct span), struct span s)
{
    uint8_t *p = malloc(s.n ? s.n : 1);

    memcpy(p, s.p, s.n);
    give(span_of(p, s.n));
    free(p);
}

static void give_datagram(struct span s)
{
    proto_dns.datagram(state, &cx, TO_SERVER, s);
}

static void give_stream(struct span s)
{
    proto_dns.feed(state, &cx, TO_SERVER, s);
}

static void test_rows(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        rows[i].make();
        begin(true);
        exact(give_datagram, writer_span(&m));
        CHECK_STR(finish(), rows[i].want);
        fake_done(&host);
        for (size_t n = 0; n < m.n; n++) { /* every prefix, every changed byte */
            begin(true);
            exact(give_datagram, span_part(writer_span(&m), 0, n));
            m.p[n] ^= 0xFF;
            exact(give_datagram, writer_span(&m));
            m.p[n] ^= 0xFF;
            finish();
            fake_done(&host);
        }
    }
}

static void frame_all(struct writer *w)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        rows[i].make();
        writer_be(w, m.n, 2);
        writer_put(w, writer_span(&m));
    }
}

/* All messages over one connection, in pieces of every size, say the same. */
static void test_stream(void)
{
    struct writer all;
    char *want = NULL;

    writer_init(&all, 1 << 16);
    frame_all(&all);
    for (size_t piece = all.n; piece; piece = piece > 70 ? piece / 2 : piece - 1) {
        check_row("stream");
        begin(false);
        for (size_t at = 0; at < all.n; at += piece)
            exact(give_stream, span_part(writer_span(&all), at, piece));
        if (!want)
            want = strdup(finish());
        else
            CHECK_STR(finish(), want);
        fake_done(&host);
    }
    CHECK(want && strstr(want, "REFUSED") && strstr(want, "\"tx_id\":2}"));
    check_row("cut stream");
    for (size_t n = 1; n < all.n; n += 7) {
        begin(false);
        exact(give_stream, span_part(writer_span(&all), 0, n));
        finish();
        fake_done(&host);
    }
    free(want);
    writer_done(&all);
}

/* A hole inside a message costs that message only; one that swallows a boundary is found again at a segment's
 * start. */
static void test_gap(void)
{
    struct writer w;
    size_t one;

    writer_init(&w, 1 << 16);
    query_a();
    one = m.n + 2;
    for (int i = 0; i < 4; i++) {
        writer_be(&w, m.n, 2);
        writer_put(&w, writer_span(&m));
    }
    for (int kind = 0; kind < 3; kind++) {
        size_t from = one + (kind == 0 ? 5 : kind == 1 ? 1 : one), missing = kind == 0 ? 8 : one;
        const char *said, *p;
        int events = 0;
        check_row(kind == 0 ? "inside" : kind == 1 ? "over a boundary" : "one whole message");
        begin(false);
        give_stream(span_part(writer_span(&w), 0, from));
        proto_dns.gap(state, &cx, TO_SERVER, missing);
        give_stream(span_part(writer_span(&w), from + missing, kind == 1 ? 2 * one - from % one : SIZE_MAX));
        if (kind == 1)
            give_stream(span_part(writer_span(&w), 3 * one, SIZE_MAX));
        said = finish();
        for (p = said; (p = strstr(p, "\"query\"")); p++)
            events++;
        CHECK(strstr(said, "! dns.gap\n") != NULL);
        CHECK_U64(events, kind == 1 ? 2 : 3);
        fake_done(&host);
    }
    check_row("no memory");
    begin(false);
    host.limit = 3;
    give_stream(span_part(writer_span(&w), 0, one - 1));
    CHECK_STR(finish(), "! dns.memory\n");
    fake_done(&host);
    writer_done(&w);
}

/* However much a message says, the event stays within what the header promises. */
static void test_large(void)
{
    const char *said;

    check_row("TXT of empty strings");
    head(0x8180, 1, 1, 0, 0);
    question("a", 16);
    record("@12", 16, 65000);
    for (int i = 0; i < 65000; i++)
        writer_u8(&m, 0);
    begin(true);
    give_datagram(writer_span(&m));
    said = finish();
    CHECK(strlen(said) < 60000 && strstr(said, "! dns.too_many_records"));
    fake_done(&host);
    check_row("5000 records");
    head(0x8180, 1, 5000, 0, 0);
    question("a", 1);
    for (int i = 0; i < 4000; i++) {
        record("@12", 1, 4);
        writer_be(&m, (uint64_t)i, 4);
    }
    begin(true);
    give_datagram(span_part(writer_span(&m), 0, 65535));
    said = finish();
    CHECK(strlen(said) < 60000 && strstr(said, "! dns.malformed_data"));
    fake_done(&host);
    check_row("10000 questions");
    head(0x0100, 10000, 0, 0, 0);
    for (int i = 0; i < 10000; i++)
        question("", 1);
    begin(true);
    give_datagram(span_part(writer_span(&m), 0, 65535));
    said = finish();
    CHECK(strlen(said) < 10000 && strstr(said, "! dns.too_many_questions"));
    fake_done(&host);
}

static void test_probe(void)
{
    static const struct {
        const char *name;
        bool udp;
        uint16_t client, server;
        void (*make)(void);
        size_t cut; /* bytes of it that are there; 0: all */
        enum probe want;
    } probes[] = {
        {"query", true, 1, 53, query_a, 0, PROBE_YES},
        {"answer", true, 1, 53, answer_mixed, 0, PROBE_YES},
        {"EDNS on another port", true, 1, 5300, query_z, 0, PROBE_YES},
        {"answer on another port", true, 1, 5300, answer_a, 0, PROBE_YES},
        {"answer on another port, cut", true, 1, 5300, answer_cut, 0, PROBE_NO},
        {"mDNS", true, 5353, 5353, query_a, 0, PROBE_NO},
        {"LLMNR", true, 1, 5355, query_a, 0, PROBE_NO},
        {"NetBIOS", true, 137, 137, query_a, 0, PROBE_NO},
        {"no header", true, 1, 53, query_a, 11, PROBE_NO},
        {"TCP", false, 1, 53, query_a, 0, PROBE_YES},
        {"TCP, one byte", false, 1, 53, query_a, 1, PROBE_MORE},
        {"TCP, header", false, 1, 53, query_a, 14, PROBE_MORE},
        {"TCP, elsewhere", false, 1, 99, answer_a, 0, PROBE_YES},
        {"TCP, looping name", false, 1, 53, loop, 0, PROBE_NO},
    };

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        struct writer w;
        check_row(probes[i].name);
        fake_start(&host, &cx, probes[i].udp, probes[i].client, probes[i].server);
        probes[i].make();
        writer_init(&w, 1 << 16);
        if (!probes[i].udp)
            writer_be(&w, m.n, 2);
        writer_put(&w, writer_span(&m));
        CHECK(proto_dns.probe(&cx, TO_SERVER,
                              span_part(writer_span(&w), 0, probes[i].cut ? probes[i].cut : SIZE_MAX)) ==
              probes[i].want);
        writer_done(&w);
        fake_done(&host);
    }
    check_row("what is no DNS");
    static const char *const others[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "220 mail.example ESMTP\r\n",
                                         "\x16\3\1\2\x50\1\1\2\x4c\3\3aaaaaaaaaaaaaaaaaaaaaaaa",
                                         "SSH-2.0-OpenSSH_9.2\r\n"};
    for (size_t i = 0; i < GH_COUNT(others); i++)
        for (int udp = 0; udp < 2; udp++) {
            fake_start(&host, &cx, udp, 1, 53);
            CHECK(proto_dns.probe(&cx, TO_SERVER, span_str(others[i])) == PROBE_NO);
            fake_done(&host);
        }
}

int main(void)
{
    writer_init(&m, 1 << 20);
    test_rows();
    test_stream();
    test_gap();
    test_large();
    test_probe();
    writer_done(&m);
    return check_end();
}

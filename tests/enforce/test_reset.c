/* SPDX-License-Identifier: GPL-3.0-or-later
 * The bytes of a reset, checked field by field and by their checksums; sending is tested end to end. */
#include "policy/enforce/reset.h"
#include "tests/check.h"

static uint16_t sum(struct span s, uint32_t start)
{
    struct reader r = reader_span(s);
    uint32_t n = start;

    while (reader_left(&r))
        n += reader_be16(&r);
    while (n >> 16)
        n = (n & 0xFFFF) + (n >> 16);
    return (uint16_t)n;
}

static void check_packet(const struct event_target *t, bool to_client, bool frame)
{
    size_t n = t->ipv6 ? 16 : 4;
    uint8_t buf[128];
    struct writer w;
    struct reader r;
    struct span tcp;

    writer_fixed(&w, buf, sizeof(buf));
    if (frame)
        reset_frame(t, to_client, &w);
    else
        reset_packet(t, to_client, &w);
    CHECK(writer_ok(&w));
    r = reader_span(writer_span(&w));
    if (frame) {
        CHECK(span_eq(reader_take(&r, 6), span_of(to_client ? t->client_mac : t->server_mac, 6)));
        CHECK(span_eq(reader_take(&r, 6), span_of(to_client ? t->server_mac : t->client_mac, 6)));
        for (int i = 0; i < 2 && t->vlan[i]; i++) {
            CHECK_U64(reader_be16(&r), 0x8100);
            CHECK_U64(reader_be16(&r), t->vlan[i]);
        }
        CHECK_U64(reader_be16(&r), t->ipv6 ? 0x86DD : 0x0800);
    }
    if (t->ipv6) {
        CHECK_U64(reader_be32(&r), 0x60000000);
        CHECK_U64(reader_be16(&r), 20);
        CHECK_U64(reader_be16(&r), 6 << 8 | 64);
    } else {
        struct span head = span_of(r.p + r.pos, 20);
        CHECK_U64(sum(head, 0), 0xFFFF);
        CHECK_U64(reader_be32(&r), 0x45000028);
        reader_skip(&r, 5);
        CHECK_U64(reader_u8(&r), 6);
        reader_skip(&r, 2);
    }
    CHECK(span_eq(reader_take(&r, n), span_of(to_client ? t->server : t->client, n)));
    CHECK(span_eq(reader_take(&r, n), span_of(to_client ? t->client : t->server, n)));
    tcp = span_of(r.p + r.pos, reader_left(&r));
    CHECK_U64(tcp.n, 20);
    CHECK_U64(sum(tcp, sum(span_of(t->client, n), sum(span_of(t->server, n), 6 + 20))), 0xFFFF);
    CHECK_U64(reader_be16(&r), to_client ? t->server_port : t->client_port);
    CHECK_U64(reader_be16(&r), to_client ? t->client_port : t->server_port);
    CHECK_U64(reader_be32(&r), to_client ? t->server_seq : t->client_seq);
    reader_skip(&r, 4);
    CHECK_U64(reader_be16(&r), 0x5014);
}

int main(void)
{
    struct event_target t = {.client = {10, 0, 0, 1},
                             .server = {203, 0, 113, 255},
                             .client_port = 40000,
                             .server_port = 80,
                             .client_seq = 0xFFFFFFFE,
                             .server_seq = 7,
                             .client_mac = {2, 1},
                             .server_mac = {2, 2},
                             .vlan = {5, 9}};

    for (int i = 0; i < 16; i++) {
        check_row(i & 1 ? "IPv6" : "IPv4");
        t.ipv6 = i & 1;
        if (t.ipv6)
            t.client[15] = 3;
        t.vlan[1] = i & 8 ? 9 : 0;
        check_packet(&t, i & 2, i & 4);
    }
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/selfcase.h"

#include <stdio.h>
#include <string.h>

#define CLIENT 0xC6120002u /* 198.18.0.2, of the networks for benchmarks (RFC 2544) */
#define SERVER 0x0A000002u
#define CLIENT_PORT 40000u
#define FIN 1u
#define SYN 2u
#define ACK 16u
#define BEGUN 1767225600u /* any day */

struct talk {
    struct writer *out;
    uint32_t sequence[2]; /* of client and server */
    uint32_t packets;
};

static uint16_t checksum(struct span s, uint32_t sum)
{
    for (size_t i = 0; i < s.n; i++)
        sum += (uint32_t)s.p[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_tcp(const struct talk *t, bool server, unsigned flags, struct span data, uint16_t sum,
                    struct writer *w)
{
    writer_be(w, server ? 80 : CLIENT_PORT, 2);
    writer_be(w, server ? CLIENT_PORT : 80, 2);
    writer_be(w, t->sequence[server], 4);
    writer_be(w, flags == SYN ? 0 : t->sequence[!server], 4);
    writer_be(w, 0x5000 | flags, 2);
    writer_be(w, 65535, 2);
    writer_be(w, sum, 2);
    writer_be(w, 0, 2);
    writer_put(w, data);
}

static void put_ip(bool server, size_t length, uint16_t sum, struct writer *w)
{
    writer_be(w, 0x4500, 2);
    writer_be(w, length, 2);
    writer_be(w, 0x00004000u, 4);
    writer_be(w, 0x4006, 2); /* 64 hops, TCP */
    writer_be(w, sum, 2);
    writer_be(w, server ? SERVER : CLIENT, 4);
    writer_be(w, server ? CLIENT : SERVER, 4);
}

static void packet(struct talk *t, bool server, unsigned flags, const char *text)
{
    struct span data = span_str(text);
    uint8_t ip[20], tcp[1600];
    struct writer w;
    uint16_t sum_ip, sum_tcp;
    size_t length = sizeof(ip) + 20 + data.n;

    writer_fixed(&w, ip, sizeof(ip));
    put_ip(server, length, 0, &w);
    sum_ip = checksum(writer_span(&w), 0);
    sum_tcp = (uint16_t)~checksum(span_of(ip + 12, 8), 6 + 20 + (uint32_t)data.n);
    writer_fixed(&w, tcp, sizeof(tcp));
    put_tcp(t, server, flags, data, 0, &w);
    sum_tcp = checksum(writer_span(&w), sum_tcp);
    writer_le(t->out, BEGUN, 4);
    writer_le(t->out, 1000 * t->packets++, 4);
    writer_le(t->out, 14 + length, 4);
    writer_le(t->out, 14 + length, 4);
    writer_be(t->out, server ? 0x020000000001u : 0x020000000002u, 6);
    writer_be(t->out, server ? 0x020000000002u : 0x020000000001u, 6);
    writer_be(t->out, 0x0800, 2);
    put_ip(server, length, sum_ip, t->out);
    put_tcp(t, server, flags, data, sum_tcp, t->out);
    t->sequence[server] += (uint32_t)data.n + ((flags & (SYN | FIN)) != 0);
}

void selfcase_capture(const char *text, struct writer *out)
{
    struct talk t = {.out = out, .sequence = {1000, 5000}};
    char answer[1400];

    writer_le(out, 0xA1B2C3D4u, 4); /* pcap 2.4, microseconds, Ethernet */
    writer_le(out, 2, 2);
    writer_le(out, 4, 2);
    writer_le(out, 0, 8);
    writer_le(out, 65535, 4);
    writer_le(out, 1, 4);
    snprintf(
        answer, sizeof(answer),
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%.1000s",
        strlen(text), text);
    packet(&t, false, SYN, "");
    packet(&t, true, SYN | ACK, "");
    packet(&t, false, ACK, "");
    packet(&t, false, ACK, "GET /selftest.txt HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n");
    packet(&t, true, ACK, answer);
    packet(&t, false, FIN | ACK, "");
    packet(&t, true, FIN | ACK, "");
    packet(&t, false, ACK, "");
}

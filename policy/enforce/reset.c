/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/enforce/reset.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_HEADER 20
#define TTL 64

struct reset {
    int raw4, raw6, frames; /* -1: not available */
    int error;              /* errno of the first failure to open */
};

static int open_socket(struct reset *r, int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

    if (fd < 0 && !r->error)
        r->error = errno;
    return fd;
}

struct reset *reset_new(const char *interface)
{
    struct reset *r = calloc(1, sizeof(*r));
    struct sockaddr_ll at = {.sll_family = AF_PACKET};

    if (!r)
        return NULL;
    r->raw4 = open_socket(r, AF_INET, SOCK_RAW, IPPROTO_RAW);
    r->raw6 = open_socket(r, AF_INET6, SOCK_RAW, IPPROTO_RAW);
    r->frames = -1;
    at.sll_ifindex = *interface ? (int)if_nametoindex(interface) : 0;
    if (at.sll_ifindex)
        r->frames = open_socket(r, AF_PACKET, SOCK_RAW, 0); /* protocol 0: it receives nothing */
    if (r->frames >= 0 && bind(r->frames, (struct sockaddr *)&at, sizeof(at)) != 0) {
        r->error = errno;
        close(r->frames);
        r->frames = -1;
    }
    return r;
}

void reset_free(struct reset *r)
{
    if (!r)
        return;
    if (r->raw4 >= 0)
        close(r->raw4);
    if (r->raw6 >= 0)
        close(r->raw6);
    if (r->frames >= 0)
        close(r->frames);
    free(r);
}

/* Ones' complement sum of big-endian words (RFC 1071). */
static uint32_t sum_words(struct span s, uint32_t sum)
{
    struct reader r = reader_span(s);

    while (reader_left(&r) >= 2)
        sum += reader_be16(&r);
    if (reader_left(&r))
        sum += (uint32_t)reader_u8(&r) << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_tcp(const struct event_target *t, bool to_client, uint16_t checksum, struct writer *w)
{
    writer_be(w, to_client ? t->server_port : t->client_port, 2);
    writer_be(w, to_client ? t->client_port : t->server_port, 2);
    writer_be(w, to_client ? t->server_seq : t->client_seq, 4);
    writer_be(w, to_client ? t->client_seq : t->server_seq, 4);
    writer_be(w, 0x5014, 2); /* five words, RST and ACK */
    writer_be(w, 0, 2);
    writer_be(w, checksum, 2);
    writer_be(w, 0, 2);
}

static uint16_t tcp_checksum(const struct event_target *t, bool to_client)
{
    uint8_t tcp[TCP_HEADER];
    size_t n = t->ipv6 ? 16 : 4;
    struct writer w;
    uint32_t sum;

    writer_fixed(&w, tcp, sizeof(tcp));
    put_tcp(t, to_client, 0, &w);
    sum = sum_words(writer_span(&w), IPPROTO_TCP + TCP_HEADER);
    sum = sum_words(span_of(t->client, n), sum);
    return fold(sum_words(span_of(t->server, n), sum));
}

void reset_packet(const struct event_target *t, bool to_client, struct writer *out)
{
    const uint8_t *src = to_client ? t->server : t->client, *dst = to_client ? t->client : t->server;
    uint8_t head[20];
    struct writer w;

    if (t->ipv6) {
        writer_be(out, 0x60000000u, 4);
        writer_be(out, TCP_HEADER, 2);
        writer_u8(out, IPPROTO_TCP);
        writer_u8(out, TTL);
        writer_bytes(out, src, 16);
        writer_bytes(out, dst, 16);
    } else {
        uint16_t sum = 0;
        for (int round = 0; round < 2; round++) { /* first without the checksum, to know it */
            writer_fixed(&w, head, sizeof(head));
            writer_be(&w, 0x4500, 2);
            writer_be(&w, sizeof(head) + TCP_HEADER, 2);
            writer_be(&w, 0x00004000u, 4); /* id 0, do not fragment (RFC 6864) */
            writer_u8(&w, TTL);
            writer_u8(&w, IPPROTO_TCP);
            writer_be(&w, sum, 2);
            writer_bytes(&w, src, 4);
            writer_bytes(&w, dst, 4);
            sum = fold(sum_words(writer_span(&w), 0));
        }
        writer_put(out, writer_span(&w));
    }
    put_tcp(t, to_client, tcp_checksum(t, to_client), out);
}

void reset_frame(const struct event_target *t, bool to_client, struct writer *out)
{
    writer_bytes(out, to_client ? t->client_mac : t->server_mac, 6);
    writer_bytes(out, to_client ? t->server_mac : t->client_mac, 6);
    for (int i = 0; i < 2 && t->vlan[i]; i++) {
        writer_be(out, 0x8100, 2);
        writer_be(out, t->vlan[i], 2);
    }
    writer_be(out, t->ipv6 ? 0x86DD : 0x0800, 2);
    reset_packet(t, to_client, out);
}

static bool has_mac(const uint8_t mac[6])
{
    static const uint8_t none[6];
    return memcmp(mac, none, 6) != 0;
}

/* Through the routing table. */
static bool send_routed(const struct reset *r, const struct event_target *t, bool to_client,
                        struct span packet)
{
    struct sockaddr_in a4 = {.sin_family = AF_INET};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
    const uint8_t *dst = to_client ? t->client : t->server;

    if (t->ipv6) {
        memcpy(&a6.sin6_addr, dst, 16);
        return r->raw6 >= 0 && sendto(r->raw6, packet.p, packet.n, 0, (struct sockaddr *)&a6, sizeof(a6)) ==
                                   (ssize_t)packet.n;
    }
    memcpy(&a4.sin_addr, dst, 4);
    return r->raw4 >= 0 &&
           sendto(r->raw4, packet.p, packet.n, 0, (struct sockaddr *)&a4, sizeof(a4)) == (ssize_t)packet.n;
}

static bool send_one(const struct reset *r, const struct event_target *t, bool to_client)
{
    uint8_t buf[128];
    struct writer w;
    bool sent;

    writer_fixed(&w, buf, sizeof(buf));
    reset_packet(t, to_client, &w);
    sent = send_routed(r, t, to_client, writer_span(&w));
    if (r->frames >= 0 && has_mac(t->client_mac) && has_mac(t->server_mac)) {
        writer_fixed(&w, buf, sizeof(buf));
        reset_frame(t, to_client, &w);
        sent |= send(r->frames, w.p, w.n, 0) == (ssize_t)w.n;
    }
    return sent;
}

int reset_send(struct reset *r, const struct event_target *t, char *err, size_t cap)
{
    bool client, server;

    if (r->raw4 < 0 && r->raw6 < 0 && r->frames < 0) {
        snprintf(err, cap, "no right to send resets (CAP_NET_RAW): %s", strerror(r->error));
        return ST_DENIED;
    }
    errno = 0;
    client = send_one(r, t, true);
    server = send_one(r, t, false);
    if (client || server) /* the end that is reset answers what the other one sends with a reset of its own */
        return 0;
    snprintf(err, cap, "the reset to the client and the server could not be sent: %s",
             errno == EPERM
                 ? "the packet filter of this machine, or IPAddressAllow of gatehouse-enforce@.service, "
                   "does not let it go there"
             : errno ? strerror(errno)
                     : "no way to it");
    return ST_IO;
}

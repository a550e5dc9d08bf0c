/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/packet_sum.h"

/* A longer packet that bears the sum of its pseudo-header alone was joined, or is not cut yet. */
#define WIRE_MAX 1500u

/* Ones' complement sum (RFC 1071); the order of bytes does not matter to it, so that words are as they lie.
 */
static uint64_t sum_bytes(uint64_t sum, struct span s)
{
    struct reader r = reader_span(s);
    struct span words = reader_take(&r, s.n & ~(size_t)7), rest = reader_rest(&r);
    uint64_t last = 0;

    for (size_t i = 0; i < words.n; i += 8) {
        uint64_t w;
        memcpy(&w, words.p + i, 8);
        sum += w;
        sum += sum < w;
    }
    if (rest.n)
        memcpy(&last, rest.p, rest.n);
    sum += last;
    return sum + (sum < last);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)sum;
}

static uint16_t pseudo_header(const struct packet *p)
{
    size_t n = p->ipv6 ? 16 : 4, length = p->l4.n;
    uint8_t tail[8] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                       (uint8_t)length};
    uint64_t sum = sum_bytes(0, span_of(p->src, n));

    tail[7] = 6;
    sum = sum_bytes(sum, span_of(p->dst, n));
    return fold(sum_bytes(sum, span_of(tail, sizeof(tail))));
}

enum packet_sum packet_tcp_sum(const struct packet *p)
{
    uint16_t head;
    uint8_t field[2] = {0};
    struct reader r = reader_span(p->l4);

    if (p->cut || p->l4.n < 20)
        return SUM_UNKNOWN;
    head = pseudo_header(p);
    if (fold(sum_bytes(head, p->l4)) == 0xFFFF)
        return SUM_RIGHT;
    reader_skip(&r, 16);
    reader_copy(&r, field, 2);
    return p->l3.n > WIRE_MAX && memcmp(field, &head, 2) == 0 ? SUM_UNKNOWN : SUM_WRONG;
}

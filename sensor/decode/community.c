/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/community.h"
#include "base/writer.h"

/* ICMP types that ask and the ones that answer; they count as the two ports. All other types are one-way. */
struct pair {
    uint8_t ask, answer;
};
static const struct pair icmp4[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}};
static const struct pair icmp6[] = {{128, 129}, {133, 134}, {135, 136}, {130, 131}, {144, 145}, {139, 140}};

/* Ports of an ICMP message; true when it is one-way (then the endpoints keep their order). */
static bool icmp_ports(const struct community_flow *f, uint16_t *a, uint16_t *b)
{
    const struct pair *table = f->proto == 58 ? icmp6 : icmp4;
    size_t n = f->proto == 58 ? GH_COUNT(icmp6) : GH_COUNT(icmp4);

    *a = f->icmp_type;
    for (size_t i = 0; i < n; i++) {
        if (table[i].ask == f->icmp_type) {
            *b = table[i].answer;
            return false;
        }
        if (table[i].answer == f->icmp_type) {
            *b = table[i].ask;
            return false;
        }
    }
    *b = f->icmp_code;
    return true;
}

void community_hash(const struct community_flow *f, uint8_t ret[static COMMUNITY_HASH])
{
    uint8_t bytes[2 + 2 * 16 + 2 + 4];
    struct writer w;
    size_t n = f->ipv6 ? 16 : 4;
    uint16_t sp = f->src_port, dp = f->dst_port;
    bool one_way = false, swap = false;

    if (f->proto == 1 || f->proto == 58)
        one_way = icmp_ports(f, &sp, &dp);
    if (!one_way) {
        int order = memcmp(f->src, f->dst, n);
        swap = order > 0 || (order == 0 && sp > dp);
    }
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_be(&w, 0, 2); /* the seed */
    writer_bytes(&w, swap ? f->dst : f->src, n);
    writer_bytes(&w, swap ? f->src : f->dst, n);
    writer_u8(&w, f->proto);
    writer_u8(&w, 0);
    if (f->proto == 6 || f->proto == 17 || f->proto == 132 || f->proto == 1 || f->proto == 58) {
        writer_be(&w, swap ? dp : sp, 2);
        writer_be(&w, swap ? sp : dp, 2);
    }
    gh_check(writer_ok(&w));
    digest_sha1(w.p, w.n, ret);
}

const char *community_text(const uint8_t hash[static COMMUNITY_HASH], char ret[static COMMUNITY_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = ret;

    *to++ = '1';
    *to++ = ':';
    for (size_t i = 0; i < COMMUNITY_HASH; i += 3) {
        uint32_t three = (uint32_t)hash[i] << 16;
        bool second = i + 1 < COMMUNITY_HASH, third = i + 2 < COMMUNITY_HASH;
        if (second)
            three |= (uint32_t)hash[i + 1] << 8;
        if (third)
            three |= hash[i + 2];
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = second ? digits[three >> 6 & 63] : '=';
        *to++ = third ? digits[three & 63] : '=';
    }
    *to = 0;
    return ret;
}

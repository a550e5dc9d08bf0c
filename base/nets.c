/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/nets.h"

#include <arpa/inet.h>

#define MAPPED_BITS 96
#define TEXT_MAX 64

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};

static const struct {
    uint8_t addr[16], bits;
    const char *kind;
} special6[] = {
    {{0}, 128, "unspecified"},
    {{[15] = 1}, 128, "loopback"},
    {{0}, 96, "reserved"},
    {{0x01, 0}, 64, "reserved"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "for documentation"},
    {{0x20, 0x01, 0}, 32, "a tunnel (Teredo)"},
    {{0xfc}, 7, "private"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "private"},
    {{0xff}, 8, "multicast"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "private"},
};
static const struct {
    uint8_t addr[4], bits;
    const char *kind;
} special4[] = {
    {{0}, 8, "unspecified"},
    {{10}, 8, "private"},
    {{100, 64}, 10, "private"},
    {{127}, 8, "loopback"},
    {{169, 254}, 16, "link-local"},
    {{172, 16}, 12, "private"},
    {{192, 0, 0}, 24, "reserved"},
    {{192, 0, 2}, 24, "for documentation"},
    {{192, 168}, 16, "private"},
    {{198, 18}, 15, "for benchmarks"},
    {{198, 51, 100}, 24, "for documentation"},
    {{203, 0, 113}, 24, "for documentation"},
    {{224}, 4, "multicast"},
    {{240}, 4, "reserved"},
};

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static int refuse(struct writer *err, struct span word, const char *what)
{
    if (err)
        writer_printf(err, "'%.*s' %s", (int)(word.n < TEXT_MAX ? word.n : TEXT_MAX), (const char *)word.p,
                      what);
    return ST_USAGE;
}

static int parse_one(struct nets *t, struct span word, struct writer *err)
{
    ptrdiff_t slash = span_find_byte(word, '/', 0);
    struct span name = slash < 0 ? word : span_part(word, 0, (size_t)slash);
    uint8_t addr[16] = {0}, masked[16] = {0};
    uint64_t bits = 128;
    bool v4;
    char text[TEXT_MAX];

    if (t->n == NETS_MAX)
        return refuse(err, word, "is one network too many");
    if (!name.n || name.n >= sizeof(text))
        return refuse(err, word, "is no address");
    memcpy(text, name.p, name.n);
    text[name.n] = 0;
    v4 = inet_pton(AF_INET, text, addr + 12) == 1;
    if (v4)
        memcpy(addr, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, text, addr) != 1)
        return refuse(err, word, "is no address");
    if (slash >= 0 && !span_number(span_part(word, (size_t)slash + 1, word.n), v4 ? 32 : 128, &bits))
        return refuse(err, word, "has no length behind its slash");
    if (slash >= 0 && v4)
        bits += MAPPED_BITS;
    for (unsigned i = 0; i < bits; i++)
        masked[i / 8] |= (uint8_t)(addr[i / 8] & (0x80u >> (i % 8)));
    if (memcmp(masked, addr, sizeof(addr)) != 0)
        return refuse(err, word, "has bits behind its prefix");
    memcpy(t->net[t->n].addr, addr, sizeof(addr));
    t->net[t->n++].bits = (uint8_t)bits;
    return 0;
}

int nets_parse(struct nets *t, struct span list, struct writer *err)
{
    size_t i = 0;
    int rc = 0;

    t->n = 0;
    while (i < list.n && !rc) {
        size_t from = i;
        while (i < list.n && list.p[i] != ' ' && list.p[i] != ',' && list.p[i] != '\t')
            i++;
        if (i > from)
            rc = parse_one(t, span_part(list, from, i - from), err);
        i++;
    }
    return rc;
}

bool nets_has(const struct nets *t, const uint8_t addr[static 16])
{
    for (size_t i = 0; i < t->n; i++)
        if (same_bits(t->net[i].addr, addr, t->net[i].bits))
            return true;
    return false;
}

static const char *special_v4(const uint8_t addr[static 4])
{
    for (size_t i = 0; i < GH_COUNT(special4); i++)
        if (same_bits(special4[i].addr, addr, special4[i].bits))
            return special4[i].kind;
    return NULL;
}

const char *nets_special(const uint8_t addr[static 16])
{
    if (!memcmp(addr, mapped, sizeof(mapped)) || !memcmp(addr, nat64, sizeof(nat64)))
        return special_v4(addr + 12);
    if (addr[0] == 0x20 && addr[1] == 0x02)
        return special_v4(addr + 2);
    for (size_t i = 0; i < GH_COUNT(special6); i++)
        if (same_bits(special6[i].addr, addr, special6[i].bits))
            return special6[i].kind;
    return NULL;
}

int nets_check(struct span value, struct writer *err)
{
    struct nets t;

    return nets_parse(&t, value, err);
}

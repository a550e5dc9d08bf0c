/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/zones.h"
#include "base/event.h"

#include <arpa/inet.h>
#include <stdio.h>

void zones_init(struct zones *z)
{
    memset(z, 0, sizeof(*z));
    snprintf(z->zone[0].name, sizeof(z->zone[0].name), "unknown");
    snprintf(z->zone[0].holds, sizeof(z->zone[0].holds), "none");
    z->n = 1;
}

int zones_add(struct zones *z, const char *name, const char *holds)
{
    if (!*name || strlen(name) >= ZONE_NAME || event_level_rank(span_str(holds)) < 0)
        return ST_USAGE;
    if (z->n == ZONES_MAX)
        return ST_LIMIT;
    for (unsigned i = 0; i < z->n; i++)
        if (!strcmp(z->zone[i].name, name))
            return ST_EXISTS;
    snprintf(z->zone[z->n].name, ZONE_NAME, "%s", name);
    snprintf(z->zone[z->n].holds, sizeof(z->zone[0].holds), "%s", holds);
    return (int)z->n++;
}

/* Textual address to 16 bytes; IPv4 mapped. The number of address bits through ret. */
static bool parse_address(const char *s, uint8_t out[static 16], unsigned *ret_bits)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(out, mapped, sizeof(mapped));
    *ret_bits = 32;
    if (inet_pton(AF_INET, s, out + 12) == 1)
        return true;
    *ret_bits = 128;
    return inet_pton(AF_INET6, s, out) == 1;
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool clean_behind(const uint8_t *a, unsigned bits)
{
    for (unsigned i = bits; i < 128; i++)
        if (a[i / 8] >> (7 - i % 8) & 1)
            return false;
    return true;
}

int zones_add_net(struct zones *z, unsigned zone, const char *net, unsigned *ret_other)
{
    struct zone_net n = {.zone = zone};
    const char *slash = strchr(net, '/');
    char address[64];
    unsigned bits;
    uint64_t prefix;

    if ((size_t)snprintf(address, sizeof(address), "%.*s", (int)(slash ? slash - net : (int)strlen(net)),
                         net) >= sizeof(address) ||
        !parse_address(address, n.addr, &bits))
        return ST_USAGE;
    prefix = bits;
    if (slash && (!span_number(span_str(slash + 1), bits, &prefix)))
        return ST_USAGE;
    n.bits = (unsigned)prefix + (128 - bits);
    if (!clean_behind(n.addr, n.bits))
        return ST_USAGE;
    for (unsigned i = 0; i < z->n_nets; i++) {
        unsigned common = z->net[i].bits < n.bits ? z->net[i].bits : n.bits;
        if (z->net[i].zone != zone && same_prefix(z->net[i].addr, n.addr, common)) {
            *ret_other = z->net[i].zone;
            return ST_EXISTS;
        }
    }
    if (z->n_nets == ZONE_NETS_MAX)
        return ST_LIMIT;
    z->net[z->n_nets++] = n;
    return 0;
}

unsigned zones_find(const struct zones *z, struct span address)
{
    char text[64];
    uint8_t a[16];
    unsigned bits;

    if (address.n == 0 || address.n >= sizeof(text))
        return 0;
    memcpy(text, address.p, address.n);
    text[address.n] = 0;
    if (!parse_address(text, a, &bits))
        return 0;
    for (unsigned i = 0; i < z->n_nets; i++)
        if (same_prefix(z->net[i].addr, a, z->net[i].bits))
            return z->net[i].zone;
    return 0;
}

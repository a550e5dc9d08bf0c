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

int zones_add_vlan(struct zones *z, unsigned zone, int64_t vlan)
{
    struct zone *o = &z->zone[zone];

    if (vlan < 1 || vlan > 4094)
        return ST_USAGE;
    if (o->n_vlans == ZONE_VLANS)
        return ST_LIMIT;
    o->vlans[o->n_vlans++] = (uint16_t)vlan;
    z->seen = true;
    return 0;
}

int zones_add_interface(struct zones *z, unsigned zone, const char *name)
{
    struct zone *o = &z->zone[zone];

    if (!*name || strlen(name) >= ZONE_INTERFACE)
        return ST_USAGE;
    if (o->n_interfaces == ZONE_INTERFACES)
        return ST_LIMIT;
    snprintf(o->interfaces[o->n_interfaces++], ZONE_INTERFACE, "%s", name);
    z->seen = true;
    return 0;
}

static bool has_vlan(const struct zone *o, unsigned vlan)
{
    for (unsigned i = 0; i < o->n_vlans; i++)
        if (o->vlans[i] == vlan)
            return true;
    return false;
}

static bool has_interface(const struct zone *o, struct span name)
{
    for (unsigned i = 0; i < o->n_interfaces; i++)
        if (span_eq(span_str(o->interfaces[i]), name))
            return true;
    return false;
}

/* Can nothing be seen in both? */
static bool apart(const struct zone *a, const struct zone *b)
{
    bool vlans = a->n_vlans && b->n_vlans, interfaces = a->n_interfaces && b->n_interfaces;

    for (unsigned i = 0; i < a->n_vlans; i++)
        vlans = vlans && !has_vlan(b, a->vlans[i]);
    for (unsigned i = 0; i < a->n_interfaces; i++)
        interfaces = interfaces && !has_interface(b, span_str(a->interfaces[i]));
    return vlans || interfaces;
}

int zone_net_parse(const char *net, struct zone_net *ret)
{
    struct zone_net n = {.zone = 0};
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
    *ret = n;
    return 0;
}

bool zone_address(struct span text, uint8_t ret[static 16])
{
    char copy[64];
    unsigned bits;

    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    return parse_address(copy, ret, &bits);
}

bool zone_net_holds(const struct zone_net *n, const uint8_t address[static 16])
{
    return same_prefix(address, n->addr, n->bits);
}

int zones_add_net(struct zones *z, unsigned zone, const char *net, unsigned *ret_other)
{
    struct zone_net n;
    int rc = zone_net_parse(net, &n);

    if (rc)
        return rc;
    n.zone = zone;
    for (unsigned i = 0; i < z->n_nets; i++) {
        unsigned common = z->net[i].bits < n.bits ? z->net[i].bits : n.bits;
        if (z->net[i].zone != zone && same_prefix(z->net[i].addr, n.addr, common) &&
            !apart(&z->zone[zone], &z->zone[z->net[i].zone])) {
            *ret_other = z->net[i].zone;
            return ST_EXISTS;
        }
    }
    if (z->n_nets == ZONE_NETS_MAX)
        return ST_LIMIT;
    z->zone[zone].n_nets++;
    z->net[z->n_nets++] = n;
    return 0;
}

int zones_check_bound(const struct zones *z, unsigned zone, unsigned *ret_other)
{
    const struct zone *o = &z->zone[zone];

    if (!o->n_vlans && !o->n_interfaces)
        return ST_USAGE;
    for (unsigned i = 1; i < z->n; i++)
        if (i != zone && !z->zone[i].n_nets && !apart(o, &z->zone[i])) {
            *ret_other = i;
            return ST_EXISTS;
        }
    return 0;
}

static bool seen_in(const struct zone *o, const struct zone_seen *seen)
{
    bool vlan = !o->n_vlans;

    if (!o->n_vlans && !o->n_interfaces)
        return true;
    if (!seen)
        return false;
    for (unsigned i = 0; i < seen->n_vlans; i++)
        vlan = vlan || has_vlan(o, seen->vlans[i]);
    return vlan && (!o->n_interfaces || has_interface(o, seen->interface));
}

/* RFC 1918, 3927, 4193, 4291, 6598: addresses that mean something only where they are. */
static bool is_private(const uint8_t *a)
{
    static const char *const nets[] = {"10.0.0.0/8",    "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                                       "100.64.0.0/10", "fc00::/7",      "fe80::/10"};

    for (size_t i = 0; i < GH_COUNT(nets); i++) {
        struct zone_net n;
        if (zone_net_parse(nets[i], &n) == 0 && zone_net_holds(&n, a))
            return true;
    }
    return false;
}

unsigned zones_find(const struct zones *z, struct span address, const struct zone_seen *seen)
{
    uint8_t a[16];

    if (!zone_address(address, a))
        return 0;
    for (unsigned i = 0; i < z->n_nets; i++)
        if (same_prefix(a, z->net[i].addr, z->net[i].bits) && seen_in(&z->zone[z->net[i].zone], seen))
            return z->net[i].zone;
    if (!z->seen || !seen || !is_private(a))
        return 0;
    for (unsigned i = 1; i < z->n; i++)
        if (!z->zone[i].n_nets && seen_in(&z->zone[i], seen))
            return i;
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later
 * zones: named networks and the highest level each may hold. Plain data inside a bundle; one thread. */
#ifndef GH_POLICY_ZONES_H
#define GH_POLICY_ZONES_H

#include "base/reader.h"

#define ZONES_MAX 64
#define ZONE_NETS_MAX 1024
#define ZONE_NAME 48

struct zone_net {
    uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
    unsigned zone;
};
struct zone {
    char name[ZONE_NAME];
    char holds[16]; /* level name */
};
struct zones {
    struct zone zone[ZONES_MAX]; /* [0] is "unknown", which may hold nothing */
    unsigned n;
    struct zone_net net[ZONE_NETS_MAX];
    unsigned n_nets;
};
void zones_init(struct zones *z);
/* New zone; its index, or a code: ST_EXISTS, ST_LIMIT, ST_USAGE (name empty, too long, or "unknown"; no such
 * level). */
int zones_add(struct zones *z, const char *name, const char *holds);
/* "10.1.0.0/16", "2001:db8::/32", a single address. ST_USAGE: not a network, or bits set behind the prefix;
 * ST_EXISTS: it overlaps one of another zone, whose index is in *ret_other; ST_LIMIT. */
int zones_add_net(struct zones *z, unsigned zone, const char *net, unsigned *ret_other);
/* The zone of a textual address; 0 (unknown) when it is in none or is no address. */
unsigned zones_find(const struct zones *z, struct span address);

#endif

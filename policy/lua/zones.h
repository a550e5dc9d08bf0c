/* SPDX-License-Identifier: GPL-3.0-or-later
 * zones: named parts of the network and the highest level each may hold. Plain data inside a bundle; one
 * thread.
 *
 * A zone has networks, and may be bound to VLANs and interfaces: its networks then count only for what is
 * seen there, so that the same addresses may mean different zones in different VLANs. A zone of VLANs or
 * interfaces without networks takes in the private addresses seen there that no network claims; a public
 * address is never made part of a zone by where it was seen. */
#ifndef GH_POLICY_ZONES_H
#define GH_POLICY_ZONES_H

#include "base/reader.h"

#define ZONES_MAX 64
#define ZONE_NETS_MAX 1024
#define ZONE_NAME 48
#define ZONE_VLANS 64
#define ZONE_INTERFACES 8
#define ZONE_INTERFACE 16
#define ZONE_SEEN_VLANS 4

struct zone_net {
    uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
    unsigned zone;
};
struct zone {
    char name[ZONE_NAME];
    char holds[16]; /* level name */
    uint16_t vlans[ZONE_VLANS];
    char interfaces[ZONE_INTERFACES][ZONE_INTERFACE];
    unsigned n_vlans, n_interfaces, n_nets;
};
struct zones {
    struct zone zone[ZONES_MAX]; /* [0] is "unknown", which may hold nothing */
    unsigned n;
    struct zone_net net[ZONE_NETS_MAX];
    unsigned n_nets;
    bool seen; /* some zone is bound to a VLAN or an interface */
};
/* Where an event was seen. */
struct zone_seen {
    uint16_t vlans[ZONE_SEEN_VLANS];
    unsigned n_vlans;
    struct span interface;
};
void zones_init(struct zones *z);
/* New zone; its index, or a code: ST_EXISTS, ST_LIMIT, ST_USAGE (name empty, too long, or "unknown"; no such
 * level). */
int zones_add(struct zones *z, const char *name, const char *holds);
/* Binds a zone to a VLAN (1 to 4094) or an interface, before its networks are added. 0, ST_USAGE, ST_LIMIT.
 */
int zones_add_vlan(struct zones *z, unsigned zone, int64_t vlan);
int zones_add_interface(struct zones *z, unsigned zone, const char *name);
/* "10.1.0.0/16", "2001:db8::/32", a single address. ST_USAGE: not a network, or bits set behind the prefix;
 * ST_EXISTS: it overlaps one of another zone that is not kept apart by VLANs or interfaces, whose index is in
 * *ret_other; ST_LIMIT. */
int zones_add_net(struct zones *z, unsigned zone, const char *net, unsigned *ret_other);
/* For a zone without networks: ST_EXISTS when another such zone shares a VLAN or an interface with it;
 * ST_USAGE when it is bound to nothing. */
int zones_check_bound(const struct zones *z, unsigned zone, unsigned *ret_other);
/* The zone of a textual address; 0 (unknown) when it is in none or is no address. seen may be NULL: nothing
 * is known of where. */
unsigned zones_find(const struct zones *z, struct span address, const struct zone_seen *seen);

/* One network, one address: for lists. */
int zone_net_parse(const char *net, struct zone_net *ret); /* 0 or ST_USAGE */
bool zone_address(struct span text, uint8_t ret[static 16]);
bool zone_net_holds(const struct zone_net *n, const uint8_t address[static 16]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * nets: lists of networks, and which addresses are not of the public internet. Pure functions, any thread. */
#ifndef GH_BASE_NETS_H
#define GH_BASE_NETS_H

#include "base/writer.h"

#define NETS_MAX 64

struct nets {
    size_t n;
    struct {
        uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
        uint8_t bits;     /* of 128 */
    } net[NETS_MAX];
};
/* "10.0.0.0/8 192.0.2.7 fd00::/8", apart by blanks or commas. ST_USAGE with one sentence in err (may be
 * NULL). */
int nets_parse(struct nets *t, struct span list, struct writer *err);
/* addr: IPv6, or IPv4 as ::ffff:a.b.c.d. */
bool nets_has(const struct nets *t, const uint8_t addr[static 16]);
/* What kind of place an address is when it is not one of the public internet (IANA special-purpose
 * registries): "loopback", "private", …; NULL: public. IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged as
 * the IPv4 address that it leads to. */
const char *nets_special(const uint8_t addr[static 16]);
/* For conf.def: 0, or ST_USAGE with a sentence in err. */
int nets_check(struct span value, struct writer *err);

#endif

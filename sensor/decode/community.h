/* SPDX-License-Identifier: GPL-3.0-or-later
 * community: Community ID v1 (corelight/community-id-spec): the same short text for the same conversation in
 * every tool. "1:" + base64(SHA-1(seed 0 || address || address || protocol || 0 || port || port)), the
 * smaller endpoint first. ICMP types take the place of ports. Pure, any thread. */
#ifndef GH_SENSOR_COMMUNITY_H
#define GH_SENSOR_COMMUNITY_H

#include "base/digest.h"

#define COMMUNITY_HASH 20
#define COMMUNITY_TEXT 31 /* "1:", 28 base64 digits, NUL */

struct community_flow {
    bool ipv6;
    uint8_t proto;
    uint8_t src[16], dst[16];    /* IPv4 in the first four */
    uint16_t src_port, dst_port; /* host order; not for ICMP */
    uint8_t icmp_type, icmp_code;
};
void community_hash(const struct community_flow *f, uint8_t ret[static COMMUNITY_HASH]);
const char *community_text(const uint8_t hash[static COMMUNITY_HASH], char ret[static COMMUNITY_TEXT]);

#endif

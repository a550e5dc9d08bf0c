/* SPDX-License-Identifier: GPL-3.0-or-later
 * rdp_x224: the two messages that begin an RDP connection (MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2; TPKT of
 * RFC 1006, X.224 class 0). Pure; spans point into the message. */
#ifndef GH_SENSOR_RDP_X224_H
#define GH_SENSOR_RDP_X224_H

#include "base/reader.h"

enum rdp_protocol { RDP_STANDARD = 0, RDP_SSL = 1, RDP_HYBRID = 2, RDP_RDS_TLS = 4, RDP_HYBRID_EX = 8 };

struct rdp_request {
    struct span cookie; /* the user's name, as the client cut it */
    struct span token;  /* or what a load balancer wants back */
    bool negotiates;
    uint8_t flags;
    uint32_t protocols; /* bits of enum rdp_protocol */
};
struct rdp_response {
    bool negotiates, failed;
    uint8_t flags;
    uint32_t value; /* the protocol chosen, or why it failed */
};
/* Bytes of the TPKT packet at the start of s; 0: more are needed; SIZE_MAX: it is none. */
size_t rdp_tpkt_size(struct span s);
/* A whole TPKT packet. False when it is not that message. */
bool rdp_request_read(struct span s, struct rdp_request *ret);
bool rdp_response_read(struct span s, struct rdp_response *ret);

#endif

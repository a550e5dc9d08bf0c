/* SPDX-License-Identifier: GPL-3.0-or-later
 * rdp: the beginning of Remote Desktop connections (MS-RDPBCGR) to EVE `rdp` events: initial_request with the
 * user name that old clients give, initial_response with the security that was chosen or why not.
 * gatehouse.rdp.requested lists what the client offered. When TLS was chosen the connection is read on as
 * TLS; with RDP's own security nothing more is read.
 *
 * Ceiling: RDP_PACKET_MAX bytes of each message. */
#ifndef GH_SENSOR_RDP_H
#define GH_SENSOR_RDP_H

#include "sensor/decode/proto.h"

#define RDP_PACKET_MAX 512u

extern const struct proto rdp_proto;

#endif

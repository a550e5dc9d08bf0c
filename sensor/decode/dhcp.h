/* SPDX-License-Identifier: GPL-3.0-or-later
 * dhcp: DHCP for IPv4 (RFC 2131, 2132; option overload and long options of RFC 3396) to one EVE `dhcp` event
 * for each message, in Suricata's extended form. Stateless; at most DHCP_OPTION_MAX bytes of an option are
 * shown. */
#ifndef GH_SENSOR_DHCP_H
#define GH_SENSOR_DHCP_H

#include "sensor/decode/proto.h"

#define DHCP_OPTION_MAX 512u

extern const struct proto dhcp_proto;

#endif

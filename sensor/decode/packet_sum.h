/* SPDX-License-Identifier: GPL-3.0-or-later
 * packet_sum: is the checksum of a TCP segment right? Pure.
 *
 * Where the card computes checksums, or cuts large segments and joins small ones, captures on the machine
 * itself show what the kernel hands over: mostly the sum of the pseudo-header alone. Nothing follows from
 * such a wrong one by itself; the caller compares it with others of the same sender. */
#ifndef GH_SENSOR_PACKET_SUM_H
#define GH_SENSOR_PACKET_SUM_H

#include "sensor/decode/packet.h"

enum packet_sum {
    SUM_RIGHT,
    SUM_WRONG,
    SUM_UNKNOWN /* the capture cut the packet, or no wire carried it as it is: left to the card, and too long
                 */
};
/* RFC 9293 section 3.1, RFC 8200 section 8.1. p: a whole TCP packet. */
enum packet_sum packet_tcp_sum(const struct packet *p);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * tftp: TFTP (RFC 1350, options of RFC 2347, 2348 and 7440) as a parser of proto.h.
 *
 * A request makes a tftp event and announces (expect.h) the flow in which its peer answers, mostly from
 * another port. The blocks of a transfer become one document. Repeated blocks are passed over; block numbers
 * may run over (to 0 or to 1) as often as they like. Blocks that come ahead of their turn are held,
 * TFTP_HELD at most; a block counts as missing when its receiver has acknowledged it, or the sender went on
 * as only an acknowledgement lets it. Octet and netascii files are carved as they cross the wire. */
#ifndef GH_SENSOR_TFTP_H
#define GH_SENSOR_TFTP_H

#include "sensor/decode/proto.h"

#define TFTP_HELD 16

extern const struct proto tftp_proto;

#endif

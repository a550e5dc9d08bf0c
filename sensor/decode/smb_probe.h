/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_probe: what is SMB, at the beginning of a connection and behind a hole. Pure functions. */
#ifndef GH_SENSOR_SMB_PROBE_H
#define GH_SENSOR_SMB_PROBE_H

#include "sensor/decode/proto.h"

#define NETBIOS_HEAD 4u
#define SMB_HEADER_TRIAL 10u /* bytes that tell a header behind a hole */

/* RFC 1002 4.3.1; SMB without NetBIOS keeps the first and the last. */
enum netbios {
    NETBIOS_MESSAGE = 0x00,
    NETBIOS_REQUEST = 0x81,
    NETBIOS_POSITIVE = 0x82,
    NETBIOS_KEEPALIVE = 0x85
};

enum probe smb_probe(const struct proto_ctx *cx, enum direction dir, struct span first);
/* The four bytes before a unit: FF, FE, FD or FC, and "SMB". */
bool smb_mark(struct span mark, uint8_t *ret_kind);
/* Offset of the first header of a message in bytes of unknown standing, or -1. SMB_HEADER_TRIAL bytes of it
 * must be there. */
ptrdiff_t smb_header_find(struct span s);

#endif

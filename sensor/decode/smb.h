/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb: SMB 1, 2 and 3 over TCP, with or without a NetBIOS session ([MS-CIFS], [MS-SMB], [MS-SMB2], RFC 1002
 * section 4.3), found by content. Files read become documents to the client, files written documents to the
 * server, one for each open and way; what goes through named pipes is none. One smb event for each request
 * worth telling (negotiation, session, share, open, rename, the first read and the first write of an open).
 *
 * What is encrypted (SMB 3 transform header) is said once and not read; what is compressed likewise. After a
 * hole that is longer than the message it lies in, a direction goes on at the next header that makes sense.
 *
 * Memory of one connection, all of it charged: SMB_REQUESTS_MAX requests, SMB_FILES_MAX files, SMB_TREES_MAX
 * shares, SMB_HELD_MAX bytes of data that came too early, one message of SMB_WHOLE_MAX for each direction.
 * Decode thread only. */
#ifndef GH_SENSOR_SMB_H
#define GH_SENSOR_SMB_H

#include "sensor/decode/proto.h"

extern const struct proto smb_proto;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * ssh: the readable part of SSH (RFC 4253): the identification lines and the two SSH_MSG_KEXINIT, to one EVE
 * `ssh` event for each connection with the HASSH of client and server (Salesforce, 2018). It goes out when
 * both sides have named their algorithms, or with what is known when the connection ends.
 *
 * Ceilings: SSH_LINE_MAX bytes of an identification line, SSH_LINES_MAX lines before it (RFC 4253
 * section 4.2), SSH_PACKET_MAX bytes of the packet with the KEXINIT, SSH_LISTS_MAX bytes of a HASSH text. */
#ifndef GH_SENSOR_SSH_H
#define GH_SENSOR_SSH_H

#include "sensor/decode/proto.h"

#define SSH_LINE_MAX 512u
#define SSH_LINES_MAX 64u
#define SSH_PACKET_MAX 35004u /* RFC 4253 section 6.1 */
#define SSH_LISTS_MAX 4096u

extern const struct proto ssh_proto;

#endif

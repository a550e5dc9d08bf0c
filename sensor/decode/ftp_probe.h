/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp_probe: how FTP is known by its first bytes, and the form of its commands. Used by ftp.c. */
#ifndef GH_SENSOR_FTP_PROBE_H
#define GH_SENSOR_FTP_PROBE_H

#include "sensor/decode/proto.h"

/* The command in a line: from its first letter on, behind what ABOR is preceded by (Telnet's IP and Synch)
 * and blanks. *ret_verb is the length of its verb, 0 when the line is no command. */
struct span ftp_command(struct span line, size_t *ret_verb);
/* As struct proto's probe: "220" with FTP in it or followed by a reply that only FTP gives; commands that
 * only FTP has. */
enum probe ftp_probe(const struct proto_ctx *cx, enum direction dir, struct span first);

#endif

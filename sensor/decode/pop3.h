/* SPDX-License-Identifier: GPL-3.0-or-later
 * pop3: POP3 (RFC 1939, 2449, 2595, 5034) as a parser of proto.h.
 *
 * Mails that RETR and TOP bring go through mime.h, which carves their parts; each makes one pop3 event with
 * its header facts. Each command and its reply make one pop3 event as well. Which replies have several lines
 * is known by their command; where that is not seen (yet), by what stands in their first line, so that a
 * capture of one direction gives the same documents. What PASS, APOP and AUTH carry is neither kept nor
 * logged. STLS that is agreed ends the reading, an anomaly pop3.stls tells.
 *
 * Ceilings: 1024 bytes of a command or status line, 8 KiB of commands that wait for their reply and of
 * replies that wait for their command. */
#ifndef GH_SENSOR_POP3_H
#define GH_SENSOR_POP3_H

#include "sensor/decode/proto.h"

extern const struct proto pop3_proto;

#endif

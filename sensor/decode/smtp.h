/* SPDX-License-Identifier: GPL-3.0-or-later
 * smtp: SMTP and LMTP (RFC 5321, 2033, 2920 pipelining, 3030 BDAT, 3207 STARTTLS, 4954 AUTH) as a parser of
 * proto.h.
 *
 * Commands and replies are matched in order; where replies are not seen (one direction only) the commands are
 * believed. Each mail goes through mime.h, which carves its parts, and makes one smtp event with its envelope
 * and header facts. Behind a STARTTLS that is agreed the connection is read as TLS; an anomaly smtp.starttls
 * tells. What AUTH carries is neither kept nor logged.
 *
 * A lone "." ends a mail only behind CR LF, or where the client ends all its lines with LF: readers that
 * differ here are what SMTP smuggling lives on, and the difference is an anomaly. Ceilings: SMTP_LINE_MAX
 * bytes of a command (the rest is skipped), SMTP_RCPT_MAX recipients kept, SMTP_OPEN_MAX commands that wait
 * for their reply. */
#ifndef GH_SENSOR_SMTP_H
#define GH_SENSOR_SMTP_H

#include "sensor/decode/proto.h"

extern const struct proto smtp_proto;

#endif

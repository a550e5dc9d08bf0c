/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp: the control connection of FTP (RFC 959, 1123, 2228, 2389, 2428, 3659) as a parser of proto.h.
 *
 * Commands and replies are paired in order; each pair makes one ftp event. What PASS, ACCT and ADAT carry is
 * neither kept nor logged. PORT, EPRT, PASV and EPSV announce data connections (expect.h), under the address
 * that was said and under that of the peer, who may be behind a translator; the transfer command then says
 * what is transferred, so that ftp_data.c can name the document. AUTH that is agreed ends the reading, an
 * anomaly ftp.auth_tls tells. An announced address that is neither of the two hosts is an anomaly
 * ftp.data_to_other_host.
 *
 * Ceilings: FTP_LINE_MAX bytes of a line (the rest is skipped), FTP_TEXT_MAX bytes of a command's argument
 * kept, FTP_OPEN_MAX commands that wait for their reply (the oldest is then told as one without), 4 KiB of a
 * reply. */
#ifndef GH_SENSOR_FTP_H
#define GH_SENSOR_FTP_H

#include "sensor/decode/proto.h"

extern const struct proto ftp_proto;

#endif

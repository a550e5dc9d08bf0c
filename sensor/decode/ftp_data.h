/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp_data: a data connection of FTP as a parser of proto.h. It is never found by content: expect.h says
 * which connections are ones, and ftp.c what is transferred.
 *
 * What is sent in stream mode is the file, byte for byte: one document for each direction that speaks, under
 * the name of the command, and one ftp_data event, when its end and the reply to its command have been seen.
 * Listings are told but are no documents. A connection that was announced and whose command was not seen
 * makes a document without a name. A connection that nobody announced waits for its announcement until its
 * flow ends; then it is a document only where the control connection has a hole (expect_is_blind), otherwise
 * it was none. Nothing is kept here; carve.h's limits hold. */
#ifndef GH_SENSOR_FTP_DATA_H
#define GH_SENSOR_FTP_DATA_H

#include "sensor/decode/proto.h"

/* expect_note.command of its note; expect_note.number is where a restarted transfer begins. */
enum ftp_transfer {
    FTP_TRANSFER_NONE,
    FTP_RETR,
    FTP_STOR,
    FTP_APPE,
    FTP_STOU,
    FTP_LIST,
    FTP_NLST,
    FTP_MLSD,
    FTP_TRANSFER_COUNT
};
const char *ftp_transfer_name(enum ftp_transfer t); /* "RETR" */

extern const struct proto ftp_data_proto;

#endif

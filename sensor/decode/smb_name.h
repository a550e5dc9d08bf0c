/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_name: names and other texts of SMB to UTF-8. Pure functions. */
#ifndef GH_SENSOR_SMB_NAME_H
#define GH_SENSOR_SMB_NAME_H

#include "base/writer.h"

/* UTF-16LE up to its end or a NUL; lone surrogates become U+FFFD. */
void smb_name_utf16(struct span s, struct writer *out);
/* 8-bit text up to its end or a NUL: UTF-8 when it is that, otherwise taken for Latin-1 (which code page the
 * peers use is not said on the wire). */
void smb_name_oem(struct span s, struct writer *out);
/* A text of SMB 1 at the reader, ended by NUL or by the message; moves behind it. Unicode text begins at an
 * even offset of the message, over which the reader must run from its first byte. */
void smb_name_read(struct reader *r, bool unicode, struct writer *out);

#endif

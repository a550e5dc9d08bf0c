/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_rc4: workbooks of Excel 97 to 2003 that are encrypted with RC4 under Excel's own fixed password (see
 * x_ole_crypt.h). Pure, bounded by the stream. */
#ifndef GH_RULES_X_OLE_RC4_H
#define GH_RULES_X_OLE_RC4_H

#include "rules/extract.h"

/* The stream in plain in out (the caller's ceiling). pass: body of its FILEPASS record, behind which, at
 * offset from, the cipher begins. False: another password or scheme, or no budget left. */
bool ole_rc4_sheet(struct extract *x, struct span pass, struct span stream, size_t from, struct writer *out);

#endif

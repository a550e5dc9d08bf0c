/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_eml_code: the transfer encodings of mail (RFC 2045, 6) and of its predecessors. Tolerant: what is no code
 * is skipped, so that a damaged mail still gives what is left. Output is never longer than input. Pure. */
#ifndef GH_RULES_X_EML_CODE_H
#define GH_RULES_X_EML_CODE_H

#include "base/writer.h"

/* Stops at a '-' that begins a line (the next boundary) no more than at any other foreign byte: it is
 * skipped. */
void base64_decode(struct span s, struct writer *out);
/* word: the form of encoded words (RFC 2047, 4.2), where '_' is a blank. */
void quoted_decode(struct span s, bool word, struct writer *out);
/* uuencode (POSIX), from its "begin" line on; false when there is none. *ret_name: the file's name in that
 * line. */
bool uu_decode(struct span s, struct writer *out, struct span *ret_name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * unicode: the one door to ICU: normal forms of UTF-8 text, in chunks, so that memory does not grow with the
 * text.
 *
 * Call unicode_warm_up() before the jail; afterwards nothing is opened. Pure after that, any thread. ASCII
 * that touches nothing else is copied without asking ICU. Invalid UTF-8 becomes U+FFFD. */
#ifndef GH_RULES_UNICODE_H
#define GH_RULES_UNICODE_H

#include "base/writer.h"

int unicode_warm_up(void); /* 0, or ST_IO when ICU lacks its data */
/* NFC (UAX #15), appended to out. */
void unicode_nfc(struct span utf8, struct writer *out);
/* NFKC_Casefold (Unicode 3.13, D146): compatibility forms, case and ignorable characters gone; appended to
 * out. */
void unicode_casefold(struct span utf8, struct writer *out);
const char *unicode_version(void); /* of the tables, "14.0"; part of what a rule set's version stands for */

#endif

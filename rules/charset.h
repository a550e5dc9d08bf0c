/* SPDX-License-Identifier: GPL-3.0-or-later
 * charset: bytes in any encoding an office uses, to UTF-8. Own tables for the Vietnamese ones (TCVN3/ABC, VNI, VISCII, VIQR,
 * windows-1258) and the common 8-bit sets; no iconv, so nothing is opened inside the jail. Pure, no state, any thread. */
#ifndef GH_RULES_CHARSET_H
#define GH_RULES_CHARSET_H

#include "base/writer.h"

/* What bytes most likely are: "utf-8", "utf-16le", "utf-16be", "tcvn3", "vni", "viscii", "viqr", "cp1258", "windows-1252",
 * "windows-1251", …; confidence 0..1 through ret. Never NULL. hint (may be NULL) is a declared name. */
const char *charset_detect(struct span bytes, const char *hint, double *ret_confidence);
/* Decodes to UTF-8 (not normalised). Unknown names decode as windows-1252. Undecodable bytes become U+FFFD. Returns false
 * when the name was not known. Names are IANA names and aliases in any case, "cpNNNN", "tcvn3", "vni", "viscii", "viqr". */
bool charset_decode(struct span bytes, const char *name, struct writer *out);
bool charset_known(const char *name);
/* Latin-1 code points in a UTF-8 run that a .Vn* or VNI-* font shows as Vietnamese: decoded; "tcvn3", "vni" or NULL when
 * the font name is neither (then nothing is written). */
const char *charset_font(const char *font, struct span utf8, struct writer *out);
/* NFC (UAX #15) by ICU's instance, loaded by charset_warm_up() before the jail. */
int charset_warm_up(void);
void charset_nfc(struct span utf8, struct writer *out);

#endif

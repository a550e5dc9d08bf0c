/* SPDX-License-Identifier: GPL-3.0-or-later
 * charset: bytes in any encoding an office uses, to UTF-8. Own tables for the Vietnamese ones (TCVN3/ABC,
 * VNI, VISCII, VIQR, windows-1258) and the common 8-bit sets; East Asian ones by ICU, whose data is part of
 * its library. No iconv, so nothing is opened inside the jail. No state after charset_warm_up(); one thread
 * (ICU's converters are shared). */
#ifndef GH_RULES_CHARSET_H
#define GH_RULES_CHARSET_H

#include "base/writer.h"

/* Tables and converters of all encodings; once, before the jail. 0, ST_NOMEM, ST_IO. Nothing below may be
 * called before. */
int charset_warm_up(void);

/* What bytes most likely are: "us-ascii", "utf-8", "utf-16le", "utf-16be", "tcvn3", "vni", "viscii", "viqr",
 * "windows-1258", "windows-1252", "windows-1251", …; confidence 0..1 through ret_confidence when not NULL.
 * Never NULL; a static name. hint (may be NULL) is a declared name: it wins when the bytes are possible in it
 * and nothing speaks clearly for another. Reads at most CHARSET_SAMPLE bytes, beside the check for UTF-8. */
#define CHARSET_SAMPLE 65536
const char *charset_detect(struct span bytes, const char *hint, double *ret_confidence);
/* The same for UTF-16 and UTF-32 alone, which takes one look at the bytes: their name, NULL when it is another encoding
 * or no text at all. */
const char *charset_wide(struct span bytes);
/* Decodes to UTF-8 (not normalised), a byte order mark left out. Unknown names decode as windows-1252.
 * Undecodable bytes become U+FFFD. Returns false when the name was not known. Names are IANA names and
 * aliases in any case, "cpNNNN", "tcvn3", "vni", "viscii", "viqr". Output is at most 4 bytes for each byte of
 * input. */
bool charset_decode(struct span bytes, const char *name, struct writer *out);
bool charset_known(const char *name);
/* The one name that this module has for an encoding ("cp1258" -> "windows-1258"), or NULL; static. */
const char *charset_canonical(const char *name);

/* Fonts that show Latin-1 letters as Vietnamese: "tcvn3" (.Vn*), "vni" (VNI-*), or NULL for all others.
 * *ret_capital: the font shows small letters as capitals (.VnTimeH). Static names, so that they can be
 * compared as pointers. */
const char *charset_font_kind(const char *font, bool *ret_capital);
/* Text in such a font as the reader sees it. Code points that the font does not change are kept. */
void charset_font_decode(const char *kind, bool capital, struct span utf8, struct writer *out);
/* Both in one: what is written (and the kind returned) is nothing when font is no such font. */
const char *charset_font(const char *font, struct span utf8, struct writer *out);

#endif

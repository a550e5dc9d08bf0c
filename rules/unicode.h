/* SPDX-License-Identifier: GPL-3.0-or-later
 * unicode: the one door to ICU: normal forms of UTF-8 text, in chunks, so that memory does not grow with the
 * text; properties of characters; converters of foreign encodings.
 *
 * Call unicode_warm_up() before the jail; afterwards nothing is opened: ICU's data is part of its library,
 * and files are forbidden to it. Pure after that, any thread (a converter: one thread at a time). ASCII that
 * touches nothing else is copied without asking ICU. Invalid UTF-8 becomes U+FFFD. */
#ifndef GH_RULES_UNICODE_H
#define GH_RULES_UNICODE_H

#include "base/writer.h"

int unicode_warm_up(void); /* 0, or ST_IO when ICU lacks its data */
/* NFC (UAX #15), appended to out. */
void unicode_nfc(struct span utf8, struct writer *out);
/* NFD, appended to out. */
void unicode_nfd(struct span utf8, struct writer *out);
/* Is it in NFC already? Careful: false may also mean "not sure". */
bool unicode_is_nfc(struct span utf8);
/* NFKC_Casefold (Unicode 3.13, D146): compatibility forms, case and ignorable characters gone; appended to
 * out. */
void unicode_casefold(struct span utf8, struct writer *out);
const char *unicode_version(void); /* of the tables, "14.0"; part of what a rule set's version stands for */

/* Properties of one code point (UCD): simple lower case, letter or mark that belongs to one, control
 * character. */
uint32_t unicode_lower(uint32_t cp);
bool unicode_is_letter(uint32_t cp);
bool unicode_is_control(uint32_t cp);

/* What each byte of a single-byte encoding stands for, U+FFFD for nothing, into table. name is ICU's. False
 * when ICU does not know it. Before the jail. */
bool unicode_byte_table(const char *name, uint16_t table[static 256]);
/* A converter that lives as long as the process; NULL when ICU does not know the name. Before the jail. */
struct unicode_converter;
struct unicode_converter *unicode_converter_open(const char *name);
/* Converts the whole of bytes to UTF-8, appended to out. False when something in it was damaged (U+FFFD
 * stands there). */
bool unicode_convert(struct unicode_converter *c, struct span bytes, struct writer *out);

#endif

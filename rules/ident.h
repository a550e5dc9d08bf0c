/* SPDX-License-Identifier: GPL-3.0-or-later
 * ident: personal identifiers in text, counted and never copied: Vietnamese citizen numbers, passports'
 * machine-readable lines, payment cards. Pure, any thread. Facts and false-alarm rates: docs/markings.md,
 * section 4. */
#ifndef GH_RULES_IDENT_H
#define GH_RULES_IDENT_H

#include "base/reader.h"

enum ident_kind { IDENT_CCCD, IDENT_PASSPORT_MRZ, IDENT_CARD, IDENT_COUNT };
struct ident_counts {
    unsigned found[IDENT_COUNT];
    /* Twelve digits that could be a citizen number but stand without a word that says so; and how many tokens
     * of twelve digits there were. ident_settle() decides: a list of them needs no words. */
    unsigned bare, twelve;
};
const char *ident_name(enum ident_kind k); /* "cccd" */
/* Adds what one text holds; call for each, then settle. Linear. */
void ident_scan(struct span utf8, struct ident_counts *c);
void ident_settle(struct ident_counts *c);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ooxml_header: headers and footers of sheets, which are written alike in all of Excel's formats. */
#ifndef GH_RULES_X_OOXML_HEADER_H
#define GH_RULES_X_OOXML_HEADER_H

#include "rules/extract.h"

/* Text of a header or footer without its codes (ECMA-376-1, 18.3.1.46). */
void sheet_header_text(struct extract *x, enum place place, unsigned page, struct span codes);

#endif

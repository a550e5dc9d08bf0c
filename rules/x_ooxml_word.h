/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ooxml_word: what the reader of WordprocessingML needs to know of styles: the font, because .Vn* and VNI-*
 * fonts show Latin-1 letters as Vietnamese, and whether text is hidden. */
#ifndef GH_RULES_X_OOXML_WORD_H
#define GH_RULES_X_OOXML_WORD_H

#include "rules/x_ooxml.h"

#define WORD_STYLES_MAX 4096
#define WORD_FONT_MAX 64 /* bytes of a font's name that matter */

struct word_format {
    char font[WORD_FONT_MAX]; /* "" unknown */
    bool hidden;
};
/* Changes f as an element inside w:rPr says. */
void word_format_apply(struct word_format *f, struct sax *s, const char *name);
/* The document's defaults, or the default paragraph style where there is one. */
struct word_format word_style_default(const struct word_styles *styles);
/* Lays style id over f; unknown ids change nothing. */
void word_style_apply(const struct word_styles *styles, const char *id, struct word_format *f);

#endif

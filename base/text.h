/* SPDX-License-Identifier: GPL-3.0-or-later
 * text: UTF-8 without surprises. No locale, no state, any thread. Normalising to NFC needs ICU and lives in rules/. */
#ifndef GH_BASE_TEXT_H
#define GH_BASE_TEXT_H

#include "base/writer.h"

#define TEXT_REPLACEMENT 0xFFFDu

/* Strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing past U+10FFFF. */
bool text_is_utf8(struct span s);
/* Length of the longest valid prefix. */
size_t text_utf8_prefix(struct span s);
/* Next code point at *pos; moves *pos by at least 1. An invalid byte gives TEXT_REPLACEMENT. pos must be < s.n. */
uint32_t text_next(struct span s, size_t *pos);
/* Appends one code point; invalid ones become TEXT_REPLACEMENT. */
void text_put(struct writer *w, uint32_t cp);
/* Appends s with every invalid byte replaced. */
void text_put_clean(struct writer *w, struct span s);
/* Levenshtein distance of two short ASCII words (<= 63 bytes each), to name the nearest known key. */
unsigned text_distance(const char *a, const char *b);
/* The nearest of n names within a third of the word's length and at most distance 3, or NULL. */
const char *text_nearest(const char *word, const char *const *names, size_t n);

#endif

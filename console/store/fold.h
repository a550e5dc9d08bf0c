/* SPDX-License-Identifier: GPL-3.0-or-later
 * fold: text as people search it: lower case, without accents, đ as d, NFD like NFC: "Công điện", "CÔNG ĐIỆN"
 * and "cong dien" are one. Latin letters only; other scripts pass unchanged. */
#ifndef GH_CONSOLE_FOLD_H
#define GH_CONSOLE_FOLD_H

#include "base/writer.h"

/* Appends the folded form of s and nothing else. Invalid UTF-8 becomes U+FFFD. */
void fold_text(struct writer *w, struct span s);
/* Folded words of a search, each as a LIKE pattern "%word%" with \ as escape, at most max; returns how many.
 * The patterns live in w (fresh, ceiling by the caller), NUL-ended. */
size_t fold_patterns(struct writer *w, struct span query, const char **ret, size_t max);

#endif

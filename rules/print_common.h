/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_common: phrases that every office's documents have and that therefore prove no copy, even while so
 * few documents are registered that counting cannot tell. */
#ifndef GH_RULES_PRINT_COMMON_H
#define GH_RULES_PRINT_COMMON_H

#include "rules/print_build.h"

/* All grams of the phrases into b. 0 or a code of print_build_common. unicode_warm_up() first. */
int print_common_add(struct print_build *b, const struct print_key *key);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * results: findings remembered, so that the same document is read once per rule set.
 *
 * The key is over content and name: markings and rules may look at the file name too, so the same bytes under
 * another name are another question. Least recently used goes first, by number (conf scan.cache) and by
 * RESULTS_BYTES. */
#ifndef GH_CORE_RESULTS_H
#define GH_CORE_RESULTS_H

#include "policy/core/findings.h"

#define RESULTS_BYTES (128u << 20)
#define RESULTS_KEY 32

struct results;
struct results *results_new(size_t most); /* 0: remembers nothing; NULL when memory is short */
void results_free(struct results *r);
/* The name as readers get it: what follows the last slash or backslash, or all of it when nothing follows. */
struct span results_name(const struct doc *d);
void results_key(const struct doc *d, uint8_t key[static RESULTS_KEY]);
const struct findings *results_find(struct results *r, const uint8_t key[static RESULTS_KEY]);
/* Takes over f. */
void results_keep(struct results *r, const uint8_t key[static RESULTS_KEY], struct findings *f);
/* Forgets all: the rule set may be another one now. */
void results_clear(struct results *r);

#endif

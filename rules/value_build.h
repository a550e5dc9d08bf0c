/* SPDX-License-Identifier: GPL-3.0-or-later
 * value_build: makes and changes an index of exact values. Belongs to 'gatehouse register --values', which
 * runs as the officer: nothing here reads foreign bytes but the officer's own table. Memory: 8 bytes a value.
 */
#ifndef GH_RULES_VALUE_BUILD_H
#define GH_RULES_VALUE_BUILD_H

#include "rules/value.h"

struct value_build;
/* key: SEAL_KEY bytes, borrowed. NULL when memory is short. */
struct value_build *value_build_new(const uint8_t *key);
void value_build_free(struct value_build *b); /* NULL is fine */
/* Everything of an older index but the list called without. 0, ST_NOMEM, ST_LIMIT. */
int value_build_take(struct value_build *b, const struct value_index *old, const char *without);
/* A new list, empty; the values that follow are its. 0; ST_LIMIT (VALUE_LISTS_MAX), ST_MALFORMED (name). */
int value_build_list(struct value_build *b, const char *name, uint32_t threshold);
/* A value as written. 0; ST_MALFORMED when it is too short, too long or of too many words (it is left out);
 * ST_LIMIT; ST_NOMEM. rule_fold_warm_up() first. */
int value_build_add(struct value_build *b, struct span value);
/* Writes the index to path, by way of a new file beside it. *ret_values: of the list begun last, each counted
 * once. */
int value_build_write(struct value_build *b, const char *path, uint64_t *ret_values);

#endif

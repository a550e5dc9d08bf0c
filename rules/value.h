/* SPDX-License-Identifier: GPL-3.0-or-later
 * value: lists of exact values (citizen numbers, accounts, names) that are known again in any text, from an
 * index that holds none of them: 58 bits of BLAKE2b of each value under a secret key.
 *
 * A value is a row of words: letters and digits without case and diacritics; what stands between words does
 * not matter, so that "0123 456 789", "0123.456.789" and "0123456789" are one. The index also has, under the
 * same key, which words a value may begin with, so that most words of a text cost one hash and no search. Who
 * has the index and not the key learns the lists' names, sizes and thresholds, and of the values only how
 * many words and letters they have; who has both can try values, so the key belongs to those who may see
 * them.
 *
 * The index is mapped read-only and shared by forked workers; a struct value_text belongs to one thread. */
#ifndef GH_RULES_VALUE_H
#define GH_RULES_VALUE_H

#include "base/seal.h"
#include "base/writer.h"

#define VALUE_LISTS_MAX 64
#define VALUE_NAME_MAX 40 /* bytes of a list's name, its end included */
#define VALUE_WORDS_MAX 8 /* words of a value */
#define VALUE_BYTES_MIN 6 /* letters and digits of a value: shorter ones are everywhere */
#define VALUE_BYTES_MAX 255
#define VALUE_ENTRIES_MAX 50000000u
#define VALUE_HITS_MAX (1u << 20) /* values found in one text */
#define VALUE_KEY_HEAD "gatehouse-value-key-v1"

struct value_list {
    char name[VALUE_NAME_MAX];
    uint32_t threshold; /* so many different values in a text are told, fewer are not */
    uint64_t count;     /* values */
};
struct value_index;

/* Opens the index at path with the key at key_path. 0; ST_NOT_FOUND, ST_DENIED (others may read the key),
 * ST_MALFORMED, ST_TRUNCATED, ST_BAD_SIGNATURE (another key), ST_IO, ST_NOMEM. */
int value_index_open(const char *path, const char *key_path, struct value_index **ret);
/* The same over bytes that outlive it; key: SEAL_KEY bytes, copied. */
int value_index_over(struct span bytes, const uint8_t *key, struct value_index **ret);
void value_index_close(struct value_index *v); /* NULL is fine */
size_t value_index_lists(const struct value_index *v);
struct value_list value_index_list(const struct value_index *v, size_t i);
/* Names this index and everything in it: for what is remembered of documents. */
uint64_t value_index_version(const struct value_index *v);
/* The entries, for value_build: number of them, and the i-th: hash and list. */
uint64_t value_index_entries(const struct value_index *v);
uint64_t value_index_entry(const struct value_index *v, uint64_t i);
/* What the index says of words and lengths, or-ed into the caller's: 32 bytes of lengths, the table of first
 * words. */
void value_index_masks(const struct value_index *v, uint32_t *words, uint8_t *lengths, uint8_t *first);

/* Text under way. */
struct value_text {
    const struct value_index *index;
    struct writer hits; /* u32: numbers of entries */
};
void value_begin(struct value_text *t, const struct value_index *v);
/* One piece of text, as rule_fold() makes it; values do not reach over pieces. */
void value_feed(struct value_text *t, struct span folded);
/* Counts different values by list into counts[VALUE_LISTS_MAX]; a list below its threshold has 0. False:
 * there were more than VALUE_HITS_MAX. */
bool value_end(struct value_text *t, uint32_t counts[static VALUE_LISTS_MAX]);
void value_done(struct value_text *t);

/* ---- shared with value_build.c ---- */

#define VALUE_MAGIC "GHVALUE1"
#define VALUE_HEADER 96u
#define VALUE_RECORD 64u
#define VALUE_FIRST_BITS 20 /* of the table of first words */
#define VALUE_LIST_BITS 6

struct value_words {
    struct span word[VALUE_WORDS_MAX + 1];
    unsigned n; /* VALUE_WORDS_MAX + 1: too many */
};
/* folded text as letters and digits without diacritics, blanks between words; appended. */
void value_plain(struct span folded, struct writer *out);
/* Name of the first n words together. key: SEAL_KEY bytes. */
uint64_t value_name(const uint8_t *key, const struct value_words *w, unsigned n);
uint32_t value_first(const uint8_t *key, struct span word);
uint64_t value_check(const uint8_t *key);

#endif

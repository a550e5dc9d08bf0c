/* SPDX-License-Identifier: GPL-3.0-or-later
 * print: fingerprints of a text, by which copies of registered documents are known again whatever happened to
 * form, punctuation, line ends, case or diacritics.
 *
 * The text becomes a row of units: letters and digits only, case-folded, without diacritics (an ideograph
 * counts as three units, so that a gram says about as much in every script). Each PRINT_GRAM units in a row
 * are a gram. Of each PRINT_WINDOW grams in a row one is chosen by a keyed rolling hash (winnowing:
 * Schleimer, Wilkerson, Aiken, SIGMOD 2003): every stretch of PRINT_GRAM + PRINT_WINDOW - 1 units that two
 * texts share gives at least one fingerprint that they share. A fingerprint is BLAKE2b of its gram under a
 * secret key, cut to PRINT_BITS bits: who has the index and not the key learns nothing of the texts.
 *
 * A struct print_key is shared read-only, also by forked workers; a struct print_text belongs to one thread.
 */
#ifndef GH_RULES_PRINT_H
#define GH_RULES_PRINT_H

#include "base/seal.h"

#define PRINT_GRAM 32
#define PRINT_WINDOW 32
#define PRINT_BITS 48
#define PRINT_GAP_MAX                                                                                        \
    (2 * PRINT_WINDOW) /* between fingerprints of one stretch: they are at most a window apart,              \
                          but for one that says nothing */

struct print {
    uint64_t name; /* PRINT_BITS bits */
    uint32_t at;   /* units before its gram */
};

struct print_key; /* guarded memory, wiped when freed */
/* NULL when memory is short. */
struct print_key *print_key_new(const uint8_t secret[static SEAL_KEY]);
void print_key_free(struct print_key *k); /* NULL is fine */
/* From a file of print_key_make. 0; ST_NOT_FOUND, ST_DENIED (others may read it), ST_MALFORMED, ST_IO. */
int print_key_load(const char *path, struct print_key **ret);
/* Makes a key file with a fresh random key, mode 0600. ST_EXISTS when it is there already. */
int print_key_make(const char *path);
/* Tells one key from another, and nothing else of it. */
uint64_t print_key_check(const struct print_key *k);

/* One text under way. */
struct print_text {
    const struct print_key *key;
    struct writer out;                               /* struct print, in the order of the text */
    size_t window;                                   /* PRINT_WINDOW, or 1: every gram */
    uint64_t n;                                      /* units so far */
    uint64_t hash;                                   /* of the last PRINT_GRAM units */
    uint64_t best;                                   /* rank of the chosen gram of this window */
    uint64_t best_at;                                /* its last unit */
    uint64_t ranks[PRINT_WINDOW];                    /* of the last grams */
    uint32_t units[2 * (PRINT_GRAM + PRINT_WINDOW)]; /* the last ones, a ring */
};
/* Fingerprints take at most max bytes of memory; what comes later is left out (print_ok tells). */
void print_begin(struct print_text *t, const struct print_key *k, size_t max);
/* The next piece of the text: UTF-8 as rule_fold() makes it (NFKC, case-folded). */
void print_feed(struct print_text *t, struct span folded);
/* The end of the text: all its fingerprints, valid until print_done. */
const struct print *print_end(struct print_text *t, size_t *ret_n);
/* The fingerprints in a row of bytes that is (struct print)[]. */
const struct print *print_of(struct span bytes, size_t *ret_n);
/* Appends the fingerprints of a text to those of another, as if that text stood behind it at a distance: no
 * stretch reaches over the seam. */
void print_join(struct writer *to, struct span prints);
static inline bool print_ok(const struct print_text *t)
{
    return writer_ok(&t->out);
}
void print_done(struct print_text *t);

#endif

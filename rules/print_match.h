/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_match: which registered documents a text contains, whole or in part. Pure; memory and time grow with
 * the text's fingerprints, not with the index. */
#ifndef GH_RULES_PRINT_MATCH_H
#define GH_RULES_PRINT_MATCH_H

#include "base/arena.h"
#include "rules/print_index.h"

#define PRINT_SIMILAR_MAX 20

/* A copy counts when it has a stretch of this many units in a row, or this share of the registered document.
 */
#define PRINT_STRETCH_MIN 48
#define PRINT_SHARE_MIN 0.1

struct print_similar {
    struct print_document document;
    uint32_t shared;    /* fingerprints that both have */
    uint32_t stretch;   /* units of the longest stretch in a row, as far as fingerprints tell */
    double containment; /* of the registered document in this text: 0 to 1 */
    double share;       /* of this text that is that document: 0 to 1 */
};
/* The registered documents that the text with these fingerprints (of print_end) contains: at most
 * PRINT_SIMILAR_MAX, the highest containment first, in the arena. *ret_more: there are more
 * matches than are looked at, and a document may be missing or told as less than it is. 0 or ST_NOMEM. */
int print_match(const struct print_index *x, const struct print *v, size_t n, struct arena *a,
                struct print_similar **ret, size_t *ret_n, bool *ret_more);
/* Is so much of the document there, or is the text so much out of it, that its level counts for the text? */
bool print_similar_high(const struct print_similar *s);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_build: makes an index of registered documents, in bounded memory: entries are sorted by the piece,
 * put by in an unnamed file beside the index, and merged when all are there. One thread. */
#ifndef GH_RULES_PRINT_BUILD_H
#define GH_RULES_PRINT_BUILD_H

#include "rules/print_index.h"

struct print_build;
struct print_build_stats {
    uint32_t documents;
    uint64_t entries, common; /* fingerprints told; those left out because too many documents have them */
    uint64_t bytes;
};

/* For an index at path, which need not exist. NULL when memory is short. key is borrowed. */
struct print_build *print_build_new(const char *path, const struct print_key *key);
void print_build_free(struct print_build *b); /* NULL is fine */
/* Adds a document: d's name, when, level and scheme (copied), and its fingerprints in any order, repeated or
 * not. A document of the same name is replaced, whether added or taken over, whichever comes later. 0;
 * ST_USAGE: fewer than two different fingerprints, it could never be found; ST_EXISTS: a document with the
 * same fingerprints and level is there already (its name through ret_same, valid until the next call);
 * ST_LIMIT; ST_NOMEM; ST_IO, ST_FULL. */
int print_build_add(struct print_build *b, const struct print_document *d, const uint64_t *names, size_t n,
                    struct span *ret_same);
/* These fingerprints say nothing, in whatever document. As print_build_add. */
int print_build_common(struct print_build *b, const uint64_t *names, size_t n);
/* Takes over what an index holds. First of all. */
int print_build_take(struct print_build *b, const struct print_index *x);
/* Drops a document. False when none has that name. */
bool print_build_remove(struct print_build *b, struct span name);
/* Writes the whole and puts it in the place of path, mode 0640 (or as the old one was), or leaves path as it
 * was. */
int print_build_write(struct print_build *b, struct print_build_stats *ret);

#endif

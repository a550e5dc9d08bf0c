/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_merge: the second half of print_build: sorted runs and an older index become one file. */
#ifndef GH_RULES_PRINT_MERGE_H
#define GH_RULES_PRINT_MERGE_H

#include "rules/print_build.h"

#define PRINT_RUNS_MAX 256

struct print_entry {
    uint64_t name;
    uint32_t doc; /* place in docs, or PRINT_COMMON */
};
struct print_run {
    uint64_t first, n; /* entries of the file */
};
struct print_made {
    struct print_document d;
    char *name; /* heap: what d.name points to */
    bool dropped;
    uint32_t number; /* in the new file */
};
struct print_sources {
    struct print_made *docs;
    uint32_t n_docs;
    struct print_run runs[PRINT_RUNS_MAX];
    size_t n_runs;
    int fd;                        /* the runs */
    const struct print_index *old; /* its documents are the first of docs, in its order; or NULL */
};
/* Numbers the documents, counts what each has to tell, writes path as a whole or leaves it. */
int print_merge(struct print_sources *s, const char *path, const struct print_key *key,
                struct print_build_stats *ret);

#endif

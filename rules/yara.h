/* SPDX-License-Identifier: GPL-3.0-or-later
 * yara: rule sets compiled before the jail, scanned inside it. One struct rule_set per process; scanning from one thread.
 *
 * A rule's meta says what it looks at: scan = "raw" (bytes as they are, the default) or "text" (the folded text: NFKC
 * casefolded, white space collapsed; text strings of such rules are folded the same way before compiling). A bad file is
 * named and skipped, never the set. Includes are disabled. */
#ifndef GH_RULES_YARA_H
#define GH_RULES_YARA_H

#include "base/arena.h"
#include "base/writer.h"

struct rule_set;
struct rule_match {
    const char *rule;
    const char *const *tags; /* NULL-ended */
    struct span meta;        /* JSON object text */
    bool text;               /* matched in the text, not in raw bytes */
    struct {
        const char *id;
        uint64_t offset;
    } strings[8];
    size_t n_strings;
};
struct rule_vars { /* external variables; NULL = "" */
    const char *level, *mime, *kind, *lang, *zone, *filename;
};

/* Compiles every *.yar and *.yara below dir, sorted. Faults and warnings go to err, one line each "file:line: sentence".
 * 0 when at least the set exists (maybe with skipped files: *ret_skipped), ST_USAGE when dir cannot be read. */
int rule_set_load(const char *dir, struct rule_set **ret, struct writer *err, size_t *ret_skipped);
void rule_set_free(struct rule_set *s);
size_t rule_set_count(const struct rule_set *s);
/* BLAKE2b-free short version of the set: 16 hex digits over the sources; with the worker's version it keys the cache. */
const char *rule_set_version(const struct rule_set *s);
/* Scans; at most 100 matches into the arena. timeout in whole seconds. 0, ST_TIMEOUT, ST_NOMEM. *ret_truncated when not all
 * matches are told. raw is the input, folded the text from rule_fold over all its text. */
int rule_set_scan(struct rule_set *s, struct span raw, struct span folded, const struct rule_vars *vars, unsigned timeout_s,
                  struct arena *a, struct rule_match **ret, size_t *ret_n, bool *ret_truncated);
/* The folding that text rules see. */
void rule_fold(struct span utf8, struct writer *out);

#endif

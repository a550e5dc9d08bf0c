/* SPDX-License-Identifier: GPL-3.0-or-later
 * rule_samples: what each rule must find and must not find, kept beside its source and tried by `gatehouse
 * rules check`.
 *
 * The samples of NAME.yar stand in NAME.samples, as text that a rule's author can read and write:
 *
 *     # a comment, before the first sample
 *     == vn_toi_mat positive: the stamp above the number
 *     TỐI MẬT
 *     Số: 12/BC-BNG
 *     == vn_toi_mat negative: a lesson about the word
 *     ...
 *     == office_macro positive escaped name=offer.doc: bytes as \xD0\xCF, \r \n \t \0 \\; line ends in the
 * file do not count
 *     == none negative: nothing of the set may match this
 *     == vn_toi_mat negative also=vn_declassified: matches that one, which is right
 *
 *     == disk_image positive escaped pad=32769: so many zero bytes come first
 *
 * A positive sample must be matched by its rule, whoever else matches. A negative one must be matched by no
 * rule of the whole set but those after also= (comma-separated). A sample ends before the next line that
 * starts with "== ". It is scanned as raw bytes and, when it is UTF-8, as folded text, like a plain text
 * document. */
#ifndef GH_RULES_RULE_SAMPLES_H
#define GH_RULES_RULE_SAMPLES_H

#include "rules/yara.h"

#define RULE_SAMPLE_FILE_MAX (4u << 20)

struct rule_sample {
    unsigned line; /* of its "==" line */
    struct span rule;
    bool positive;
    struct span also;  /* as written */
    const char *name;  /* external variable filename */
    struct span bytes; /* unescaped */
};
struct rule_samples {
    struct rule_sample *v;
    size_t n;
};
struct rule_samples_report {
    size_t samples, faults; /* tried; misses, false matches, and sample files that are not understood */
    size_t without;         /* rules that lack a positive or a negative sample (warned of) */
};

/* Splits a sample file. 0; ST_USAGE with "file:line: error: sentence" in err; ST_NOMEM. Lives in the arena.
 */
int rule_samples_parse(const char *file, struct span text, struct arena *a, struct rule_samples *ret,
                       struct writer *err);
/* Tries every sample of the set's directory; faults and warnings go to err, a line each. 0 or ST_NOMEM. */
int rule_samples_run(struct rule_set *s, const char *dir, struct writer *err,
                     struct rule_samples_report *ret);

#endif

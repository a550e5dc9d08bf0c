/* SPDX-License-Identifier: GPL-3.0-or-later
 * lint: finds in a policy's source, before anything runs, names and facts that do not exist. Pure, bounded.
 */
#ifndef GH_POLICY_LINT_H
#define GH_POLICY_LINT_H

#include "base/writer.h"

/* The lines of a rule's `when`, and the events that it judges. */
struct lint_rule {
    unsigned first, last;
    uint64_t types;
};
/* What a source may name. */
struct lint_names {
    const char *const *globals; /* cage_names */
    size_t n_globals;
    const char *const *settings; /* of its bundle; NULL: not known, not checked */
    size_t n_settings;
    const char *const *lists;
    size_t n_lists;
    bool lists_known;
    const struct lint_rule *rules;
    size_t n_rules;
};
/* Appends "file:line:column: sentence" for each fault; returns how many. The event is what a function's first
 * parameter named "e" holds. */
unsigned lint_source(const char *file, struct span source, const struct lint_names *names,
                     struct writer *out);

#endif

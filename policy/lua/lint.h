/* SPDX-License-Identifier: GPL-3.0-or-later
 * lint: finds in a policy's source, before anything runs, names and facts that do not exist. Pure, bounded.
 */
#ifndef GH_POLICY_LINT_H
#define GH_POLICY_LINT_H

#include "base/writer.h"

/* Appends "file:line:column: sentence" for each fault; returns how many. names/n: globals that exist
 * (cage_names). The event is what a function's first parameter named "e" holds, or a loop over one of its
 * lists by each(). */
unsigned lint_source(const char *file, struct span source, const char *const *names, size_t n,
                     struct writer *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * extract_facts: what only shows when two things about an object are held together. Pure. */
#ifndef GH_RULES_EXTRACT_FACTS_H
#define GH_RULES_EXTRACT_FACTS_H

#include "rules/mark.h"

/* The name ends as those of another kind of file do: "plan.jpg" that is a zip. False when the ending is
 * unknown here, or the bytes are of no known kind. kind and mime as kind.c tells them. */
bool facts_name_mismatch(struct span name, const char *kind, const char *mime);
/* A label states level stated (LEVEL_NONE: it is none), while the highest marking of the text is marked: do
 * they contradict one another? Ranks count, not words: a label "Secret" agrees with TỐI MẬT. */
bool facts_label_conflict(enum level stated, enum level marked);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * yara_source: one rule file as text, split by what its rules look at, before libyara sees it.
 *
 * A file may mix rules over raw bytes and rules over folded text. They are compiled into two sets, so each
 * set gets the whole file with the other kind's rules blanked out: lines and columns of messages stay true.
 * In text rules the literals of the strings section are folded as the text will be. Only lexical knowledge of
 * the language is needed for that; whether the file is right is for libyara to say. Pure, any thread. */
#ifndef GH_RULES_YARA_SOURCE_H
#define GH_RULES_YARA_SOURCE_H

#include "base/arena.h"
#include "base/writer.h"

struct source_rule {
    struct span name;
    unsigned line;     /* of its name */
    size_t start, end; /* from its first modifier to behind its closing brace */
    bool text;         /* meta scan = "text" */
    bool scoped;       /* has a meta scan at all */
};
struct source_fault {
    unsigned line;
    const char *what; /* a sentence, lives in the arena or is static */
};
struct source {
    struct source_rule *rules;
    size_t n_rules;
    struct source_fault fault; /* what = NULL: none */
};

/* Finds the rules of a file. 0, also when the file is not understood (then ret->fault says what and where,
 * and rules holds those before); ST_NOMEM. The result lives in the arena, names point into text. */
int source_split(struct span text, struct arena *a, struct source *ret);
/* The file as the set of text rules (text) or of raw rules sees it; same number of lines. */
void source_write(struct span file, const struct source *s, bool text, struct writer *out);

#endif

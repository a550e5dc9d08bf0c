/* SPDX-License-Identifier: GPL-3.0-or-later
 * scrub: takes out of a text, word by word, what must not leave the post in a support bundle: addresses of
 * every kind, names of machines and people, keys, tokens, passwords, paths that are not the product's own,
 * and text that is not plain English (names of documents). Rather too much than too little: it is for logs
 * and status, whose own words are plain English. Pure, any thread; no state. */
#ifndef GH_CTL_SCRUB_H
#define GH_CTL_SCRUB_H

#include "base/writer.h"

enum scrub_rule { SCRUB_ADDRESS, SCRUB_NAME, SCRUB_KEY, SCRUB_PATH, SCRUB_TEXT, SCRUB_SECRET, SCRUB_RULES };
/* "<address>" and so on stand where something was; a sentence for people says what the rule takes. */
extern const char *const scrub_marks[SCRUB_RULES];
extern const char *const scrub_sentences[SCRUB_RULES], *const scrub_sentences_vi[SCRUB_RULES];

/* Appends the text without that to out, and counts by rule. */
void scrub(struct span text, struct writer *out, uint64_t counts[static SCRUB_RULES]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask: questions on a terminal or a serial line, in the language chosen first, one line an answer, an empty
 * one takes what stands in brackets. Bounded, no editing beyond the terminal's own. Standard input belongs to
 * it alone. */
#ifndef GH_SETUP_ASK_H
#define GH_SETUP_ASK_H

#include <stdbool.h>
#include <stddef.h>

#define ASK_TEXT 512

struct words {
    const char *en, *vi;
};
struct ask {
    bool vi;           /* Vietnamese */
    bool ended;        /* the line is gone, or over: no answer counts any more */
    bool over;         /* until came to be while an answer was waited for */
    const char *until; /* a file that makes all questions needless, looked for each second; NULL: none */
};
/* The sentence in the language chosen. */
const char *ask_word(const struct ask *a, const struct words *w);
/* The next byte of standard input; -1: the line is gone, or over. */
int ask_byte(struct ask *a);
/* An answer of at most ASK_TEXT - 1 bytes; fallback (it may be "") for an empty one. check (NULL: none) says
 * in words what is wrong with an answer, which is then asked again; "-" empties a value that has a fallback.
 * False: the line is gone. */
typedef const struct words *ask_check(void *arg, const char *answer);
bool ask_text(struct ask *a, const struct words *question, const char *fallback, ask_check *check, void *arg,
              char answer[static ASK_TEXT]);
/* Yes or no. False also when the line is gone. */
bool ask_yes(struct ask *a, const struct words *question, bool fallback);
void ask_say(const struct ask *a, const struct words *w);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * words: the options of a command as a table. */
#ifndef GH_UPDATE_WORDS_H
#define GH_UPDATE_WORDS_H

#include "base/reader.h"

/* One of: a text, a number, or a flag; exactly one of the pointers is not NULL. */
struct word {
    const char *name; /* "--epoch" */
    const char **text;
    uint64_t *number;
    bool *flag;
    bool needed;
};

/* Fills the table's targets from argv; what is no option goes to rest (at most max). The number of those, or
 * -1 with a message that names the command. */
int words_parse(const char *command, const struct word *w, size_t n, int argc, char **argv, const char **rest,
                int max);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * options: the arguments of the console's commands that have a table of their own: options with a value,
 * options without, words. -c FILE and --set SECTION.KEY=VALUE are understood by all. */
#ifndef GH_CONSOLE_OPTIONS_H
#define GH_CONSOLE_OPTIONS_H

#include "base/conf.h"

struct option_row {
    const char *name;   /* "-o", "--quorum" */
    const char **value; /* takes the next argument, or */
    bool *on;           /* stands alone */
};
/* Reads argv[1..]; words go to words (at most max, argc is always enough). 0, or exit code 2 with usage on
 * stderr. conf is filled. */
int options_read(const char *usage, const struct option_row *rows, size_t n, int argc, char **argv,
                 struct conf *conf, const char **words, size_t max, size_t *ret_words);
/* "gatehouse console: WHAT" and the usage on stderr; always 2. */
int options_wrong(const char *usage, const char *what, const char *word);

#endif

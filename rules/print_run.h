/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_run: one call of `gatehouse register`: documents through gh-scan into the index under construction.
 */
#ifndef GH_RULES_PRINT_RUN_H
#define GH_RULES_PRINT_RUN_H

#include "rules/print_book.h"
#include "rules/print_build.h"

struct print_run {
    struct conf conf;
    char *args[80]; /* -c and --set, for gh-scan */
    size_t n_args;
    const char *index, *key_path, *level;
    char key_buf[CONF_TEXT + 8];
    bool common, json, list, remove;
    char **words; /* files, directories, or names to remove */
    int n_words;
    struct print_book book;
    struct print_build *build;
    bool changed; /* something came into build */
};
/* Reads all r->words and adds them to r->build; prints one line for each fault, and with json for each
 * document. 0; 2: something could not be registered; 3: could not go on. */
int print_run(struct print_run *r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_book: what a process needs to know registered documents again: the key and the index. Opened before
 * the jail, shared read-only by forked workers. */
#ifndef GH_RULES_PRINT_BOOK_H
#define GH_RULES_PRINT_BOOK_H

#include "base/conf.h"
#include "rules/print_index.h"

struct print_book {
    struct print_key *key;
    struct print_index *index; /* NULL: only fingerprints can be made */
};
/* Path of the key that belongs to the index at path: conf scan.registered_key, or path with ".key" behind it.
 * Returns buf, or NULL when it does not fit. */
const char *print_book_key_path(const struct conf *c, const char *path, char *buf, size_t cap);
/* Opens the key and, when with_index, the index of conf scan.registered. 0, or a code of print_key_load or
 * print_index_open with the file's path in *ret_which (static). */
int print_book_open(const struct conf *c, bool with_index, struct print_book *ret, const char **ret_which);
void print_book_close(struct print_book *b);

#endif

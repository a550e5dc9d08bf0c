/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_list: the files to register and the names under which they are registered. Heap strings owned by the
 * list. */
#ifndef GH_RULES_PRINT_LIST_H
#define GH_RULES_PRINT_LIST_H

#include "base/writer.h"

struct print_file {
    char *path, *id; /* id: UTF-8, the named directory's own name and the path below it, or the file's name */
};
struct print_list {
    struct print_file *v;
    size_t n, cap;
    bool missing; /* something that was named could not be walked; told in err */
};
/* Adds a file, or all regular files below a directory, sorted by bytes; symbolic links inside are not
 * followed. Faults are lines in err. 0 or ST_NOMEM. */
int print_list_add(struct print_list *l, const char *path, struct writer *err);
/* Sorts by id. False when two files would be registered under one, so that the later would overwrite the
 * earlier: numbers *ret_clash - 1 and *ret_clash. */
bool print_list_sort(struct print_list *l, size_t *ret_clash);
void print_list_done(struct print_list *l);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * classify_list: the files a person named, directories walked, sorted. Paths are heap strings owned by the list. */
#ifndef GH_CTL_CLASSIFY_LIST_H
#define GH_CTL_CLASSIFY_LIST_H

#include "base/status.h"

struct classify_list {
    char **v;
    size_t n, cap;
    bool missing; /* a named path does not exist */
};
/* Adds a file, or every regular file below a directory (symbolic links in it are not followed, as they could lead out),
 * each directory's entries sorted by bytes. What cannot be walked is told on stderr. */
void classify_list_add(struct classify_list *l, const char *path);
void classify_list_done(struct classify_list *l);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * lists: the CSV files of a bundle's lists/ directory: partners, exceptions, watched addresses.
 *
 * Columns value,until,owner,note, named in the first line. A value is an address or network, a domain (with a
 * leading dot: and everything below it), a mail address ("@partner.vn": everybody there), or any other text;
 * letters' case does not count. `until` is the last day on which the entry holds. A list whose name begins
 * with "except" is one of exceptions: there each entry needs an owner and an end. Loaded once, then
 * read-only. One thread. */
#ifndef GH_POLICY_LISTS_H
#define GH_POLICY_LISTS_H

#include "base/writer.h"
#include "policy/lua/zones.h"

#define LISTS_MAX 64
#define LIST_ROWS_MAX 200000
#define LIST_NAME 48
#define LIST_FILE_MAX (16u << 20)

struct list_row {
    const char *value; /* lower case */
    size_t len;
    char until[11]; /* "" for ever */
    const char *owner;
    size_t owner_len;
    unsigned line;
};
struct list_net {
    struct zone_net net;
    const struct list_row *row;
};
struct list {
    char name[LIST_NAME];
    unsigned part; /* of the bundle that it belongs to */
    struct list_row *rows;
    size_t n_rows, n_nets, room;
    struct list_net *nets;
    struct writer text; /* what the rows point into */
};
struct lists {
    struct list list[LISTS_MAX];
    size_t n;
};
/* Adds every DIR/lists/NAME.csv as lists of that part. 0 (also without such a directory), or ST_USAGE with
 * "file:line: sentence" for each fault in err. */
int lists_load(struct lists *l, unsigned part, const char *dir, struct writer *err);
void lists_done(struct lists *l);
/* The list of that name: the one of part 0 (who uses a bundle may bring the list) before that of the part
 * itself. NULL when there is none. */
const struct list *lists_find(const struct lists *l, unsigned part, struct span name);
/* The row that value matches and that holds on that date; date "": only rows without an end hold. Or NULL. */
const struct list_row *list_match(const struct list *l, struct span value, const char *date);
/* The name of a list of that part nearest to a misspelt one, or NULL. */
const char *lists_nearest(const struct lists *l, unsigned part, const char *name);

#endif

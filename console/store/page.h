/* SPDX-License-Identifier: GPL-3.0-or-later
 * page: the rows of one page of a list, by keyset: "items", and "next", from which the page after it goes on.
 * Any thread, its own database handle. */
#ifndef GH_CONSOLE_PAGE_H
#define GH_CONSOLE_PAGE_H

#include "base/db.h"
#include "base/json.h"

/* Writes one row as one JSON value. */
typedef void page_row_fn(struct db_stmt *s, struct jw *j);
/* Members "items" and "next" of an open object. s: a query that asks for limit + 1 rows, whose first column
 * is the key that the next page begins behind; it is reset. 0, or what a step failed with: then the answer is
 * no page. */
int page_put(struct db_stmt *s, int64_t limit, page_row_fn *put, struct jw *j);

#endif

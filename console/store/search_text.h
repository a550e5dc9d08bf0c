/* SPDX-License-Identifier: GPL-3.0-or-later
 * search_text: an event in the full-text index: written when it is recorded, taken out with the same words
 * when it is forgotten. Events are filed in tables of SEARCH_SHARD rows each, event_text_0, event_text_1, …:
 * a word that many events have is looked up in the newest ones only until the page is full. */
#ifndef GH_CONSOLE_SEARCH_TEXT_H
#define GH_CONSOLE_SEARCH_TEXT_H

#include "base/db.h"
#include "base/json.h"
#include "console/query/tsquery.h"

#define SEARCH_SHARD (INT64_C(1) << 20)
#define SEARCH_TABLE 40
/* Columns and options of every such table. Without content of its own: what is taken out is given once more.
 * No column sizes: nothing is ranked. */
#define SEARCH_FTS                                                                                           \
    "keys, file, host, mail, words, exact, content='', columnsize=0, tokenize=\"unicode61 "                  \
    "remove_diacritics 2\""

/* The table that a row is filed in, and whether it is there. */
void search_text_table(const struct db *d, int64_t row, char table[static SEARCH_TABLE]);
bool search_text_has(struct db *d, const char *table);
/* The texts that an event is filed by, from its tree. Ends with search_columns_done, also when it fails. */
struct search_columns {
    struct span column[COLUMNS];
    struct writer w[COLUMNS];
};
int search_columns_of(struct search_columns *c, int type, int64_t time, const struct json *event);
void search_columns_done(struct search_columns *c);
/* Files an event, whose tree is event, under its row. Inside the caller's transaction, like all here. */
int search_text_add(struct db *d, int64_t row, int type, int64_t time, const struct json *event);
/* Takes an event out again; the arguments as when it was filed. */
int search_text_remove(struct db *d, int64_t row, int type, int64_t time, const struct json *event);
/* Marks what an older version has recorded as not filed yet. Once after a migration. */
int search_text_begin(struct db *d);
/* Files at most n events of before, newest first; *ret_left: some remain. */
int search_text_fill(struct db *d, int64_t n, bool *ret_left);
/* Lowest row that is filed: what is older cannot be found by words yet. */
int64_t search_text_low(struct db *d);

#endif

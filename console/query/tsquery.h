/* SPDX-License-Identifier: GPL-3.0-or-later
 * tsquery: the full-text index's language (FTS5, as compile.c and terms.c write it) in PostgreSQL's. A column
 * is the first letter of its words there, since a tsvector has no columns of its own: 'kk0123…' is a key,
 * 'ffoo' a word of a file name. Words are cut as FTS5's unicode61 cuts what is folded already. Pure; all
 * memory is the writer's. */
#ifndef GH_CONSOLE_TSQUERY_H
#define GH_CONSOLE_TSQUERY_H

#include "base/writer.h"

enum text_column { COLUMN_KEYS, COLUMN_FILE, COLUMN_HOST, COLUMN_MAIL, COLUMN_WORDS, COLUMN_EXACT, COLUMNS };

/* The text of a tsvector of these columns. */
void tsvector_put(const struct span column[static COLUMNS], struct writer *out);
/* An expression of ours. ST_MALFORMED: it is none. Depth is bounded by QUERY_DEPTH and the compiler's own
 * groups. */
int tsquery_put(struct span match, struct writer *out);

/* The same for a table without an index of words, that is looked through: a column is a text of its words,
 * each with a blank before and behind (" cong dien "), and an expression is a condition on columns of those
 * names. Values in it are words alone, which hold letters and digits: nothing that ends a string of SQL. */
void scan_words_put(struct span column, struct writer *out);
enum scan_form {
    SCAN_LIKE,  /* SQLite and PostgreSQL: keys are words in a text */
    SCAN_CLICK, /* ClickHouse: keys are an array of numbers */
    SCAN_FORMS
};
/* As tsquery_put. */
int scan_put(struct span match, enum scan_form form, struct writer *out);
/* The number of a key's word; false: it is none. */
bool scan_key(struct span word, uint64_t *ret);

#endif

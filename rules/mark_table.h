/* SPDX-License-Identifier: GPL-3.0-or-later
 * mark_table: THE tables of official markings and of the words around them. Adding a marking is adding a row.
 * Read-only after mark_table_init(): any thread. Facts and sources: docs/markings.md. */
#ifndef GH_RULES_MARK_TABLE_H
#define GH_RULES_MARK_TABLE_H

#include "rules/mark.h"
#include "rules/mark_words.h"

/* How much the words alone say. */
enum mark_strength {
    WEAK,   /* an everyday word too: "SECRET", "MẬT" */
    MEDIUM, /* two words, also a film title: "TOP SECRET", "TUYỆT MẬT" */
    STRONG  /* said by nobody but an office: "NATO RESTRICTED" */
};
enum mark_flag {
    ROW_NOTE = 1 << 0, /* a fact without level: urgency, circulation, declassified, TLP */
    ROW_CANCELS =
        1 << 1, /* declassification: takes the level from the markings of its group in the same object */
    ROW_CAPS = 1 << 2,    /* counts only in capitals (forms without diacritics, abbreviations) */
    ROW_TITLE = 1 << 3,   /* its official form is written with small letters, too */
    ROW_LEADS = 1 << 4,   /* other words may follow on its line */
    ROW_STRIPPED = 1 << 5 /* form without diacritics: lower confidence */
};
struct mark_row {
    const char *phrase; /* folded words (mark_words.h) with single blanks */
    const char *scheme;
    enum level level;
    uint8_t strength;
    uint8_t flags;
};
extern const struct mark_row mark_rows[];
extern const size_t mark_rows_count;

/* The filter of mark_lists.c; called by mark_table_init(). */
int mark_lists_init(void);
/* Builds the look-up and the filter. Once per process. 0, ST_NOMEM, ST_LIMIT. */
int mark_table_init(void);
/* The longest row that words i.. of the line spell, and how many words it takes; NULL when none. */
const struct mark_row *mark_row_at(const struct mark_line *l, unsigned i, unsigned *ret_words);
/* Words that announce a value ("độ mật", "classification") at i: how many, 0 for none. */
unsigned mark_field_at(const struct mark_line *l, unsigned i);
/* Is word i one that may stand beside a marking without making it prose: caveats, page and copy numbers? */
bool mark_companion(const struct mark_line *l, unsigned i);
/* Does a handling instruction begin at word i ("không sao chụp", "not to be copied")? */
bool mark_handling(const struct mark_line *l, unsigned i);
/* Does word i begin the date or authority of a declassification ("by", "authority", a number)? */
bool mark_release(const struct mark_line *l, unsigned i);
/* Does the word before (after) "mật" make another word of it: "bảo mật", "mật khẩu"? Folded words. */
bool mark_joins_before(struct span word);
bool mark_joins_after(struct span word);

#endif

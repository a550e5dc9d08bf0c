/* SPDX-License-Identifier: GPL-3.0-or-later
 * mark_words: a line of text as folded words with their shape and what stands between them.
 *
 * Folding here is for comparing with mark_table.c only: lower case, full-width to ASCII, Eth to đ, tone mark
 * to the old place (hoả = hỏa), traditional to simplified for the few characters of the table, look-alike
 * Cyrillic inside Latin words. Letter-spaced capitals become words again. Pure, any thread; a struct
 * mark_line is some 3 KiB and may live on the stack. */
#ifndef GH_RULES_MARK_WORDS_H
#define GH_RULES_MARK_WORDS_H

#include "base/reader.h"

enum mark_shape {
    SHAPE_UPPER, /* also TCVN3 capitals: "TUYệT" */
    SHAPE_TITLE,
    SHAPE_LOWER,
    SHAPE_MIXED,
    SHAPE_DIGITS,
    SHAPE_NOCASE /* Chinese */
};
/* What stands between two words, or at an end of the line. */
enum mark_gap {
    GAP_WIDE = 1 << 0, /* tab, '|', or 3 blanks and more: another cell or column */
    GAP_LINE = 1 << 1, /* line break (only in joined lines) */
    GAP_QUOTE = 1 << 2,
    GAP_OPEN = 1 << 3,
    GAP_CLOSE = 1 << 4,
    GAP_COLON = 1 << 5,
    GAP_SLASH = 1 << 6,
    GAP_SLASH2 = 1 << 7, /* "//" */
    GAP_DASH = 1 << 8,
    GAP_COMMA = 1 << 9, /* , ; 、 */
    GAP_STOP = 1 << 10, /* . … */
    GAP_STAR = 1 << 11, /* ★ and its stand-ins, * included */
    GAP_BOX = 1 << 12,  /* empty tick box */
    GAP_TICK = 1 << 13, /* ticked box */
    GAP_BLANK = 1 << 14,
    GAP_SHOUT = 1 << 15, /* ! ? */
    GAP_EQUAL = 1 << 16,
    GAP_OTHER = 1 << 17
};
struct mark_word {
    size_t at, end;   /* bytes in the text */
    uint16_t fold_at; /* into mark_line.fold */
    uint8_t fold_n;
    uint8_t letters; /* code points */
    uint8_t shape;
    bool spaced;     /* was letter-spaced */
    bool cut;        /* longer than a word of ours can be */
    uint8_t blanks;  /* blanks before it */
    uint32_t before; /* enum mark_gap */
};
#define MARK_WORDS_MAX 64
struct mark_line {
    struct mark_word w[MARK_WORDS_MAX];
    unsigned n;
    uint32_t after; /* gap behind the last word */
    bool cut;       /* more words than fit */
    uint16_t fold_used;
    char fold[1024];
};

/* Lower-case form of one code point as described above; the code point itself when it has none. */
uint32_t mark_fold_letter(uint32_t cp);
/* The letter without its Vietnamese or French marks, in lower case ("Ậ" to 'a', "Đ" to 'd'). */
uint32_t mark_strip_letter(uint32_t cp);
/* Reads text[from, to) into words. */
void mark_line_read(struct mark_line *l, struct span text, size_t from, size_t to);
/* Joins b behind a, with a GAP_LINE between; words that do not fit are left out (cut). */
void mark_line_join(struct mark_line *a, const struct mark_line *b);
struct span mark_word_fold(const struct mark_line *l, unsigned i);
/* Does word i equal the folded word s? */
bool mark_word_is(const struct mark_line *l, unsigned i, const char *s);
/* Number of words from i on that spell the phrase (folded words with single blanks), 0 when they do not. */
unsigned mark_phrase_at(const struct mark_line *l, unsigned i, const char *phrase);
/* Shape of words [i, i+n) together. */
enum mark_shape mark_words_shape(const struct mark_line *l, unsigned i, unsigned n);

#endif

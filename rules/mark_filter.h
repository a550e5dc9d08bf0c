/* SPDX-License-Identifier: GPL-3.0-or-later
 * mark_filter: one pass over clean text that finds where a marking could be, and what kind of text stands
 * around.
 *
 * An Aho-Corasick automaton (Aho, Corasick, CACM 18(6), 1975) over UTF-8 bytes, case-insensitive, made once
 * from mark_table.c. It knows bits, not words: each pattern has one bit, and a hit gives the bits of all
 * patterns that end there. Read-only after mark_filter_init(): any thread. */
#ifndef GH_RULES_MARK_FILTER_H
#define GH_RULES_MARK_FILTER_H

#include "base/reader.h"

enum mark_bit {
    BIT_ANCHOR = 1 << 0,   /* a word of the table of markings: its line is worth reading */
    BIT_PORTION = 1 << 1,  /* maybe a portion mark */
    BIT_NUMBER = 1 << 2,   /* "Số:" of a Vietnamese document number; still to be checked */
    BIT_OFFICE = 1 << 3,   /* Vietnamese official layout: national title, addressee, recipients */
    BIT_US = 1 << 4,       /* US classification block and telegram lines */
    BIT_LETTER = 1 << 5,   /* any official letter: subject, reference, copy number, embassy */
    BIT_FICTION = 1 << 6,  /* films, novels, games, exams */
    BIT_LAW = 1 << 7,      /* text about secrecy: laws, lessons, guides */
    BIT_DISCLAIM = 1 << 8, /* mail disclaimers */
    BIT_HONEY = 1 << 9,    /* mật = honey, gall */
};
/* One row of the pattern table: what separates its patterns is '|'. Lower-case NFC; capitals match too. */
struct mark_pattern {
    enum mark_bit bit;
    const char *list;
};

/* Builds the automaton once per process. 0 or ST_NOMEM, ST_LIMIT (the table outgrew the automaton: our bug).
 */
int mark_filter_init(const struct mark_pattern *patterns, size_t n);
/* The next place at or after *pos where a pattern ends, as long as it lies before end: its bits, and *pos
 * just behind it. 0 when none is left. *state carries the automaton from call to call; start with 0. */
unsigned mark_filter_next(struct span text, size_t end, size_t *pos, unsigned *state);

#endif

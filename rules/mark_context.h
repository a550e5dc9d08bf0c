/* SPDX-License-Identifier: GPL-3.0-or-later
 * mark_context: where on its line a marking stands, and how much that and its surroundings are worth.
 *
 * Two steps: mark_context_line() reads the line around a hit and keeps candidates; when all texts of an
 * object were seen, mark_context_score() weighs each with what stands near it and in the object as a whole.
 * One thread per struct mark_case. */
#ifndef GH_RULES_MARK_CONTEXT_H
#define GH_RULES_MARK_CONTEXT_H

#include "rules/mark_filter.h"
#include "rules/mark_table.h"

enum mark_form {
    FORM_PROSE,   /* a mention: never a finding, but a sign of a text ABOUT secrecy */
    FORM_LINE,    /* alone on its line, with caveats, page or copy number at most */
    FORM_CELL,    /* alone in a cell or column */
    FORM_FIELD,   /* "Độ mật: …", or the ticked one of several */
    FORM_BANNER,  /* "SECRET//NOFORN" */
    FORM_PAREN,   /* in brackets at one end of its line */
    FORM_LEAD,    /* begins its line, a handling instruction follows */
    FORM_WIRE,    /* begins a telegram's line: "SECRET HANOI 001234" */
    FORM_TAIL,    /* ends its line behind a dash or a wide blank */
    FORM_STAR,    /* "机密★10年" */
    FORM_PORTION, /* "(S//NF)" */
    FORM_NAME,    /* in a file name */
    FORM_OCR,     /* nearly spelled, in recognised text */
    FORM_COUNT
};
struct mark_candidate {
    const struct mark_row *row;
    size_t text;    /* index of its text */
    size_t at, end; /* bytes in it */
    enum mark_form form;
    enum mark_shape shape;
    bool joined; /* over a line break */
    bool torn;   /* its neighbour lines make a sentence or another word of it */
    double score;
    const char *scheme;
};
#define MARK_CANDIDATES_MAX 4096
struct mark_case {
    const struct mark_text *texts;
    size_t n_texts;
    struct arena *arena;
    struct mark_candidate *v;
    size_t n, cap;
    unsigned counts[16];  /* hits per enum mark_bit of the whole object */
    unsigned mentions[8]; /* prose mentions per level */
    bool full, nomem;
};

/* Adds a candidate; beyond the ceiling (or memory) it is dropped and c->full (c->nomem) says so. */
void mark_case_add(struct mark_case *c, const struct mark_candidate *m);
/* Reads the line around text position hit (just behind an anchor) and keeps what is there. done: the position
 * up to which the text has been dealt with; returns the new one. */
size_t mark_context_line(struct mark_case *c, size_t text, size_t hit, size_t done);
/* A portion mark whose bracket opens shortly before hit. */
void mark_portion(struct mark_case *c, size_t text, size_t hit);
/* Markings in a file name. */
void mark_context_name(struct mark_case *c, size_t text);
/* Nearly spelled Vietnamese stamps on short lines of recognised text. */
void mark_ocr(struct mark_case *c, size_t text);
/* Bits of the patterns in text[from, to), "Số:" only when a number and symbol follow. */
unsigned mark_bits_near(struct span text, size_t from, size_t to);
/* Bounds of the line around pos, at most `limit` bytes to each side; *ret_cut when a bound is not a line end.
 */
void mark_line_bounds(struct span text, size_t pos, size_t limit, size_t *ret_from, size_t *ret_to,
                      bool *ret_cut);
/* The next line above (below) with anything on it; false when there is none within reach. */
bool mark_line_above(struct span text, size_t from, size_t *ret_from, size_t *ret_to);
bool mark_line_below(struct span text, size_t to, size_t *ret_from, size_t *ret_to);
/* Fills in v[].score, 0..0.99 (below 0.5 it is no finding), and v[].scheme. */
void mark_context_score(struct mark_case *c);

#endif

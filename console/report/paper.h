/* SPDX-License-Identifier: GPL-3.0-or-later
 * paper: pages of A4 that are written from top to bottom: texts, tables, figures, bars; the door to cairo and
 * pango.
 *
 * Everything that does not fit begins a new page, a table repeats its head there. Texts are UTF-8; control
 * characters and marks that would turn the direction of what follows are taken out, and a text is cut at
 * PAPER_TEXT bytes. Tones are those of the page. The PDF's text can be selected and searched. One struct, one
 * thread. */
#ifndef GH_CONSOLE_PAPER_H
#define GH_CONSOLE_PAPER_H

#include "base/writer.h"

#define PAPER_TEXT_MAX 4000
#define PAPER_PAGES_MAX 80

struct paper;
struct paper_facts {
    const char *title, *author, *subject, *footer; /* footer: left; the page's number is on the right */
    const char *made;                              /* ISO 8601 */
    unsigned total;                                /* pages, for "3 / 12"; 0: not known yet */
};
/* A first page, empty. NULL when memory is short. */
struct paper *paper_new(const struct paper_facts *f);
/* Ends the last page. 0 with the PDF in out and how many pages it has; ST_LIMIT: more than PAPER_PAGES_MAX,
 * or out is too small; ST_IO: cairo failed, its sentence in *ret_why. Frees p in any case. */
int paper_end(struct paper *p, struct writer *out, unsigned *ret_pages, const char **ret_why);

enum paper_style {
    PAPER_COVER,
    PAPER_COVER_SUB,
    PAPER_HEAD,
    PAPER_SUB,
    PAPER_BODY,
    PAPER_STRONG,
    PAPER_SMALL,
    PAPER_STYLES
};
enum paper_align { PAPER_LEFT, PAPER_CENTRE, PAPER_RIGHT };
/* A paragraph. A PAPER_HEAD is also an entry of the PDF's outline. */
void paper_text(struct paper *p, enum paper_style style, enum paper_align align, struct span text);
void paper_space(struct paper *p, double mm);
/* New page unless mm are left. */
void paper_need(struct paper *p, double mm);
void paper_page(struct paper *p);
void paper_rule(struct paper *p);

struct paper_column {
    const char *head;
    double part; /* of the width; all together 1 */
    bool number; /* to the right */
};
/* cells: n_rows times n_columns texts, row by row. bar: a bar of that part (0..1) in front of the last cell;
 * NULL: none. */
void paper_table(struct paper *p, const struct paper_column *columns, size_t n_columns,
                 const struct span *cells, size_t n_rows, const double *bar);
/* Boxes beside each other: a number and what it counts. */
struct paper_figure {
    const char *number, *name, *below;
    bool red;
};
void paper_figures(struct paper *p, const struct paper_figure *f, size_t n);
/* Bars over time; label of every so many steps below. */
struct paper_step {
    char label[16];
    double n;
};
void paper_bars(struct paper *p, const struct paper_step *steps, size_t n, const char *ceiling, double max);
/* Lines to sign on, beside each other. */
void paper_sign(struct paper *p, const char *left, const char *right);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_word: Word's binary documents (MS-DOC), and their ancestors Word 6 and 95. Common to x_ole_word.c
 * (the text) and x_ole_wfont.c (fonts and hidden text of its runs). */
#ifndef GH_RULES_X_OLE_WORD_H
#define GH_RULES_X_OLE_WORD_H

#include "rules/x_ole.h"

#define WORD_RUNS_MAX 500000 /* runs of characters with formats */
#define WORD_FONT_NAMES_MAX 1024
#define WORD_FONT_NAME 64 /* bytes of a font's name that matter */
#define WORD_STYLES_MAX 4096

struct doc_run {
    uint32_t from, to; /* file offsets of its characters */
    int16_t font;      /* -1: the paragraph's */
    int8_t hidden;     /* -1: the paragraph's; deleted text counts as hidden */
};
struct doc_paragraph {
    uint32_t from, to;
    uint16_t style;
};
struct doc_style {
    int16_t font; /* -1 unknown */
    bool hidden;
};
struct doc_fonts {
    char (*names)[WORD_FONT_NAME];
    unsigned n_names;
    struct doc_run *runs; /* sorted by from */
    size_t n_runs;
    struct doc_paragraph *paragraphs; /* sorted by from */
    size_t n_paragraphs;
    struct doc_style *styles;
    unsigned n_styles;
};
/* What fonts.. says of the character at file offset at; *ret_end: where that may change. */
struct doc_format {
    const char *font; /* NULL unknown */
    bool hidden;
    uint32_t end;
};
/* Reads tables of a Word 97 document; what is damaged is left out: then fonts are unknown, and the text is
 * read all the same. */
void doc_fonts_read(struct ole *o, struct span main, struct span table, struct doc_fonts *ret);
struct doc_format doc_format_at(const struct doc_fonts *f, uint32_t at);

#endif

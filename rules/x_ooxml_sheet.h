/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ooxml_sheet: what the parts of a workbook share, XML (SpreadsheetML) and binary (MS-XLSB) alike: strings
 * and fonts. */
#ifndef GH_RULES_X_OOXML_SHEET_H
#define GH_RULES_X_OOXML_SHEET_H

#include "rules/x_ooxml.h"
#include "rules/x_ooxml_header.h"

#define SHEET_STRINGS_MAX (64u << 20) /* bytes of all shared strings */
#define SHEET_FONTS_MAX 8192          /* fonts, and cell formats, that are known */
#define SHEET_FONT_MAX 64             /* bytes of a font's name that matter */

/* Shared strings: heap; each is a row of runs. */
struct sheet_strings {
    struct writer runs;  /* u8 length of font, font, u32 length of text, text */
    struct writer index; /* u32 offset of each string's first run; one more at the end */
    struct writer used;  /* a byte for each string: a cell shows it */
    size_t n;
};
struct sheet_fonts {
    char (*font)[SHEET_FONT_MAX]; /* names, by number */
    uint16_t *format;             /* font of a cell format, by number */
    size_t n_fonts, n_formats;
};
/* Where text of a sheet goes, and how far its row has come. */
struct sheet_out {
    struct ooxml *o;
    const struct part *part;
    bool row_hidden;
    unsigned cells[2]; /* said in this row: visible, hidden */
};
/* A fresh table in o->strings, NULL when memory is short. */
struct sheet_strings *sheet_strings_new(struct ooxml *o);
void sheet_string_run(struct sheet_strings *t, struct span text, const char *font);
void sheet_string_end(struct sheet_strings *t);
/* Strings that no cell shows, as hidden text; then frees them. Nothing to do when there are none. */
void sheet_strings_done(struct ooxml *o);
/* A cell with text; font NULL or the cell format's. */
void sheet_cell(struct sheet_out *out, bool hidden, struct span text, const char *font);
/* More of the cell that was told last. */
void sheet_cell_more(struct sheet_out *out, bool hidden, struct span text, const char *font);
/* A cell with shared string number i; format: number of its cell format. */
void sheet_cell_shared(struct sheet_out *out, bool hidden, uint64_t i, uint64_t format);
void sheet_row_end(struct sheet_out *out);
/* Font of a cell format, NULL when unknown. */
const char *sheet_font(const struct ooxml *o, uint64_t format);

#endif

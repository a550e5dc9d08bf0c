/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_biff: strings, fonts and cells of Excel's records; used by x_ole_sheet.c alone. */
#ifndef GH_RULES_X_OLE_BIFF_H
#define GH_RULES_X_OLE_BIFF_H

#include "rules/x_ole.h"

#define BIFF_STRING_MAX (256u << 10) /* bytes of UTF-8 of one string */
#define BIFF_STRINGS_MAX (64u << 20) /* of all shared ones */
#define BIFF_FONTS_MAX 4096
#define BIFF_FONT 64 /* bytes of a font's name that matter */

/* A record and the CONTINUE records behind it, one at a time. */
struct biff_parts {
    struct reader r;       /* the part at hand */
    struct reader *stream; /* stands behind it */
};
struct biff_sheet {
    uint32_t offset; /* of its BOF */
    bool hidden;
};
struct biff {
    struct ole *o;
    unsigned version; /* 2, 3, 4, 5 (also 7), 8 */
    unsigned codepage;
    bool encrypted;
    struct span stream;  /* as it lies in the file */
    struct writer plain; /* the same decrypted, when it is encrypted and could be */
    size_t behind;       /* end of the record at hand */
    struct biff_sheet *sheets;
    unsigned n_sheets;
    unsigned page;
    bool hidden;
    uint32_t row;
    unsigned said;                /* cells in the open row */
    uint16_t format;              /* of the cell at hand */
    uint16_t object;              /* kind of the last drawing object */
    struct writer strings, index; /* shared strings: UTF-8; u32 offsets, one more at the end */
    size_t n_strings;
    char (*fonts)[BIFF_FONT];
    uint16_t *formats; /* font of each cell format */
    unsigned n_fonts, n_formats;
};

bool biff_init(struct biff *b, struct ole *o);
void biff_done(struct biff *b);
/* The record of size bytes that stream stands at; stream then stands behind it. */
void biff_parts_init(struct biff_parts *p, struct reader *stream, size_t size);
/* Goes on to the CONTINUE record that follows; false when none does. */
bool biff_parts_next(struct biff_parts *p);
/* n characters, of two bytes or one, over part borders: each part begins with a flag byte of its own. */
void biff_chars(struct biff_parts *p, size_t n, bool wide, struct writer *out);
/* A string with a length of so many bytes, as this version of the format has it; appended as UTF-8. */
void biff_string(struct biff *b, struct reader *r, unsigned length_bytes, struct writer *out);
void biff_shared_strings(struct biff *b, struct biff_parts *p);
void biff_font(struct biff *b, struct reader r);
void biff_format(struct biff *b, struct reader r);
void biff_cell(struct biff *b, struct span text);
void biff_cell_shared(struct biff *b, uint32_t i);
void biff_row_end(struct biff *b);

#endif

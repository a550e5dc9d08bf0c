/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ooxml: Office Open XML packages (ECMA-376 parts 1, 2 and 4, transitional and strict), and what is packed
 * alike: Visio, XPS, XLSB. Common to the x_ooxml_*.c files; nobody else includes it.
 *
 * A package is a zip of parts. Its content types say what each part is; where they are silent its path does.
 * The table of classes in x_ooxml_table.c lists them in reading order and names the reader of each. What is
 * no known part becomes a member. Everything lives in the examination's arena; a part's bytes only while it
 * is read. */
#ifndef GH_RULES_X_OOXML_H
#define GH_RULES_X_OOXML_H

#include "rules/sax.h"
#include "rules/x_zip.h"

#define OOXML_PARTS_MAX 50000       /* parts known of one package */
#define OOXML_PART_MAX (128u << 20) /* bytes of one part */
#define OOXML_RELS_MAX 65536        /* relationships read of one part */

struct ooxml;
struct part;
/* Reads the bytes of one part. */
typedef void part_read_fn(struct ooxml *o, const struct part *part, struct span bytes);
struct part_class {
    const char *type;   /* piece of the content type, or NULL */
    const char *path;   /* beginning of the path, '*' at its start: a piece of it; or NULL */
    part_read_fn *read; /* NULL: known, holds no text */
    enum place place;
};
struct part {
    const struct zip_entry *entry;
    const struct part_class *class; /* NULL: unknown */
    unsigned page;                  /* of the sheet or slide that it belongs to, 0 none */
    bool hidden;                    /* belongs to a hidden sheet or slide */
};
struct rel {
    struct rel *next;
    struct span id, type, target; /* target: a full path without leading '/', or as written when external */
    bool external;
};
struct ooxml {
    struct extract *x;
    struct arena *arena;
    const struct zip *zip;
    struct part *parts; /* sorted by name */
    size_t n_parts;
    const struct part *main; /* NULL: none found */
    const struct word_styles *word_styles;
    struct sheet_strings *strings;
    const struct sheet_fonts *fonts;
    unsigned external;
};

/* ---- x_ooxml_table.c ---- */
struct ooxml_main {
    const char *type, *mime; /* piece of a main part's content type; type of the package */
};
extern const struct part_class ooxml_classes[];
extern const size_t ooxml_classes_count;
extern const struct ooxml_main ooxml_mains[];
extern const size_t ooxml_mains_count;

/* ---- x_ooxml_rels.c: ooxml_rels, ooxml_rel, ooxml_number ---- */
/* ---- x_ooxml_parts.c ---- */
/* Knows the package: fills parts and their classes, main, and the type of x. false: nothing to be read
 * (reported). */
bool ooxml_open(struct ooxml *o, struct span in);
struct part *ooxml_find(struct ooxml *o, struct span path);
/* Unpacks a part into out; what fails is reported. True when there are bytes to read. */
bool ooxml_load(struct ooxml *o, const struct part *part, struct writer *out);
/* Relationships of a part in file order, NULL when it has none. */
struct rel *ooxml_rels(struct ooxml *o, const struct part *part);
const struct rel *ooxml_rel(const struct rel *list, const char *id);
/* Gives the part behind a relationship of main its page, and all parts that it refers to. */
void ooxml_number(struct ooxml *o, const struct rel *rel, unsigned page, bool hidden);
/* A span kept in the arena; empty when memory is short. */
struct span ooxml_keep(struct ooxml *o, struct span s);
/* Reads every part in reading order, then hands on the rest as members. */
void ooxml_read_parts(struct ooxml *o);

/* ---- the readers ---- */
part_read_fn ooxml_content_text;             /* x_ooxml_text.c: all text of the part */
part_read_fn ooxml_links;                    /* relationships that lead out of the package */
part_read_fn ooxml_core, ooxml_custom;       /* properties */
part_read_fn ooxml_labels, ooxml_custom_xml; /* LabelInfo.xml, customXml items */
part_read_fn ooxml_visio, ooxml_xps;         /* Visio pages, XPS pages (x_ooxml_xps.c) */
part_read_fn ooxml_vba, ooxml_macro_sheet;   /* macros */
part_read_fn ooxml_word, ooxml_word_styles;  /* x_ooxml_word.c, x_ooxml_style.c */
part_read_fn ooxml_workbook, ooxml_sheet, ooxml_sheet_strings, ooxml_sheet_fonts,
    ooxml_pivot;                                             /* x_ooxml_sheet.c … */
part_read_fn ooxml_comment;                                  /* comments of sheets and slides */
part_read_fn ooxml_presentation, ooxml_slide, ooxml_drawing; /* x_ooxml_slide.c: DrawingML */
part_read_fn ooxml_book_bin, ooxml_sheet_bin, ooxml_strings_bin, ooxml_comment_bin; /* x_ooxml_xlsb.c */

#endif

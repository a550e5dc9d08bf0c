/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_odf: OpenDocument (ISO/IEC 26300, OASIS 1.3), packed and flat. Common to the x_odf*.c files; nobody else
 * includes it.
 *
 * content.xml, styles.xml, meta.xml and a flat document are read by one reader: elements say where text
 * belongs. Styles are known by the time their text comes, because a document defines them first. All memory
 * is the examination's arena. */
#ifndef GH_RULES_X_ODF_H
#define GH_RULES_X_ODF_H

#include "rules/sax.h"

#define ODF_STYLES_MAX 16384
#define ODF_STYLE_BUCKETS 1024
#define ODF_FONT_MAX 64            /* bytes of a font's name that matter */
#define ODF_BINARY_MAX (64u << 20) /* base64 of one embedded object in a flat document */

struct odf_style {
    struct odf_style *next;
    struct span name, parent;
    char family; /* first letter: p(aragraph), t(ext), T(able), c(ell), others */
    char font[ODF_FONT_MAX];
    bool has_font, hidden, has_hidden;
};
struct odf_format {
    const char *font; /* NULL unknown */
    bool hidden;
};
struct odf {
    struct extract *x;
    struct arena *arena;
    struct odf_style *styles[ODF_STYLE_BUCKETS];
    unsigned n_styles;
    unsigned page;     /* sheets and slides so far */
    unsigned external; /* references out of the document */
    bool macros;
};

/* ---- x_odf_content.c ---- */
/* Reads one XML stream of the document or of an object in it. */
void odf_content(struct odf *o, struct span xml);

/* ---- x_odf_style.c ---- */
/* The style that an element style:style or style:default-style opens; NULL when there are too many. */
struct odf_style *odf_style_open(struct odf *o, struct sax *s, const char *name);
/* What style:text-properties or style:table-properties say of the open style. */
void odf_style_properties(struct odf *o, struct odf_style *style, struct sax *s);
/* Lays a style and its parents over f. */
void odf_style_apply(const struct odf *o, char family, const char *name, struct odf_format *f);
char odf_style_family(const char *family);

#endif

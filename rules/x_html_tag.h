/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_html_tag: one tag of HTML, its attributes, and what its name means for text. Pure. */
#ifndef GH_RULES_X_HTML_TAG_H
#define GH_RULES_X_HTML_TAG_H

#include "base/writer.h"

enum html_kind {
    HTML_BLOCK = 1 << 0, /* begins a line */
    HTML_CELL = 1 << 1,  /* stands beside the one before */
    HTML_VOID = 1 << 2,  /* has no content */
    HTML_RAW = 1 << 3,   /* its content is no markup and no text */
    HTML_FONT = 1 << 4,  /* may change the font */
    HTML_PRE = 1 << 5    /* keeps white space */
};
struct html_tag {
    char name[16];    /* small letters; longer names are cut */
    bool end, closed; /* </x>; <x/> */
    unsigned kind;    /* enum html_kind */
    struct span attributes;
};

/* Reads the tag at s[*pos] == '<' and moves behind it; false (and *pos as it was) when it is none. no_more[0]
 * and [1]: there is no '"', no '\'' in what is left: set here, kept by the caller over one document, so that
 * the search stays linear. */
bool html_tag_read(struct span s, size_t *pos, bool no_more[2], struct html_tag *ret);
/* Raw value of an attribute (entities not decoded), empty when there is none. */
struct span html_attribute(const struct html_tag *t, const char *name);
/* Is its content hidden by its own attributes? */
bool html_is_hidden(const struct html_tag *t);
/* Does it run a script: <script>, on…=, javascript:? */
bool html_has_script(const struct html_tag *t);
/* First font family of a style attribute, "" when it names none. */
void html_style_font(struct span style, char *buf, size_t cap);
/* Offset of "</name" in s, or s.n. */
size_t html_find_end(struct span s, const char *name);
/* s as a string, cut to fit. */
void html_copy(struct span s, char *buf, size_t cap);

#endif

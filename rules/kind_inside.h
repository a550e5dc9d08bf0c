/* SPDX-License-Identifier: GPL-3.0-or-later
 * kind_inside: the second look, at containers whose first bytes say too little. Each gives true and *ret when
 * it knows better. Bounded and pure like kind.h. */
#ifndef GH_RULES_KIND_INSIDE_H
#define GH_RULES_KIND_INSIDE_H

#include "rules/kind.h"

struct kind_row {
    uint16_t at;       /* offset of the bytes */
    uint8_t n;         /* how many */
    bool any;          /* '\x3f' ('?') in them matches any byte */
    const char *bytes;
    struct kind k;
};
extern const struct kind_row kind_rows[];
extern const size_t kind_rows_count;

/* Zip: office packages, OpenDocument, e-books, programs. */
bool kind_inside_zip(struct span in, struct kind *ret);
/* OLE2 compound files, by the names of their streams. */
bool kind_inside_ole(struct span in, struct kind *ret);
/* Text: is it text at all, and which: mail, HTML, XML and its families, mailbox, scripts. */
bool kind_inside_text(struct span in, struct kind *ret);
/* XML by its root element; head is UTF-8 that begins at the declaration or the root. */
bool kind_inside_xml(struct span head, struct kind *ret);

#endif

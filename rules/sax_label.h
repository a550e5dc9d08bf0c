/* SPDX-License-Identifier: GPL-3.0-or-later
 * sax_label: machine-readable labels and plain metadata out of the XML that office formats carry beside their
 * text: XMP packets, docMetadata/LabelInfo.xml (MS-OFFCRYPTO 2.6), STANAG 4774 labels in custom XML parts. */
#ifndef GH_RULES_SAX_LABEL_H
#define GH_RULES_SAX_LABEL_H

#include "rules/extract.h"

/* Reads xml and tells x: MSIP_Label_* names (elements or attributes) as "msip", label lists as "msip" with
 * the key "LabelInfo", STANAG 4774 fields as "stanag4774", XMP's pdfx keys as "property"; Dublin Core and
 * pdfx values also as metadata text. all_text: every other element's text as metadata too. Codes as sax_read.
 */
int sax_label_read(struct extract *x, struct span xml, bool all_text);
/* One custom property of a document: an MSIP key becomes an "msip" label, any other a "property"; both also
 * metadata text
 * ("name: value"), where a marking in plain words is found. */
void sax_label_property(struct extract *x, struct span name, struct span value);

#endif

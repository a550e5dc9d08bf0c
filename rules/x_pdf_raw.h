/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_pdf_raw: what poppler-glib does not tell, from the bytes of a PDF themselves, without its object model.
 */
#ifndef GH_RULES_X_PDF_RAW_H
#define GH_RULES_X_PDF_RAW_H

#include "rules/extract.h"

#define PDF_LABELS_MAX 256 /* label keys told */

/* Custom keys "/MSIP_Label_… (value)" of an information dictionary that is not compressed, as "msip" labels.
 */
void x_pdf_raw_labels(struct extract *x, struct span in);
/* Names that mark active content in uncompressed objects: /JavaScript; /Launch and /GoToR count as external
 * references. */
void x_pdf_raw_features(struct span in, bool *ret_javascript, unsigned *ret_external);

#endif

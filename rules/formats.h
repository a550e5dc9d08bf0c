/* SPDX-License-Identifier: GPL-3.0-or-later
 * formats: the entry point of every reader, for the table in formats.c and for tests. Each is a
 * format_read_fn (extract.h): x is the object under examination, in its bytes; what cannot be read is
 * reported through x. */
#ifndef GH_RULES_FORMATS_H
#define GH_RULES_FORMATS_H

#include "rules/extract.h"

void x_empty(struct extract *x, struct span in);
void x_text(struct extract *x, struct span in);
void x_html(struct extract *x, struct span in);
void x_xml(struct extract *x, struct span in);
void x_eml(struct extract *x, struct span in);
void x_mbox(struct extract *x, struct span in);
void x_zip(struct extract *x, struct span in);
void x_gzip(struct extract *x, struct span in);    /* gzip and zlib streams */
void x_archive(struct extract *x, struct span in); /* everything of libarchive with members */
void x_packed(struct extract *x, struct span in);  /* one packed stream: bzip2, xz, … */
void x_archive_warm_up(void);
void x_image(struct extract *x, struct span in); /* only with GH_OCR */
void x_image_warm_up(void);
void x_cms(struct extract *x, struct span in);
void x_tnef(struct extract *x, struct span in);
void x_strings(struct extract *x, struct span in);
void x_cipher(struct extract *x, struct span in); /* encrypted by a format that says no more */
void x_pdf(struct extract *x, struct span in);
void x_pdf_warm_up(void);
void x_ooxml(struct extract *x, struct span in);
void x_odf(struct extract *x, struct span in);
void x_odf_flat(struct extract *x, struct span in);
void x_hwpx(struct extract *x, struct span in);
void x_rtf(struct extract *x, struct span in);
void x_ole(struct extract *x, struct span in);
void x_ole_warm_up(void);
void x_biff(struct extract *x, struct span in);
void x_emf(struct extract *x, struct span in);
void x_chm(struct extract *x, struct span in);
void x_wpd(struct extract *x, struct span in);
void x_pst(struct extract *x, struct span in);

#endif

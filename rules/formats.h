/* SPDX-License-Identifier: GPL-3.0-or-later
 * formats: the entry point of every reader, for the table in formats.c and for tests. Each is a format_read_fn (extract.h):
 * x is the object under examination, in its bytes; what cannot be read is reported through x. */
#ifndef GH_RULES_FORMATS_H
#define GH_RULES_FORMATS_H

#include "rules/extract.h"

void x_empty(struct extract *x, struct span in);
void x_text(struct extract *x, struct span in);
void x_pdf(struct extract *x, struct span in);
void x_pdf_warm_up(void);
void x_ooxml(struct extract *x, struct span in);

#endif

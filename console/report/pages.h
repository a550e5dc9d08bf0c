/* SPDX-License-Identifier: GPL-3.0-or-later
 * pages: a report's figures (JSON of console/store/report_data.c) to PDF. Any JSON gives a report or an
 * error; what is not of the kind expected counts as zero or is left out. */
#ifndef GH_CONSOLE_PAGES_H
#define GH_CONSOLE_PAGES_H

#include "base/writer.h"

/* 0 with the PDF and its pages; ST_MALFORMED: no JSON object; otherwise as paper_end. why (cap bytes): a
 * sentence. */
int pages_make(struct span json, struct writer *out, unsigned *ret_pages, char *why, size_t cap);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * formats: which reader reads which kind. A new format is a file, a row here, rows in kind_table.c, a fuzz
 * target, a case. */
#include "rules/formats.h"

const struct format formats[] = {
    {"empty", x_empty, NULL},
    {"text", x_text, NULL},
    {"pdf", x_pdf, x_pdf_warm_up},
    {"ooxml", x_ooxml, NULL},
};
const size_t formats_count = GH_COUNT(formats);

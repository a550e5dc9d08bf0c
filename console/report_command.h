/* SPDX-License-Identifier: GPL-3.0-or-later
 * 'gatehouse console report': the committee's report of a month or week to a file, without the console. */
#ifndef GH_CONSOLE_REPORT_COMMAND_H
#define GH_CONSOLE_REPORT_COMMAND_H

#include "console/state.h"

struct report_command {
    const char *month, *week; /* one of them: 2026-10, or a day of the week */
    const char *lang;         /* NULL: vi */
    const char *output;       /* a name that ends in .csv gets the figures, every other the PDF */
};
/* Exit code, with a sentence on stderr when it is not 0. */
int report_command(struct state *s, const struct report_command *c);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * carry: what appliances exported as files (`gatehouse journal export`) comes in, and receipts go back. Each
 * file is judged as if it had been handed in over the network; whatever order they are in, and however often
 * they come. Nothing on a stick is believed, its names neither. Used by the command, outside the jail. */
#ifndef GH_CONSOLE_CARRY_H
#define GH_CONSOLE_CARRY_H

#include "console/state.h"

#define CARRY_FILES 100000 /* most files in one import */
#define CARRY_SUFFIX ".ghb"

/* Takes in n paths: files, and the *.ghb files of directories. receipts: where they go; NULL: into the first
 * directory of paths, or nowhere. Prints a line for each file that was refused and for each appliance. Exit
 * code: 0 everything is here, 1 something was refused or is missing, 2 input, 3 the machine. */
int carry_import(struct state *s, const char *const *paths, size_t n, const char *receipts);
/* A file name or the like, from elsewhere, for a terminal: control characters become '?'. Returns buf. */
const char *carry_tame(const char *text, char *buf, size_t cap);

#endif

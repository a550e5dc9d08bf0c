/* SPDX-License-Identifier: GPL-3.0-or-later
 * program: where this program lies. What belongs to it lies beside it, in a build as well as installed. Any
 * thread or process that sees /proc; also between fork and exec. */
#ifndef GH_BASE_PROGRAM_H
#define GH_BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of name (with directories below it, or "" for the directory itself, without a slash at its
 * end) beside this program into path (cap bytes). False, and path is "", when it does not fit, or /proc is
 * out of reach. */
bool program_beside(const char *name, char *path, size_t cap);
/* The same, when it is there to be read; otherwise installed, which must fit. */
void program_find(const char *name, const char *installed, char *path, size_t cap);

#endif

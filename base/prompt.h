/* SPDX-License-Identifier: GPL-3.0-or-later
 * prompt: a password from a person at the terminal, without showing it; or from a file, for machines. For
 * commands only. */
#ifndef GH_BASE_PROMPT_H
#define GH_BASE_PROMPT_H

#include "base/status.h"

/* A line of at most cap - 1 bytes into buf (a NUL behind it), which should lie in memory of seal_alloc. file:
 * where it stands
 * ("-": standard input); NULL: the terminal is asked with prompt. ST_NOT_FOUND: there is no terminal.
 * ST_LIMIT: too long. ST_TRUNCATED: nothing was entered. Others: the file cannot be read. */
int prompt_password(const char *prompt, const char *file, char *buf, size_t cap, size_t *ret_n);

#endif

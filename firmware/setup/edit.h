/* SPDX-License-Identifier: GPL-3.0-or-later
 * edit: sets keys in the text of a configuration and leaves everything else as a person wrote it: comments,
 * order, other keys. Pure. */
#ifndef GH_SETUP_EDIT_H
#define GH_SETUP_EDIT_H

#include "base/writer.h"

/* Appends text to out with section.key = value: in place of the line that sets it last, or behind the
 * section's head, or in a section of its own at the end. value is one line; it is put in quotes where a '#'
 * or a blank at an end needs that. ST_USAGE: value has a line break or a quote in it. */
int edit_set(struct span text, const char *section, const char *key, const char *value, struct writer *out);

#endif

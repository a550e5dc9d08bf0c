/* SPDX-License-Identifier: GPL-3.0-or-later
 * files: outputs that are files: state_dir/outputs/NAME.log, one event a line; turned over at OUT_FILE_MAX,
 * OUT_FILE_KEEP old ones stay (NAME.log.1 is the newest of them). */
#ifndef GH_CONSOLE_OUTPUT_FILES_H
#define GH_CONSOLE_OUTPUT_FILES_H

#include "base/reader.h"

#define OUT_FILE_MAX (64u << 20)
#define OUT_FILE_KEEP 8

/* Appends, and waits for the disk. ST_FULL, ST_IO, … */
int out_file_append(const char *state_dir, const char *name, struct span lines);
/* A plain name: letters, digits, '-', '_', '.'; not beginning with a dot. */
bool out_file_name_is_good(const char *name);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * file: small files that are replaced whole: whoever reads, also after a power cut, finds the old content or the new.
 * Any process that may write into the file's directory. */
#ifndef GH_BASE_FILE_H
#define GH_BASE_FILE_H

#include "base/reader.h"

/* All of bytes to an open file, however many calls that takes. 0, or a negative code: some may be written. */
int file_write(int fd, struct span bytes);
/* Writes path.new with mode (as open), gives it to the owner of the directory (owner_follow), and puts it in path's place;
 * content and name are on the disk when this returns 0. Otherwise path is as it was: ST_LIMIT (path too long), ST_FULL,
 * ST_DENIED, ST_IO, … */
int file_replace(const char *path, struct span bytes, unsigned mode);

#endif

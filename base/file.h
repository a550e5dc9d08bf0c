/* SPDX-License-Identifier: GPL-3.0-or-later
 * file: files read and written whole. A small one is replaced whole: whoever reads, also after a power cut, finds the old content or the new.
 * Any process that may write into the file's directory. */
#ifndef GH_BASE_FILE_H
#define GH_BASE_FILE_H

#include "base/writer.h"

/* All of bytes to an open file, however many calls that takes. 0, or a negative code: some may be written. */
int file_write(int fd, struct span bytes);
/* What is left of an open file, appended to w. 0; ST_LIMIT: more than max bytes, or more than w takes; or what reading failed
 * with: then w holds a part of it. */
int file_read_fd(int fd, size_t max, struct writer *w);
/* The file (or pipe) that somebody named, appended to w. As file_read_fd, or as errno of open says. */
int file_read(const char *path, size_t max, struct writer *w);
/* The same where others may write: a regular file and no link (refused otherwise); never waits. */
int file_read_regular(const char *path, size_t max, struct writer *w);
/* Writes path.new with mode (as open), gives it to the owner of the directory (owner_follow), and puts it in path's place;
 * content and name are on the disk when this returns 0. Otherwise path is as it was: ST_LIMIT (path too long), ST_FULL,
 * ST_DENIED, ST_IO, … */
int file_replace(const char *path, struct span bytes, unsigned mode);
/* The same for one of many: after a power cut it may be empty, until file_settle of a path in the same file system has
 * returned 0. */
int file_replace_soon(const char *path, struct span bytes, unsigned mode);
int file_settle(const char *path);

#endif

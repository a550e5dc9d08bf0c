/* SPDX-License-Identifier: GPL-3.0-or-later
 * tar: writes an archive that every tar reads (POSIX ustar), from memory, to a descriptor. Pure but for
 * write(2). */
#ifndef GH_CTL_TAR_H
#define GH_CTL_TAR_H

#include "base/reader.h"

/* One regular file, name at most 99 bytes, at most 1 GiB. 0, ST_LIMIT, or as write says. */
int tar_file(int fd, const char *name, struct span bytes, uint64_t seconds);
/* The two empty blocks at the end. */
int tar_end(int fd);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * zip: an archive of texts, stored as they are (APPNOTE.TXT 6.3, method 0): made in memory, opened by
 * anything. Names are ASCII of our own making, never from captured traffic. One thread. */
#ifndef GH_CONSOLE_ZIP_H
#define GH_CONSOLE_ZIP_H

#include "base/writer.h"

#define ZIP_FILES_MAX 65000
#define ZIP_NAME_MAX 64

struct zip {
    struct writer *out, directory;
    unsigned files;
    uint32_t stamp; /* DOS time and date */
};
/* Writes to out, which must be empty. us: the time that all files carry (UTC). */
void zip_begin(struct zip *z, struct writer *out, uint64_t us);
void zip_add(struct zip *z, const char *name, struct span content);
/* Writes the directory and frees it. What did not fit shows in writer_ok(out); false: too many files or
 * bytes. */
bool zip_end(struct zip *z);
/* CRC-32 of the ISO 3309 polynomial. */
uint32_t zip_crc(struct span s);

#endif

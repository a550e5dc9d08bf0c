/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_zip_entry: what the directory (x_zip.c) and the unpacking (x_zip_stream.c) of a zip share. */
#ifndef GH_RULES_X_ZIP_ENTRY_H
#define GH_RULES_X_ZIP_ENTRY_H

#include "rules/x_zip.h"

struct zip {
    struct span in;
    uint64_t base; /* of the archive in the input: what stands before a self-extracting one */
    struct zip_entry *v;
    const struct zip_entry **sorted; /* by name */
    size_t n;
    bool damaged;
};
/* Little-endian number at off; 0 when it is not there. */
uint32_t zip_u32_at(struct span s, uint64_t off);
uint32_t zip_crc(struct span s);

#endif

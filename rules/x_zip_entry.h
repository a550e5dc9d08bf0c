/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_zip_entry: what the directory (x_zip.c), the members without one (x_zip_local.c) and the unpacking
 * (x_zip_stream.c) of a zip share. */
#ifndef GH_RULES_X_ZIP_ENTRY_H
#define GH_RULES_X_ZIP_ENTRY_H

#include "rules/x_zip.h"

#define ZIP_LOCAL_SIG 0x04034b50u

struct zip {
    struct span in;
    uint64_t base; /* of the archive in the input: what stands before a self-extracting one */
    struct zip_entry *v;
    const struct zip_entry **sorted; /* by name */
    size_t n, cap;
    bool damaged;
};
/* Little-endian number at off; 0 when it is not there. */
uint32_t zip_u32_at(struct span s, uint64_t off);
uint32_t zip_crc(struct span s);
/* Adds one entry; false (and damaged) beyond the ceilings. */
bool zip_entry_add(struct zip *z, struct arena *a, const struct zip_entry *e);
void zip_entry_flags(struct zip_entry *e, uint16_t flags);
/* Members that no directory lists, in x_zip_local.c: all of them when there is no directory, else those in
 * the gaps between listed ones, which a program that reads from the front would unpack. directory: where the
 * directory begins. */
void zip_walk(struct zip *z, struct arena *a);
bool zip_find_unlisted(struct zip *z, struct arena *a, uint64_t directory);

#endif

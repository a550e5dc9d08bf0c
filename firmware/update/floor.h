/* SPDX-License-Identifier: GPL-3.0-or-later
 * floor: what this device remembers of releases, in a directory of its own: the epoch up to which nothing is
 * installed any more (signed with the device's key, so that a disk from elsewhere cannot lower it), the
 * releases that failed here and why, and the manifest of the one on trial. */
#ifndef GH_UPDATE_FLOOR_H
#define GH_UPDATE_FLOOR_H

#include "base/seal.h"

#define FLOOR_REASON 200
#define FAILED_MAX 64

struct failed_release {
    uint64_t epoch;
    char reason[FLOOR_REASON];
};

/* The remembered floor; 0 when none is. ST_BAD_SIGNATURE when the file is not this device's: then *ret is 0
 * too, and the caller says so. */
int floor_load(const char *dir, const struct seal_public *device, uint64_t *ret);
/* Never lowers: a smaller epoch changes nothing. */
int floor_raise(const char *dir, const struct seal_keys *device, uint64_t epoch);

/* Releases that failed, oldest first; their number (at most FAILED_MAX) or a negative code. */
int failed_load(const char *dir, struct failed_release *ret);
/* Adds one; its reason is cut to one line. The oldest is forgotten beyond FAILED_MAX. */
int failed_add(const char *dir, uint64_t epoch, const char *reason);
int failed_forget(const char *dir, uint64_t epoch);

/* One small file NAME of dir, replaced as a whole; with dir NULL name is its path. */
int floor_file_write(const char *dir, const char *name, struct span bytes);
int floor_file_read(const char *dir, const char *name, size_t max, struct writer *w);

#endif

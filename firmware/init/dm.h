/* SPDX-License-Identifier: GPL-3.0-or-later
 * dm: makes one device-mapper device by ioctl (linux/dm-ioctl.h), without libdevmapper, for gh-init. */
#ifndef GH_INIT_DM_H
#define GH_INIT_DM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The device name of one target over sectors of 512 bytes; it appears as /dev/dm-N, numbered from 0 in the
 * order of calls. False with a sentence in why. params may hold a key: what was copied of it is wiped. */
bool dm_create(const char *name, const char *target, const char *params, uint64_t sectors, bool read_only,
               char *why, size_t cap);
/* Takes it away again; false when it is in use. The next one gets its number. */
bool dm_remove(const char *name);

#endif

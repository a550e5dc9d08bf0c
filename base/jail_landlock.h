/* SPDX-License-Identifier: GPL-3.0-or-later
 * jail_landlock: file-system rights by Landlock, by raw system calls (Debian has no library). Used by jail.c and jail_probe.c only. */
#ifndef GH_BASE_JAIL_LANDLOCK_H
#define GH_BASE_JAIL_LANDLOCK_H

#include "base/status.h"

/* What this kernel offers; 0: nothing. */
int jail_landlock_abi(void);
/* Denies every path except those below rw and ro (NULL-ended lists or NULL), and, where the kernel can, signals to processes
 * other than oneself and one's children, and local sockets that have no path. Needs no_new_privs. Returns the ABI applied,
 * 0 when the kernel has none, or a negative code when a path cannot be opened or the kernel refuses. */
int jail_landlock(const char *const *rw, const char *const *ro);

#endif

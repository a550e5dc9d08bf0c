/* SPDX-License-Identifier: GPL-3.0-or-later
 * owner: who a new file in a state directory belongs to. An officer runs 'gatehouse keys' or 'gatehouse
 * console link' as root, the service that reads the result is another user: the one that the directory
 * belongs to. Any process. */
#ifndef GH_BASE_OWNER_H
#define GH_BASE_OWNER_H

/* Gives the open file fd, just made as path, to the owner and the group of its directory. For root only; for
 * others, and where the directory is root's, nothing happens. 0 or a negative code. */
int owner_follow(int fd, const char *path);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * owner: who a new file in a state directory belongs to. An officer runs 'gatehouse keys' or 'gatehouse
 * console link' as root, the service that reads the result is another user: the one that the directory
 * belongs to. Any process. */
#ifndef GH_BASE_OWNER_H
#define GH_BASE_OWNER_H

/* Gives the open file fd, just made as path, to the owner and the group of its directory. For root only; for
 * others, and where the directory is root's, nothing happens. 0 or a negative code. */
int owner_follow(int fd, const char *path);
/* The umask for what a process makes in the state directory dir: 027 where the directory's group may look into it and
 * nobody else (0750, 0751: another process's user reads what is left open to the group, the uplink the journal), otherwise 077. */
unsigned owner_umask(const char *dir);
/* Name of the keeper's status below the state directory: "keeper/status.json" where the keeper has a user and so a directory of
 * its own (the Debian package), otherwise "status.json". */
const char *owner_status_name(const char *state_dir);

#endif

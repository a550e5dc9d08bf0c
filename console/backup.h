/* SPDX-License-Identifier: GPL-3.0-or-later
 * backup: `gatehouse console backup|restore|check`, and the nightly backup of a running console. */
#ifndef GH_CONSOLE_BACKUP_H
#define GH_CONSOLE_BACKUP_H

#include "base/conf.h"
#include "base/seal.h"

/* argv[0] is the command's word; the result is the exit code. */
int backup_command(int argc, char **argv);
int restore_command(int argc, char **argv);
int check_command(int argc, char **argv);

/* Everything of the console's state into a new file, while it runs. A failure is a sentence in err (cap). */
int backup_make(const struct conf *c, const char *out, const struct seal_public *to, struct span password,
                char *err, size_t cap);

/* Nightly, into console.backup_dir; a thread while it works. Call every minute or so; key is
 * console.backup_key as read before the jail, or NULL. */
void backup_night(const struct conf *c, const struct seal_public *key);
/* Waits for one under way. */
void backup_night_end(void);

#endif

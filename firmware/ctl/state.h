/* SPDX-License-Identifier: GPL-3.0-or-later
 * state: small files beside the keeper's status: reading, replacing, and who runs. Used by commands (as root
 * or as the appliance's user) and by the keeper. */
#ifndef GH_CTL_STATE_H
#define GH_CTL_STATE_H

#include "base/conf.h"
#include "base/json.h"

#include <sys/types.h>

#define STATE_PATH (CONF_TEXT + 64)
#define STATE_FILE_MAX 262144

/* Path of name in the directory where the keeper's status lies. */
void state_beside_status(const char *state_dir, const char *name, char path[static STATE_PATH]);
/* A regular file of at most STATE_FILE_MAX bytes, not through a link, as JSON whose text lives in a. 0 or a negative code. */
int state_read_json(struct arena *a, const char *path, struct json **ret);
/* What the keeper wrote last. */
int state_status(struct arena *a, const char *state_dir, struct json **ret);
/* The keeper that wrote it, if that still runs; otherwise 0. */
pid_t state_keeper(const char *state_dir);
/* The person at the keyboard, for what is recorded: SUDO_USER, or the user's name. Static. */
const char *state_who(void);

#endif

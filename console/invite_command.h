/* SPDX-License-Identifier: GPL-3.0-or-later
 * invite_command: `gatehouse console invite …`: invitations at the machine itself, also while the console runs. */
#ifndef GH_CONSOLE_INVITE_COMMAND_H
#define GH_CONSOLE_INVITE_COMMAND_H

#include "console/state.h"

struct invite_words {
    const char *const *words; /* behind "invite" */
    size_t n;
    const char *hours, *unit, *name, *url, *output; /* options, or NULL */
    const char *own_url;                            /* where the console listens */
};
/* Exit code. */
int invite_command(struct state *s, const struct invite_words *w);

#endif

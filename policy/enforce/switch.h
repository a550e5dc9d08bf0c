/* SPDX-License-Identifier: GPL-3.0-or-later
 * switch: the panic switch of enforcement is a file in the state directory. While it is there nothing is
 * enforced, whatever else happens: it holds over restarts and does not depend on any process that runs. */
#ifndef GH_ENFORCE_SWITCH_H
#define GH_ENFORCE_SWITCH_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define SWITCH_FILE "enforce.off"

static inline bool switch_is_off(const char *state_dir)
{
    char path[1024];

    snprintf(path, sizeof(path), "%.900s/" SWITCH_FILE, state_dir);
    return access(path, F_OK) == 0;
}

/* `gatehouse enforce on|off|status`; argv[0] is "enforce". The exit code. */
int switch_command(int argc, char **argv);

#endif

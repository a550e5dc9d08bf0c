/* SPDX-License-Identifier: GPL-3.0-or-later
 * value_cmd: 'gatehouse register --values': lists of exact values from the officer's tables. */
#ifndef GH_RULES_VALUE_CMD_H
#define GH_RULES_VALUE_CMD_H

#include "base/conf.h"

/* Is this command line about values? */
bool value_wanted(int argc, char **argv);
/* argv[0]: "register". Exit code of the program. */
int value_command(int argc, char **argv);
/* The key's path: conf scan.values_key, or path with ".key" behind it. buf, or NULL when it does not fit. */
const char *value_key_path(const struct conf *c, const char *path, char *buf, size_t cap);

#endif

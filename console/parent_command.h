/* SPDX-License-Identifier: GPL-3.0-or-later
 * parent_command: gatehouse console parent …: a region's console and the one above it (docs/hierarchy.md). What
 * an appliance has a command for is done by that command, with the region's own directory (base/parent.h). */
#ifndef GH_CONSOLE_PARENT_COMMAND_H
#define GH_CONSOLE_PARENT_COMMAND_H

/* argv[0] is "parent"; the result is the exit code. */
int parent_command(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * commands: `gatehouse journal` and `gatehouse evidence`: for people, on what the appliance recorded. argv[0]
 * is the command's name; the result is the exit code. They run without a jail: as the officer who started
 * them. */
#ifndef GH_CORE_COMMANDS_H
#define GH_CORE_COMMANDS_H

int journal_command(int argc, char **argv);
int evidence_command(int argc, char **argv);

#endif

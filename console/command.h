/* SPDX-License-Identifier: GPL-3.0-or-later
 * command: gatehouse console init|link|enrol-approve|appliances|retire|import|accept-hole|report|migrate|audit: what is done
 * at the machine itself, also while the console runs. */
#ifndef GH_CONSOLE_COMMAND_H
#define GH_CONSOLE_COMMAND_H

#include <stdbool.h>

/* Is word one of the commands? */
bool command_known(const char *word);
/* argv[0] is the command. Exit code. */
int command_run(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later
 * command: gatehouse lists compile|check|show|lookup. */
#ifndef GH_SENSOR_LISTS_COMMAND_H
#define GH_SENSOR_LISTS_COMMAND_H

/* argv[0] is "lists". Exit code: 0 done, 1 lookup found something, 2 usage or a faulty list, 3 could not
 * finish. */
int lists_command(int argc, char **argv);

#endif

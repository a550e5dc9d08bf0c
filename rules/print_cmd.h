/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_cmd: `gatehouse register`: makes, extends and lists the index of registered documents. Its documents
 * are read by an ordinary gh-scan that it starts, in the same cage and under the same ceilings as those from
 * the wire; this process never parses one. Before any jail; prints results on standard output, faults on
 * standard error. Exit codes: 0 good, 2 usage or a document that could not be registered, 3 could not finish.
 */
#ifndef GH_RULES_PRINT_CMD_H
#define GH_RULES_PRINT_CMD_H

int print_command(int argc, char **argv); /* argv[0] is "register" */

#endif

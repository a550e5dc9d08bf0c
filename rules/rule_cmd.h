/* SPDX-License-Identifier: GPL-3.0-or-later
 * rule_cmd: `gatehouse rules check|compile|list`, for whoever writes rules. No jail: it reads the author's
 * own files. */
#ifndef GH_RULES_RULE_CMD_H
#define GH_RULES_RULE_CMD_H

/* argv[0] is "rules". The exit code: 0 good, 2 a fault in usage or rules, 3 could not finish. */
int rule_command(int argc, char **argv);

#endif

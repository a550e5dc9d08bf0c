/* SPDX-License-Identifier: GPL-3.0-or-later
 * rule_dir: where the rules are when nobody says otherwise. Before the jail. */
#ifndef GH_RULES_RULE_DIR_H
#define GH_RULES_RULE_DIR_H

#include <stddef.h>

/* The directory named (a configuration's scan.rules or a command's argument), or the standard set when it is
 * "" or NULL: rules/yar beside this program (a build tree), else the installed one. Returns buf, or named
 * itself. */
const char *rule_dir_find(const char *named, char *buf, size_t cap);

#endif

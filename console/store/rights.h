/* SPDX-License-Identifier: GPL-3.0-or-later
 * rights: roles of people and what each may do (rights.def is the table). Roles are a set: in a small
 * ministry one person has several hats. Any thread; no state. */
#ifndef GH_CONSOLE_RIGHTS_H
#define GH_CONSOLE_RIGHTS_H

#include "base/json.h"

enum user_role {
#define ROLE(name, text) USER_##name,
#include "console/store/rights.def"
    USER_ROLES
};
enum right {
    RIGHT_NONE, /* without signing in */
#define RIGHT(name, roles) RIGHT_##name,
#include "console/store/rights.def"
    RIGHT_COUNT
};
#define USER_ROLES_ALL ((1u << USER_ROLES) - 1)

/* "viewer", …; NULL for a number that is none. */
const char *user_role_name(unsigned role);
/* -1 when there is no such role. */
int user_role_number(struct span name);
/* Does a set of roles (bits 1 << enum user_role) include the right? RIGHT_NONE: always. */
bool rights_have(unsigned roles, enum right right);
/* "see", "act", …; for the session's answer and the tests' matrix. */
const char *right_name(enum right right);
/* The right of a name; RIGHT_NONE when there is none. */
enum right right_number(struct span name);
/* Member "roles" of an open object; and "roles" with "rights". */
void rights_write_roles(struct jw *j, unsigned roles);
void rights_write(struct jw *j, unsigned roles);

#endif

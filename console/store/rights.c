/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/rights.h"

#include <string.h>

static const char *const role_names[USER_ROLES] = {
#define ROLE(name, text) text,
#include "console/store/rights.def"
};
static const unsigned right_roles[RIGHT_COUNT] = {
    USER_ROLES_ALL,
#define RIGHT(name, roles) roles,
#include "console/store/rights.def"
};
static const char *const right_names[RIGHT_COUNT] = {
    "none",
#define RIGHT(name, roles) #name,
#include "console/store/rights.def"
};

const char *user_role_name(unsigned role)
{
    return role < USER_ROLES ? role_names[role] : NULL;
}

int user_role_number(struct span name)
{
    for (int i = 0; i < USER_ROLES; i++) {
        if (span_eq(name, span_str(role_names[i])))
            return i;
    }
    return -1;
}

bool rights_have(unsigned roles, enum right right)
{
    return right == RIGHT_NONE || (right_roles[right] & roles) != 0;
}

const char *right_name(enum right right)
{
    return right_names[right];
}

enum right right_number(struct span name)
{
    for (enum right i = RIGHT_NONE + 1; i < RIGHT_COUNT; i++)
        if (span_eq(name, span_str(right_names[i])))
            return i;
    return RIGHT_NONE;
}

void rights_write_roles(struct jw *j, unsigned roles)
{
    jw_karr(j, "roles");
    for (unsigned i = 0; i < USER_ROLES; i++) {
        if (roles & (1u << i))
            jw_cstr(j, role_names[i]);
    }
    jw_end_arr(j);
}

void rights_write(struct jw *j, unsigned roles)
{
    rights_write_roles(j, roles);
    jw_karr(j, "rights");
    for (enum right i = RIGHT_NONE + 1; i < RIGHT_COUNT; i++) {
        if (rights_have(roles, i))
            jw_cstr(j, right_names[i]);
    }
    jw_end_arr(j);
}

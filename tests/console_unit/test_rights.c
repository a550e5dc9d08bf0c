/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/rights.h"
#include "tests/check.h"

#include <string.h>

static const struct {
    enum user_role role;
    enum right may, may_not;
} table[] = {
    {USER_VIEWER, RIGHT_SEE, RIGHT_ACT},
    {USER_ANALYST, RIGHT_ACT, RIGHT_APPROVE},
    {USER_AUTHOR, RIGHT_POLICY_WRITE, RIGHT_APPROVE},
    {USER_APPROVER, RIGHT_APPROVE, RIGHT_POLICY_WRITE},
    {USER_ADMINISTRATOR, RIGHT_PEOPLE, RIGHT_APPROVE},
    {USER_AUDITOR, RIGHT_AUDIT, RIGHT_ACT},
};

int main(void)
{
    CHECK(GH_COUNT(table) == USER_ROLES);
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        unsigned roles = 1u << table[i].role;
        CHECK(rights_have(roles, table[i].may));
        CHECK(!rights_have(roles, table[i].may_not));
        CHECK(rights_have(roles, RIGHT_SELF) && rights_have(roles, RIGHT_NONE) && rights_have(0, RIGHT_NONE));
        CHECK(user_role_number(span_str(user_role_name(table[i].role))) == (int)table[i].role);
    }
    CHECK(!rights_have(0, RIGHT_SELF));
    CHECK(rights_have(1u << USER_AUTHOR | 1u << USER_APPROVER, RIGHT_APPROVE));
    CHECK(user_role_number(span_str("king")) == -1 && !user_role_name(USER_ROLES));
    return check_end();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/rule_dir.h"
#include "base/program.h"

#include <stdio.h>
#include <unistd.h>

const char *rule_dir_find(const char *named, char *buf, size_t cap)
{
    if (named && *named)
        return named;
    if (program_beside("rules/yar", buf, cap) && access(buf, R_OK | X_OK) == 0)
        return buf;
    snprintf(buf, cap, "%s", GH_RULES_DIR);
    return buf;
}

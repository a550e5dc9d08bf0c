/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/rule_dir.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *rule_dir_find(const char *named, char *buf, size_t cap)
{
    char self[PATH_MAX];
    ssize_t n;
    char *slash;

    if (named && *named)
        return named;
    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = 0;
    slash = strrchr(self, '/');
    if (slash) {
        *slash = 0;
        if (snprintf(buf, cap, "%s/rules/yar", self) < (int)cap && access(buf, R_OK | X_OK) == 0)
            return buf;
    }
    snprintf(buf, cap, "%s", GH_RULES_DIR);
    return buf;
}

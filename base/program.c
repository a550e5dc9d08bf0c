/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool program_beside(const char *name, char *path, size_t cap)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    self[n > 0 ? n : 0] = 0;
    slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    if (slash && (size_t)snprintf(path, cap, "%s%s%s", self, *name ? "/" : "", name) < cap)
        return true;
    *path = 0;
    return false;
}

void program_find(const char *name, const char *installed, char *path, size_t cap)
{
    if (!program_beside(name, path, cap) || access(path, R_OK) != 0)
        snprintf(path, cap, "%s", installed);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/owner.h"
#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int owner_follow(int fd, const char *path)
{
    char dir[PATH_MAX];
    struct stat st;
    char *slash;

    if (geteuid() != 0)
        return 0;
    if ((size_t)snprintf(dir, sizeof(dir), "%s", path) >= sizeof(dir))
        return ST_LIMIT;
    slash = strrchr(dir, '/');
    if (slash == dir)
        slash++;
    if (slash)
        *slash = 0;
    if (stat(slash ? dir : ".", &st) != 0)
        return status_from_errno(errno);
    if (st.st_uid == 0)
        return 0;
    return fchown(fd, st.st_uid, st.st_gid) == 0 ? 0 : status_from_errno(errno);
}

unsigned owner_umask(const char *dir)
{
    struct stat st;

    return stat(dir, &st) == 0 && (st.st_mode & 0056) == 0050 ? 027 : 077;
}

const char *owner_status_name(const char *state_dir)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/keeper", state_dir);
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "keeper/status.json" : "status.json";
}
